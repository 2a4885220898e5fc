/* The inner loops of dithering, once per instruction set: the including file defines KMC_TARGET and KMC_NAME and
 * includes a quad_*.h before this. */
#include "dither_row.h"

/* Which of the grid's lists is nearest, the first on ties. */
KMC_TARGET static inline uint32_t KMC_NAME(nearest_entry)(kmc_grid *grid, quad a)
{
    const uint32_t number = quad_number(a, grid->shift, grid->weights);
    const kmc_cell *cell = &grid->cells[number];
    if (cell->n == 0) cell = kmc_grid_make(grid, number);
    uint32_t least = quad_nearest(a, (const int16_t(*)[4])(grid->at + cell->begin)), best = cell->begin + (least & 3);
    for (uint32_t i = KMC_GRID_STEP; i < cell->n; i += KMC_GRID_STEP) {
        const uint32_t key = quad_nearest(a, (const int16_t(*)[4])(grid->at + cell->begin + i));
        const int nearer = key >> 2 < least >> 2;
        best = nearer ? cell->begin + i + (key & 3) : best;
        least = nearer ? key : least;
    }
    return best;
}

/* The error that reaches pixel x, in sixteenths: Floyd and Steinberg's, or Atkinson's. `last` and `before` are those of the
 * pixels just done; the row above came the other way. */
KMC_TARGET static inline quad_sums KMC_NAME(reached)(const kmc_dither_row *row, ptrdiff_t x, quad last, quad before,
                                                int atkinson)
{
    const quad behind = quad_load(row->above[x - row->step]), over = quad_load(row->above[x]);
    const quad front = quad_load(row->above[x + row->step]);
    if (!atkinson) return quad_sums_add(quad_weigh(behind, 3, over, 5), quad_weigh(front, 1, last, 7));
    return quad_sums_add(quad_sums_add(quad_weigh(behind, 2, over, 2), quad_weigh(front, 2, quad_load(row->beyond[x]), 2)),
                    quad_weigh(before, 2, last, 2));
}

/* One pixel; returns its error. It stays within the box of the palette, or where it was: what no entry can make good is
 * not passed on for ever. */
KMC_TARGET static inline quad KMC_NAME(diffuse_pixel)(kmc_dither_row *row, ptrdiff_t x, quad last, quad before,
                                                       int atkinson)
{
    const quad own = quad_load(row->at[x]), limit = quad_set(row->limit[x]), none = quad_set(0);
    const int alpha = row->alpha ? row->alpha[4 * x] : 255;
    if (alpha == 0) return none;
    kmc_grid *const grid = row->opaque && alpha == 255 ? row->opaque : row->grid;
    quad push = quad_share(quad_sums_sixteenth(KMC_NAME(reached)(row, x, last, before, atkinson)), row->passed);
    push = quad_max(quad_min(push, limit), quad_sub(none, limit));
    if (grid == row->opaque) push = quad_first_three(push);
    quad moved = quad_min(quad_add(own, push), quad_max(own, quad_load(row->high)));
    moved = quad_max(moved, quad_min(own, quad_load(row->low)));
    const uint32_t best = KMC_NAME(nearest_entry)(grid, moved);
    row->found[x] = grid->index[best];
    return quad_sub(moved, quad_load(grid->at[best]));
}

KMC_TARGET static inline void KMC_NAME(diffuse_pair)(kmc_dither_row *one, kmc_dither_row *two, int atkinson)
{
    ptrdiff_t x = one->step > 0 ? 0 : (ptrdiff_t)one->width - 1;
    quad last = quad_set(0), before = last, last_two = last, before_two = last;
    for (size_t i = 0; i < one->width; i++, x += one->step) {
        const quad error = KMC_NAME(diffuse_pixel)(one, x, last, before, atkinson);
        quad_store(one->here[x], error);
        before = last;
        last = error;
        if (!two) continue;
        const quad error_two = KMC_NAME(diffuse_pixel)(two, x, last_two, before_two, atkinson);
        quad_store(two->here[x], error_two);
        before_two = last_two;
        last_two = error_two;
    }
}

/* kmc_kernels.diffuse. A pixel has to wait for the one before it; of two rows one goes on meanwhile. */
KMC_TARGET static void KMC_NAME(diffuse)(kmc_dither_row *one, kmc_dither_row *two, int atkinson)
{
    if (atkinson)
        KMC_NAME(diffuse_pair)(one, two, 1);
    else if (two)
        KMC_NAME(diffuse_pair)(one, two, 0);
    else
        KMC_NAME(diffuse_pair)(one, NULL, 0);
}

/* kmc_kernels.mix. Every entry has to wait for the one before it: several mixtures take turns. */
KMC_TARGET static void KMC_NAME(mix)(kmc_mixture *mixtures, size_t n)
{
    for (size_t i = 0; i < KMC_MIXTURE; i++) {
        for (kmc_mixture *m = mixtures; m < mixtures + n; m++) {
            const quad target = quad_load(m->target), limit = quad_set(m->limit);
            const quad owed = quad_max(quad_min(quad_load(m->owed), limit), quad_sub(quad_set(0), limit));
            const quad moved = quad_max(quad_min(quad_add(target, owed), quad_load(m->high)), quad_load(m->low));
            const uint32_t best = KMC_NAME(nearest_entry)(m->grid, moved);
            m->found[i] = m->grid->index[best];
            const quad error = quad_sub(target, quad_load(m->grid->at[best]));
            quad_store(m->owed, quad_add(quad_share(owed, m->passed), error));
        }
    }
}
