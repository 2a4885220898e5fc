/* Pixels to the nearest palette colour by brute force: for pictures whose histogram does not pay.
 *
 * |x - c|^2 = |x|^2 - 2 x.c + |c|^2, of which only the last two depend on the colour. Shifted up by 13 bits they leave
 * room for its number below, so that one minimum finds both the least distance and the lowest number on ties. Four
 * channels of 255^2 need 18 bits and the sign: 32 in all. The factor is shared out: pixels times 2^7, colours times -2^7. */
#include "kmc.h"
#include "parallel.h"
#include "points.h"

enum {
    NUMBER_BITS = 13,
    COLORS = 1 << NUMBER_BITS, /* in one pass */
    BLOCK = 256,               /* pixels, a multiple of KMC_ASSIGN_STEP */
    TASK_WORK = 1 << 22,       /* pixels times colours, some 0.4 ms */
    THREAD_WORK = 1 << 23
};

typedef struct assignment {
    const kmc_run *run;
    const uint8_t *pixels;
    size_t n, k, task_pixels;
    int channels, index_bytes;
    int32_t *colors_xy, *colors_zw, *terms; /* k each */
    void *indices;
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
            zw[i] = pack(pixels[3 * i + 2], 0);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        xy[i] = channels == 1 ? pack(pixels[i], 0) : pack(pixels[4 * i], pixels[4 * i + 1]);
        zw[i] = channels == 1 ? 0 : pack(pixels[4 * i + 2], pixels[4 * i + 3]);
    }
}

static void assign_block(const assignment *a, size_t begin, size_t n)
{
    int32_t xy[BLOCK], zw[BLOCK], best[BLOCK], distance[BLOCK];
    uint16_t labels[BLOCK];
    pack_pixels(a->pixels + begin * (size_t)a->channels, n, a->channels, xy, zw);
    for (size_t i = n; i % KMC_ASSIGN_STEP != 0; i++) xy[i] = zw[i] = 0;
    for (size_t first = 0; first < a->k; first += COLORS) {
        const size_t k = a->k - first < COLORS ? a->k - first : COLORS;
        a->run->kernels->assign(xy, zw, n, a->colors_xy + first, a->colors_zw + first, a->terms + first, k, best);
        for (size_t i = 0; i < n; i++) {
            const int32_t here = best[i] >> NUMBER_BITS;
            if (first != 0 && here >= distance[i]) continue;
            distance[i] = here;
            labels[i] = (uint16_t)(first + (size_t)(best[i] & (COLORS - 1)));
        }
    }
    if (a->index_bytes == 1)
        for (size_t i = 0; i < n; i++) ((uint8_t *)a->indices)[begin + i] = (uint8_t)labels[i];
    else
        for (size_t i = 0; i < n; i++) ((uint16_t *)a->indices)[begin + i] = labels[i];
}

static kmc_status assign_task(void *job, ptrdiff_t task, int thread)
{
    const assignment *const a = job;
    const size_t begin = (size_t)task * a->task_pixels;
    const size_t end = a->n - begin < a->task_pixels ? a->n : begin + a->task_pixels;
    (void)thread;
    for (size_t i = begin; i < end; i += BLOCK) assign_block(a, i, end - i < BLOCK ? end - i : BLOCK);
    return KMC_OK;
}

static void prepare(assignment *a, const uint8_t *palette)
{
    for (size_t j = 0; j < a->k; j++) {
        const uint8_t *const color = palette + j * (size_t)a->channels;
        int32_t square = 0;
        for (int c = 0; c < a->channels; c++) square += color[c] * color[c];
        pack_pixels(color, 1, a->channels, &a->colors_xy[j], &a->colors_zw[j]);
        a->colors_xy[j] = kmc_pack(-kmc_low(a->colors_xy[j]), -kmc_high(a->colors_xy[j]));
        a->colors_zw[j] = kmc_pack(-kmc_low(a->colors_zw[j]), -kmc_high(a->colors_zw[j]));
        a->terms[j] = square * COLORS + (int32_t)(j % COLORS);
    }
}

kmc_status kmc_assign(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *palette,
                      size_t k, void *indices, int index_bytes)
{
    if (k == 0 || k > 65536) return KMC_BAD_ARGUMENT;
    int32_t *const memory = kmc_alloc(3 * k, sizeof *memory);
    if (!memory) return KMC_NO_MEMORY;
    assignment a = {.run = run, .pixels = pixels, .n = n, .k = k, .channels = channels, .index_bytes = index_bytes,
                    .colors_xy = memory, .colors_zw = memory + k, .terms = memory + 2 * k, .indices = indices};
    prepare(&a, palette);
    a.task_pixels = TASK_WORK / k / BLOCK * BLOCK + BLOCK;
    const int threads = n > THREAD_WORK / k ? kmc_threads_for(run, n, THREAD_WORK / k) : 1;
    const kmc_status status = kmc_parallel(run, threads, kmc_tasks_for(n, a.task_pixels), assign_task, &a);
    kmc_free(memory);
    return status;
}
