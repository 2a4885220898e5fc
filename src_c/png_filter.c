/* Every filter is tried on every row, and the entropy of what it leaves is found from a table of n log n. */
#include "png_filter.h"
#include "deflate_block.h"
#include "parallel.h"

#include <stdlib.h>
#include <string.h>

enum {
    NONE,
    SUB,
    UP,
    AVERAGE,
    PAETH,
    FILTERS,
    TASK_BYTES = 1 << 16,
    THREAD_BYTES = 1 << 17
};

typedef struct filtering {
    const uint8_t *rows;
    size_t n_rows, width, rows_per_task;
    uint8_t *out;
    const uint64_t *weights; /* n log2 n for n up to the width */
    uint8_t *scratch;        /* of each thread: a row of zeros, then what a filter leaves */
} filtering;

static uint8_t paeth(int left, int above, int corner)
{
    const int foretold = left + above - corner;
    const int by_left = abs(foretold - left), by_above = abs(foretold - above), by_corner = abs(foretold - corner);
    if (by_left <= by_above && by_left <= by_corner) return (uint8_t)left;
    return (uint8_t)(by_above <= by_corner ? above : corner);
}

static void filter_row(int filter, const uint8_t *row, const uint8_t *above, size_t width, uint8_t *out)
{
    int left = 0, corner = 0;
    switch (filter) {
    case NONE:
        memcpy(out, row, width);
        break;
    case UP:
        for (size_t i = 0; i < width; i++) out[i] = (uint8_t)(row[i] - above[i]);
        break;
    case SUB:
        out[0] = row[0];
        for (size_t i = 1; i < width; i++) out[i] = (uint8_t)(row[i] - row[i - 1]);
        break;
    case AVERAGE:
        for (size_t i = 0; i < width; i++) {
            out[i] = (uint8_t)(row[i] - (left + above[i]) / 2);
            left = row[i];
        }
        break;
    default:
        for (size_t i = 0; i < width; i++) {
            out[i] = (uint8_t)(row[i] - paeth(left, above[i], corner));
            left = row[i];
            corner = above[i];
        }
    }
}

/* The sum of n log2 n over the counts of the bytes: the higher, the less entropy. */
static uint64_t order_of(const filtering *f, const uint8_t *bytes)
{
    uint32_t counts[2][256] = {{0}};
    uint64_t order = 0;
    for (size_t i = 0; i < f->width; i++) counts[i & 1][bytes[i]]++;
    for (int i = 0; i < 256; i++) order += f->weights[counts[0][i] + counts[1][i]];
    return order;
}

static kmc_status filter_task(void *job, ptrdiff_t task, int thread)
{
    const filtering *const f = job;
    const size_t width = f->width, begin = (size_t)task * f->rows_per_task;
    const size_t end = f->n_rows - begin < f->rows_per_task ? f->n_rows : begin + f->rows_per_task;
    uint8_t *const zeros = f->scratch + 2 * width * (size_t)thread, *const bytes = zeros + width;
    for (size_t y = begin; y < end; y++) {
        const uint8_t *const row = f->rows + y * width, *const above = y ? row - width : zeros;
        uint8_t *const out = f->out + y * (width + 1);
        uint64_t highest = 0;
        for (int filter = NONE; filter < FILTERS; filter++) {
            filter_row(filter, row, above, width, bytes);
            const uint64_t order = order_of(f, bytes);
            if (filter != NONE && order <= highest) continue;
            highest = order;
            out[0] = (uint8_t)filter;
            memcpy(out + 1, bytes, width);
        }
    }
    return KMC_OK;
}

kmc_status kmc_png_filter(const kmc_run *run, const uint8_t *rows, size_t n_rows, size_t width, uint8_t *out)
{
    const int threads = kmc_threads_for(run, n_rows * width, THREAD_BYTES);
    uint64_t *const weights = kmc_alloc(width + 1, sizeof *weights);
    uint8_t *const scratch = kmc_alloc_zeroed((size_t)threads, 2 * width);
    kmc_status status = weights && scratch ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        const size_t rows_per_task = width < TASK_BYTES ? TASK_BYTES / width : 1;
        filtering f = {rows, n_rows, width, rows_per_task, out, weights, scratch};
        weights[0] = 0;
        for (size_t n = 1; n <= width; n++) weights[n] = (uint64_t)n * kmc_log2((uint32_t)n);
        status = kmc_parallel(run, threads, kmc_tasks_for(n_rows, rows_per_task), filter_task, &f);
    }
    kmc_free(weights);
    kmc_free(scratch);
    return status;
}
