/* Maps pixels to the nearest palette colour by brute force, and sums the pixels of each colour: for few colours, and
 * for pictures whose histogram is not worth its time.
 *
 * |x - c|^2 = |x|^2 - 2 x.c + |c|^2, of which only the last two terms depend on the colour. Shifted left by 13
 * bits, their sum has room for the index of the colour below it, so that a single minimum finds the least distance, and
 * the lowest index on ties. Four channels of 255^2 need 18 bits and the sign: 32 bits in all. The factor of -2^14 is
 * split: pixels are multiplied by 2^7 and colours by -2^7.
 *
 * Pixels of fewer than four channels have a 1 in the last one, where colours have a 0: its sum counts the pixels. */
#include <string.h>

#include "colors/colors.h"
#include "colors/kernels.h"
#include "base/parallel.h"
#include "kmeans/points.h"

enum {
    NUMBER_BITS = 13,
    COLORS = 1 << NUMBER_BITS, /* in one pass */
    BLOCK = 256,               /* pixels, a multiple of KMC_ASSIGN_STEP */
    TASK_WORK = 1 << 22,       /* pixels times colours, some 0.4 ms */
    THREAD_WORK = 1 << 23,
    MOST_PENDING = 1 << 24 /* pixels whose sums fit 32 bits */
};

/* The sums of one thread. */
typedef struct share {
    uint64_t *pending; /* sums of channels, 4 words a colour: kmc_colors_kernels.accumulate */
    int64_t *counts;   /* of each colour */
    int64_t *sums;     /* of each channel of each colour */
    size_t n_pending;
    int64_t error;
} share;

typedef struct assignment {
    const kmc_run *run;
    const uint8_t *pixels;
    size_t n, k, task_pixels;
    int channels, index_bytes;
    int32_t *colors_xy, *colors_zw, *terms; /* k each */
    void *indices;
    share *shares; /* of each thread; without `pending` if no sums are requested */
} assignment;

/* Two channels times 2^7. */
static inline int32_t pack(int first, int second)
{
    return (int32_t)((uint32_t)first << 7 | (uint32_t)second << 23);
}

