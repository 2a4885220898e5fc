/* The inner loops of flat areas, once per instruction set: the including file defines KMC_TARGET and KMC_NAME.
 * Compilers vectorize them, if each does one thing. */
#include "dither/flat.h"

enum {
    STEP = 2,  /* levels by which neighbours differ at most, at a step of a slow gradient, */
    SLIGHT = 6 /* and in a gradient or at a soft edge */
};

/* What the differences of two pixels say about them, by the bits that those above 0, STEP and SLIGHT set: of the right
 * neighbour, and, DOWN bits further, of the one below. */
enum { DIFFERS = 1, NO_STEP = 2, NOT_SLIGHT = 4, DOWN = 3 };

KMC_TARGET static inline uint8_t KMC_NAME(difference_bits)(uint8_t a, uint8_t b)
{
    const uint8_t off = (uint8_t)((a > b ? a : b) - (a > b ? b : a));
    return (uint8_t)((off > 0 ? DIFFERS : 0) | (off > STEP ? NO_STEP : 0) | (off > SLIGHT ? NOT_SLIGHT : 0));
}

/* kmc_dither_kernels.pair. */
KMC_TARGET static void KMC_NAME(pair)(const kmc_flat_pairs *p)
{
    const size_t n = p->n;
    const uint8_t *const row = (const uint8_t *)p->row, *const below = (const uint8_t *)p->below;
    uint8_t *const pairs = p->pairs, *const columns = p->columns;
    uint32_t words[KMC_FLAT_WIDTH];
    uint8_t *const bits = (uint8_t *)words, found[KMC_FLAT_WIDTH];
    for (size_t i = 0; i < 4 * n; i++) {
        const uint8_t right = KMC_NAME(difference_bits)(row[i], row[i + 4]);
        bits[i] = (uint8_t)(right | KMC_NAME(difference_bits)(row[i], below[i]) << DOWN);
    }
    for (size_t i = 0; i < n; i++) { /* of the channels together, whose order in the word does not matter */
        uint32_t all = words[i] | words[i] >> 16;
        all |= all >> 8;
        const uint32_t slight = all & ~(all / NOT_SLIGHT), step = all & ~(all / NO_STEP);
        const uint32_t steps = (step & DIFFERS) + (step >> DOWN & DIFFERS);
        found[i] = (uint8_t)(((slight | slight >> DOWN) & DIFFERS ? KMC_FLAT_SLIGHT : 0) |
                             ((all | all >> DOWN) & DIFFERS ? KMC_FLAT_DIFFERS : 0) | steps << KMC_FLAT_STEP_BIT);
    }
    for (size_t i = 0; i < n; i++)
        columns[i] = (uint8_t)(columns[i] + (found[i] >> KMC_FLAT_STEP_BIT) - (pairs[i] >> KMC_FLAT_STEP_BIT));
    for (size_t i = 0; i < n; i++) pairs[i] = found[i];
}

_Static_assert(KMC_FLAT_SIDE == 5 && KMC_FLAT_WIDE == 17, "the loops below add so many");

/* The sums of the columns of wide windows: four times four, and one more. */
KMC_TARGET static inline void KMC_NAME(sum_wide)(const uint8_t *columns, size_t n, uint16_t *sums)
{
    uint16_t two[KMC_FLAT_WIDTH], four[KMC_FLAT_WIDTH];
    for (size_t i = 0; i < n + 14; i++) two[i] = (uint16_t)(columns[i] + columns[i + 1]);
    for (size_t i = 0; i < n + 12; i++) four[i] = (uint16_t)(two[i] + two[i + 2]);
    for (size_t i = 0; i < n; i++)
        sums[i] = (uint16_t)(four[i] + four[i + 4] + four[i + 8] + four[i + 12] + columns[i + 16]);
}

/* kmc_dither_kernels.flatten. A slow gradient has a line of steps across a wide window. */
KMC_TARGET static void KMC_NAME(flatten)(const kmc_flat_windows *w)
{
    const size_t n = w->n;
    const uint8_t *const a = w->pairs[0], *const b = w->pairs[1], *const c = w->pairs[2], *const d = w->pairs[3];
    const uint8_t *const e = w->pairs[4];
    uint8_t *const kinds = w->kinds, any[KMC_FLAT_WIDTH];
    uint16_t steps[KMC_FLAT_COLUMNS];
    KMC_NAME(sum_wide)(w->columns, n, steps);
    for (size_t i = 0; i < n + 2 * KMC_FLAT_FAR; i++) any[i] = a[i] | b[i] | c[i] | d[i] | e[i];
    const uint8_t *const first = any + KMC_FLAT_FAR - KMC_FLAT_REACH;
    for (size_t i = 0; i < n; i++) {
        const uint8_t all = first[i] | first[i + 1] | first[i + 2] | first[i + 3] | first[i + 4];
        const uint8_t kind = all & KMC_FLAT_DIFFERS ? KMC_FLAT_EDGE : KMC_FLAT_SAME;
        kinds[i] = (all & KMC_FLAT_SLIGHT) != 0 || steps[i] >= KMC_FLAT_WIDE ? KMC_FLAT_GRADIENT : kind;
    }
}
