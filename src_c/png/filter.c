/* Tries every candidate filter on every row; a table of n log n gives the entropy of the filtered bytes. */
#include "png/filter.h"
#include "base/bits.h"
#include "base/parallel.h"

#include <stdlib.h>
#include <string.h>

enum {
    NONE,
    SUB,
    UP,
    AVERAGE,
    PAETH,
    FILTERS,
    PART_BYTES = 1 << 16, /* of a task, and of a row between polls */
    THREAD_BYTES = 1 << 17
};

typedef struct filtering {
    const kmc_run *run;
    const uint8_t *rows;
    size_t n_rows, width, rows_per_task;
    int first, last;         /* the filters to choose from */
    uint8_t *out;
    const uint64_t *weights; /* n log2 n for n up to the width */
    const uint8_t *zeros;    /* the row above the first */
    uint8_t *scratch;        /* of each thread: a filtered row */
} filtering;

static uint8_t paeth(int left, int above, int corner)
{
    const int foretold = left + above - corner;
    const int by_left = abs(foretold - left), by_above = abs(foretold - above), by_corner = abs(foretold - corner);
    if (by_left <= by_above && by_left <= by_corner) return (uint8_t)left;
    return (uint8_t)(by_above <= by_corner ? above : corner);
}

/* Bytes begin .. end of a row. */
static void filter_part(int filter, const uint8_t *row, const uint8_t *above, size_t begin, size_t end, uint8_t *out)
{
    int left = begin ? row[begin - 1] : 0, corner = begin ? above[begin - 1] : 0;
    switch (filter) {
    case NONE:
        memcpy(out + begin, row + begin, end - begin);
        break;
    case UP:
        for (size_t i = begin; i < end; i++) out[i] = (uint8_t)(row[i] - above[i]);
        break;
    case SUB:
        out[begin] = (uint8_t)(row[begin] - left);
        for (size_t i = begin + 1; i < end; i++) out[i] = (uint8_t)(row[i] - row[i - 1]);
        break;
    case AVERAGE:
        for (size_t i = begin; i < end; i++) {
            out[i] = (uint8_t)(row[i] - (left + above[i]) / 2);
            left = row[i];
        }
        break;
    default:
        for (size_t i = begin; i < end; i++) {
            out[i] = (uint8_t)(row[i] - paeth(left, above[i], corner));
            left = row[i];
            corner = above[i];
        }
    }
}

/* Filters a row. Returns the sum of n log2 n over the counts of its bytes: the higher, the less entropy. */
static kmc_status filter_row(const filtering *f, int filter, size_t y, int thread, uint8_t *out, uint64_t *order)
{
    const uint8_t *const row = f->rows + y * f->width, *const above = y ? row - f->width : f->zeros;
    uint32_t counts[2][256] = {{0}};
    for (size_t begin = 0; begin < f->width; begin += PART_BYTES) {
        const size_t end = kmc_smaller(f->width, begin + PART_BYTES);
        const kmc_status status = begin ? kmc_check_in(f->run, thread) : KMC_OK;
        if (status != KMC_OK) return status;
        filter_part(filter, row, above, begin, end, out);
        for (size_t i = begin; i < end; i++) counts[i & 1][out[i]]++;
    }
    *order = 0;
    for (int i = 0; i < 256; i++) *order += f->weights[counts[0][i] + counts[1][i]];
    return KMC_OK;
}

static kmc_status filter_task(void *job, ptrdiff_t task, int thread)
{
    const filtering *const f = job;
    const size_t width = f->width, begin = (size_t)task * f->rows_per_task;
    const size_t end = begin + kmc_smaller(f->n_rows - begin, f->rows_per_task);
    uint8_t *const bytes = f->scratch + width * (size_t)thread;
    for (size_t y = begin; y < end; y++) {
        uint8_t *const out = f->out + y * (width + 1);
        uint64_t order, highest = 0;
        for (int filter = f->first; filter <= f->last; filter++) {
            const kmc_status status = filter_row(f, filter, y, thread, bytes, &order);
            if (status != KMC_OK) return status;
            if (filter != f->first && order <= highest) continue;
            highest = order;
            out[0] = (uint8_t)filter;
            memcpy(out + 1, bytes, width);
        }
    }
    return KMC_OK;
}

kmc_status kmc_png_filter(const kmc_run *run, const uint8_t *rows, size_t n_rows, size_t width, int filter,
                          uint8_t *out)
{
    const int threads = kmc_threads_for(run, n_rows * width, THREAD_BYTES);
    uint64_t *const weights = kmc_alloc(width + 1, sizeof *weights);
    uint8_t *const zeros = kmc_alloc_zeroed(width, 1), *const scratch = kmc_alloc((size_t)threads, width);
    kmc_status status = weights && zeros && scratch ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        const size_t rows_per_task = width < PART_BYTES ? PART_BYTES / width : 1;
        const int first = filter < 0 ? NONE : filter, last = filter < 0 ? FILTERS - 1 : filter;
        filtering f = {run, rows, n_rows, width, rows_per_task, first, last, out, weights, zeros, scratch};
        weights[0] = 0;
        for (size_t n = 1; n <= width; n++) weights[n] = (uint64_t)n * kmc_log2((uint32_t)n);
        status = kmc_parallel(run, threads, kmc_tasks_for(n_rows, rows_per_task), filter_task, &f);
    }
    kmc_free(weights);
    kmc_free(zeros);
    kmc_free(scratch);
    return status;
}