static void pack_pixels(const uint8_t *pixels, size_t n, int channels, int32_t *xy, int32_t *zw)
{
    if (channels == 3) {
        for (size_t i = 0; i < n; i++) {
            xy[i] = pack(pixels[3 * i], pixels[3 * i + 1]);
            zw[i] = pack(pixels[3 * i + 2], 1);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        xy[i] = channels == 1 ? pack(pixels[i], 0) : pack(pixels[4 * i], pixels[4 * i + 1]);
        zw[i] = channels == 1 ? pack(0, 1) : pack(pixels[4 * i + 2], pixels[4 * i + 3]);
    }
}

/* Adds the pending sums to those of 64 bits. */
static void settle(const assignment *a, share *s)
{
    const size_t channels = (size_t)a->channels;
    for (size_t j = 0; j < a->k; j++) {
        const uint64_t *const halves = s->pending + 4 * j;
        int64_t sums[4];
        for (int c = 0; c < 4; c++) {
            const int shift = 32 * (c % 2);
            sums[c] = (int64_t)((halves[c / 2] >> shift & UINT32_MAX) + (halves[2 + c / 2] >> shift & UINT32_MAX));
        }
        for (size_t c = 0; c < channels; c++) s->sums[j * channels + c] += sums[c];
        if (channels < 4) s->counts[j] += sums[3];
    }
    memset(s->pending, 0, 4 * a->k * sizeof *s->pending);
    s->n_pending = 0;
}

static void add_block(const assignment *a, share *s, const int32_t *xy, const int32_t *zw, const uint16_t *labels,
                      size_t n)
{
    if (s->n_pending + n > MOST_PENDING) settle(a, s);
    s->n_pending += n;
    a->run->kernels->colors->accumulate(xy, zw, labels, n, s->pending);
    if (a->channels == 4)
        for (size_t i = 0; i < n; i++) s->counts[labels[i]]++;
}

static void assign_block(const assignment *a, share *s, size_t begin, size_t n)
{
    int32_t xy[BLOCK], zw[BLOCK], best[BLOCK], distance[BLOCK];
    uint16_t labels[BLOCK];
    const uint8_t *const pixels = a->pixels + begin * (size_t)a->channels;
    pack_pixels(pixels, n, a->channels, xy, zw);
    for (size_t i = n; i % KMC_ASSIGN_STEP != 0; i++) xy[i] = zw[i] = 0;
    for (size_t first = 0; first < a->k; first += COLORS) {
        const size_t k = kmc_smaller(a->k - first, COLORS);
        a->run->kernels->colors->assign(xy, zw, n, a->colors_xy + first, a->colors_zw + first, a->terms + first, k,
                                        best);
        for (size_t i = 0; i < n; i++) {
            const int32_t here = best[i] >> NUMBER_BITS;
            if (first != 0 && here >= distance[i]) continue;
            distance[i] = here;
            labels[i] = (uint16_t)(first + (size_t)(best[i] & (COLORS - 1)));
        }
    }
    int32_t error = 0; /* of the block, less than 256 * 4 * 255^2 */
    for (size_t i = 0; i < n * (size_t)a->channels; i++) error += pixels[i] * pixels[i];
    for (size_t i = 0; i < n; i++) error += distance[i];
    s->error += error;
    if (s->pending) add_block(a, s, xy, zw, labels, n);
    if (a->index_bytes == 1)
        for (size_t i = 0; i < n; i++) ((uint8_t *)a->indices)[begin + i] = (uint8_t)labels[i];
    else
        for (size_t i = 0; i < n; i++) ((uint16_t *)a->indices)[begin + i] = labels[i];
}

static kmc_status assign_task(void *job, ptrdiff_t task, int thread)
{
    const assignment *const a = job;
    const size_t begin = (size_t)task * a->task_pixels;
    const size_t end = begin + kmc_smaller(a->n - begin, a->task_pixels);
    for (size_t i = begin; i < end; i += BLOCK) {
        assign_block(a, &a->shares[thread], i, kmc_smaller(end - i, BLOCK));
    }
    return KMC_OK;
}

static void prepare(assignment *a, const uint8_t *palette)
{
    for (size_t j = 0; j < a->k; j++) {
        uint8_t color[4]; /* a copy, since another thread may change the palette between two reads */
        int32_t square = 0;
        memcpy(color, palette + j * (size_t)a->channels, (size_t)a->channels);
        for (int c = 0; c < a->channels; c++) square += color[c] * color[c];
        pack_pixels(color, 1, a->channels, &a->colors_xy[j], &a->colors_zw[j]);
        a->colors_xy[j] = kmc_pack(-kmc_low(a->colors_xy[j]), -kmc_high(a->colors_xy[j]));
        a->colors_zw[j] = kmc_pack(-kmc_low(a->colors_zw[j]), a->channels < 4 ? 0 : -kmc_high(a->colors_zw[j]));
        a->terms[j] = square * COLORS + (int32_t)(j % COLORS);
    }
}

/* Allocates the sums of each thread. */
static kmc_status make_shares(assignment *a, int threads, int want_sums)
{
    const size_t k = a->k, channels = (size_t)a->channels;
    a->shares = kmc_alloc_zeroed((size_t)threads, sizeof *a->shares);
    if (!a->shares) return KMC_NO_MEMORY;
    for (int t = 0; want_sums && t < threads; t++) {
        share *const s = &a->shares[t];
        s->pending = kmc_alloc_zeroed(4 * k, sizeof *s->pending);
        s->counts = kmc_alloc_zeroed((1 + channels) * k, sizeof *s->counts);
        if (!s->pending || !s->counts) return KMC_NO_MEMORY;
        s->sums = s->counts + k;
    }
    return KMC_OK;
}

static void add_shares(const assignment *a, int threads, int64_t *counts, int64_t *sums, int64_t *error)
{
    const size_t n_sums = a->k * (size_t)a->channels;
    *error = 0;
    if (sums) {
        memset(counts, 0, a->k * sizeof *counts);
        memset(sums, 0, n_sums * sizeof *sums);
    }
    for (int t = 0; t < threads; t++) {
        share *const s = &a->shares[t];
        *error += s->error;
        if (!sums) continue;
        settle(a, s);
        for (size_t j = 0; j < a->k; j++) counts[j] += s->counts[j];
        for (size_t i = 0; i < n_sums; i++) sums[i] += s->sums[i];
    }
}

static void free_shares(assignment *a, int threads)
{
    for (int t = 0; a->shares && t < threads; t++) {
        kmc_free(a->shares[t].pending);
        kmc_free(a->shares[t].counts);
    }
    kmc_free(a->shares);
}

kmc_status kmc_assign(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *palette,
                      size_t k, void *indices, int index_bytes, int64_t *counts, int64_t *sums, int64_t *error)
{
    if (k == 0 || k > 65536) return KMC_BAD_ARGUMENT;
    int32_t *const memory = kmc_alloc(3 * k, sizeof *memory);
    if (!memory) return KMC_NO_MEMORY;
    assignment a = {.run = run, .pixels = pixels, .n = n, .k = k, .channels = channels, .index_bytes = index_bytes,
                    .colors_xy = memory, .colors_zw = memory + k, .terms = memory + 2 * k, .indices = indices};
    prepare(&a, palette);
    a.task_pixels = TASK_WORK / k / BLOCK * BLOCK + BLOCK;
    const int threads = kmc_threads_for(run, n, THREAD_WORK / k);
    kmc_status status = make_shares(&a, threads, sums != NULL);
    if (status == KMC_OK) status = kmc_parallel(run, threads, kmc_tasks_for(n, a.task_pixels), assign_task, &a);
    if (status == KMC_OK) add_shares(&a, threads, counts, sums, error);
    free_shares(&a, threads);
    kmc_free(memory);
    return status;
}
