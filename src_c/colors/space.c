/* Converts colours to coordinates in a colour space, in integer arithmetic; measures the error of a palette. */
#include "colors/colors.h"
#include "base/bits.h"
#include "base/parallel.h"

#include <string.h>
#include "kmeans/points.h"

enum {
    TASK_COLORS = 4096, /* some 0.1 ms */
    THREAD_COLORS = 16384,
    ROOT_BITS = 20, /* below those that index the table of cube roots */
    FIRST_ROOT = 128,
    FIRST_BIT = 27 /* the highest bit of lights at the first root */
};

const kmc_space kmc_levels = {.transparent = {8160, 8160, 8160, 14134}};

/* Maps linear light (2^30 is white) to the nonlinear response of the space (2^24 is white). The table of cube roots
 * covers 1/8 to 1: smaller values are multiplied by 8 until they are in this range, and the root is halved as often.
 * The error of the linear interpolation is at most 2^-20. */
static inline int64_t response(const kmc_space *space, uint32_t light)
{
    if (!space->roots) return light >> 6;
    if (light <= space->toe_end) return (int64_t)(light * (uint64_t)space->toe_slope >> 30) + space->toe_start;
    const int missing = FIRST_BIT - kmc_highest_bit(light); /* above toe_end it is not 0 */
    const int halvings = missing > 0 ? (missing + 2) / 3 : 0;
    light <<= 3 * halvings;
    const uint32_t *root = space->roots + (light >> ROOT_BITS) - FIRST_ROOT;
    const uint64_t part = light & ((1u << ROOT_BITS) - 1);
    return (root[0] + (int64_t)((root[1] - root[0]) * part >> ROOT_BITS)) >> halvings;
}

/* The coordinates of an opaque colour. */
static inline void place_opaque(const kmc_space *space, const uint8_t *rgb, int32_t *at)
{
    int64_t responses[3];
    if (!space->mix) {
        for (int c = 0; c < 3; c++) at[c] = KMC_UNITS_PER_LEVEL * rgb[c];
        return;
    }
    for (int c = 0; c < 3; c++) {
        const uint32_t *mix = space->mix + c;
        responses[c] = response(space, mix[3 * rgb[0]] + mix[3 * (256 + rgb[1])] + mix[3 * (512 + rgb[2])]);
    }
    for (int c = 0; c < 3; c++) {
        const int64_t *row = space->rows[c];
        const int64_t sum = row[0] * responses[0] + row[1] * responses[1] + row[2] * responses[2];
        at[c] = (int32_t)((sum + space->offsets[c]) >> 40);
    }
}

/* alpha / 255 of the way from where transparent colours lie, rounded; nothing is negative. */
static inline int32_t drawn_from(int32_t transparent, int32_t opaque, int32_t alpha)
{
    return (int32_t)((uint32_t)(opaque * alpha + transparent * (255 - alpha) + 127) / 255);
}

static inline void place(const kmc_space *space, const uint8_t *color, int channels, int16_t *coordinates)
{
    const uint8_t grey[3] = {color[0], color[0], color[0]};
    int32_t at[4] = {0, 0, 0, 0};
    place_opaque(space, channels == 1 ? grey : color, at);
    if (channels == 1) at[1] = at[2] = 0;
    if (channels == 4 && color[3] != 255)
        for (int c = 0; c < 4; c++) at[c] = drawn_from(space->transparent[c], at[c], color[3]);
    for (int c = 0; c < 4; c++) coordinates[c] = (int16_t)at[c];
}

typedef struct placing {
    const kmc_space *space;
    const uint8_t *colors;
    size_t n;
    int channels;
    int16_t *coordinates;
} placing;

static kmc_status place_task(void *job, ptrdiff_t task, int thread)
{
    const placing *p = job;
    const size_t begin = (size_t)task * TASK_COLORS;
    const size_t end = kmc_smaller(p->n, begin + TASK_COLORS);
    (void)thread;
    const kmc_space space = *p->space; /* a local copy, which the compiler knows not to change */
    if (p->channels == 3)
        for (size_t i = begin; i < end; i++) place(&space, p->colors + 3 * i, 3, p->coordinates + 4 * i);
    else
        for (size_t i = begin; i < end; i++)
            place(&space, p->colors + i * (size_t)p->channels, p->channels, p->coordinates + 4 * i);
    return KMC_OK;
}

kmc_status kmc_coordinates(const kmc_run *run, const kmc_space *space, const uint8_t *colors, size_t n, int channels,
                           int16_t *coordinates)
{
    placing p = {space, colors, n, channels, coordinates};
    if (channels != 1 && channels != 3 && channels != 4) return KMC_BAD_ARGUMENT;
    return kmc_parallel(run, kmc_threads_for(run, n, THREAD_COLORS), kmc_tasks_for(n, TASK_COLORS), place_task, &p);
}

/* Squared distance of two colours in 64ths of a level. Inlined for each number of channels. */
static inline int64_t square_off(const uint8_t *a, const uint8_t *b, int channels)
{
    const kmc_space levels = kmc_levels; /* a copy, which the compiler knows not to change */
    int64_t square = 0;
    if (channels < 4 || (a[3] & b[3]) == 255) {
        for (int c = 0; c < channels; c++) square += (a[c] - b[c]) * (a[c] - b[c]);
        return square * (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL);
    }
    int16_t at[4], to[4];
    place(&levels, a, channels, at);
    place(&levels, b, channels, to);
    for (int c = 0; c < 4; c++) square += (at[c] - to[c]) * (at[c] - to[c]);
    return square;
}

kmc_status kmc_color_error(const kmc_run *run, const uint8_t *colors, const int64_t *counts, size_t n, int channels,
                           const uint8_t *palette, size_t k, const uint16_t *labels, int64_t *sums, double *error)
{
    int64_t total = 0;
    if (channels != 1 && channels != 3 && channels != 4) return KMC_BAD_ARGUMENT;
    memset(sums, 0, k * sizeof *sums);
    for (size_t begin = 0; begin < n; begin += TASK_COLORS) {
        const size_t end = kmc_smaller(n, begin + TASK_COLORS);
        for (size_t i = begin; i < end; i++) {
            const size_t label = labels[i];
            if (label >= k) return KMC_BAD_ARGUMENT;
            const uint8_t *const color = colors + i * (size_t)channels;
            const uint8_t *const entry = palette + label * (size_t)channels;
            sums[label] += counts[i];
            total += counts[i] * (channels == 3 ? square_off(color, entry, 3) : square_off(color, entry, channels));
        }
        if (kmc_poll(run) != KMC_OK) return KMC_INTERRUPTED;
    }
    *error = (double)total / (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL);
    return KMC_OK;
}
