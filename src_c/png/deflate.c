/* The data is cut into segments, each planned by itself, with the 32 kilobytes before it to refer to. */
#include "png/deflate.h"
#include "png/deflate_plan.h"
#include "base/parallel.h"

#include <string.h>

enum {
    WAVE = 16, /* segments at a time: what their paths take is all that grows with the data */
    THREAD_BYTES = 1 << 17
};

typedef struct deflation {
    const kmc_run *run;
    const uint8_t *data;
    int quick;
    kmc_deflate_plan segments[WAVE];
    kmc_match *steps;              /* of all these segments */
    kmc_planner **planners;        /* by thread, made when needed */
} deflation;

size_t kmc_deflate_bound(size_t n)
{
    return n + n / 512 + 256;
}

static kmc_status segment_task(void *job, ptrdiff_t task, int thread)
{
    deflation *const d = job;
    if (!d->planners[thread]) d->planners[thread] = kmc_planner_new();
    if (!d->planners[thread]) return KMC_NO_MEMORY;
    return kmc_make_plan(d->planners[thread], d->run, thread, d->data, d->quick, &d->segments[task]);
}

static uint32_t adler32(const uint8_t *data, size_t n)
{
    uint32_t a = 1, b = 0;
    while (n > 0) {
        size_t part = n < 5552 ? n : 5552; /* as long as the sums fit */
        for (n -= part; part > 0; part--) {
            a += *data++;
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

/* A block that is not written yet, since the next segment may go on as it ends. */
typedef struct open_block {
    const uint8_t *data;
    const kmc_match *steps;
    size_t n;
    kmc_symbol_counts counts;
} open_block;

/* Puts a further block behind the open one: into it, if that makes them shorter, or else in its place. */
static void append_block(open_block *open, const open_block *next, kmc_bit_writer *writer)
{
    kmc_symbol_counts both = open->counts;
    kmc_add_counts(&both, &next->counts);
    if (open->n && kmc_block_size(&both) < kmc_block_size(&open->counts) + kmc_block_size(&next->counts)) {
        open->n += next->n;
        open->counts = both;
        return;
    }
    if (open->n) kmc_write_block(writer, open->data, open->steps, open->n, 0);
    *open = *next;
}

static void write_wave(const deflation *d, size_t n_segments, int last, kmc_bit_writer *writer)
{
    open_block open = {NULL, NULL, 0, {{0}, {0}, 0}};
    for (size_t i = 0; i < n_segments; i++) {
        const kmc_deflate_plan *const s = &d->segments[i];
        size_t begin = 0;
        for (int block = 0; block < s->n_blocks; begin = s->ends[block++]) {
            open_block next = {d->data + s->begin + begin, s->steps + begin, s->ends[block] - begin, {{0}, {0}, 0}};
            next.counts.literals[KMC_BLOCK_END] = 1;
            kmc_count_steps(&next.counts, next.data, next.steps, next.n);
            append_block(&open, &next, writer);
        }
    }
    kmc_write_block(writer, open.data, open.steps, open.n, last);
}

/* Compresses a few segments at a time; their bits follow each other, so that writing them is one thread's work. */
static kmc_status compress(deflation *d, const kmc_run *run, size_t n, kmc_bit_writer *writer)
{
    const size_t n_segments = (n + KMC_SEGMENT - 1) / KMC_SEGMENT;
    const int threads = kmc_threads_for(run, n, THREAD_BYTES);
    for (size_t first = 0; first < n_segments; first += WAVE) {
        const size_t wave = kmc_smaller(n_segments - first, WAVE);
        for (size_t i = 0; i < wave; i++) {
            kmc_deflate_plan *const s = &d->segments[i];
            s->begin = (size_t)((uint64_t)n * (first + i) / n_segments);
            s->end = (size_t)((uint64_t)n * (first + i + 1) / n_segments);
            s->steps = d->steps + (s->begin - d->segments[0].begin);
        }
        const kmc_status status = kmc_parallel(run, threads, (ptrdiff_t)wave, segment_task, d);
        if (status != KMC_OK) return status;
        write_wave(d, wave, first + wave == n_segments, writer);
    }
    return KMC_OK;
}

kmc_status kmc_deflate(const kmc_run *run, const uint8_t *data, size_t n, int quick, uint8_t *out, size_t *size)
{
    kmc_bit_writer writer = {out, 0, 0, 0};
    deflation d = {.run = run, .data = data, .quick = quick};
    kmc_status status = n ? KMC_OK : KMC_BAD_ARGUMENT;
    d.planners = kmc_alloc_zeroed((size_t)run->threads, sizeof *d.planners);
    d.steps = kmc_alloc(n < (size_t)WAVE * KMC_SEGMENT ? n : (size_t)WAVE * KMC_SEGMENT, sizeof *d.steps);
    if (!d.planners || !d.steps) status = KMC_NO_MEMORY;
    if (status == KMC_OK) {
        kmc_write_bits(&writer, 0xDA78, 16);
        status = compress(&d, run, n, &writer);
    }
    if (status == KMC_OK) {
        const uint32_t check = adler32(data, n);
        kmc_write_rest(&writer);
        for (int byte = 3; byte >= 0; byte--) kmc_write_bits(&writer, check >> 8 * byte & 0xff, 8);
        *size = writer.size;
    }
    for (int i = 0; d.planners && i < run->threads; i++) kmc_planner_free(d.planners[i]);
    kmc_free(d.planners);
    kmc_free(d.steps);
    return status;
}
