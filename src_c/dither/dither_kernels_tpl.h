/* The inner loops of dithering, once per instruction set: the including file defines KMC_TARGET and KMC_NAME and
 * includes a quads_*.h before this. */
#include "dither/row.h"

/* Errors are clamped to this, so that the sum of nine fits 16 bits. */
#define ERROR_MAX 7281

/* The coordinates of four pixels of a row. */
KMC_TARGET static inline quads KMC_NAME(load)(const void *row, size_t vector, int levels)
{
    return levels ? quads_levels((const uint8_t *)row + 16 * vector) : quads_load((const int16_t *)row + 16 * vector);
}

/* The fields of a grid that the loops need, to be kept in registers. */
typedef struct KMC_NAME(finder) {
    kmc_grid *grid;
    const uint16_t *nearest;
    const int16_t (*entries)[4];
    quads weights[2]; /* of all entries, of the opaque ones */
    int shift[2], alpha, has_opaque;
    int16_t transparency;
    uint32_t offset[2], cut, clear;
} KMC_NAME(finder);

KMC_TARGET static inline KMC_NAME(finder) KMC_NAME(find_in)(kmc_grid *grid, int alpha)
{
    const kmc_cells *const all = &grid->all, *const opaque = &grid->opaque;
    const KMC_NAME(finder) f = {.grid = grid, .nearest = grid->nearest, .entries = (const int16_t(*)[4])grid->entries,
                                .weights = {quads_repeat(all->weights), quads_repeat(opaque->weights)},
                                .shift = {all->shift, opaque->shift}, .offset = {all->offset, opaque->offset},
                                .alpha = alpha, .has_opaque = opaque->entries.n != 0, .cut = grid->cut,
                                .transparency = grid->transparency, .clear = grid->clear};
    return f;
}

/* All bits set for opaque pixels, if the palette has opaque entries. */
KMC_TARGET static inline quads KMC_NAME(opaque)(const KMC_NAME(finder) *f, quads own)
{
    return f->alpha && f->has_opaque ? quads_fourth_is(own, 0) : quads_set(0);
}

/* All bits set for fully transparent pixels. */
KMC_TARGET static inline quads KMC_NAME(clear)(const KMC_NAME(finder) *f, quads own)
{
    return f->alpha ? quads_fourth_is(own, f->transparency) : quads_set(0);
}

/* The cells of four points; `opaque` and `clear` are masks of their pixels. */
KMC_TARGET static inline quads_cells KMC_NAME(cells)(const KMC_NAME(finder) *f, quads points, quads opaque, quads clear)
{
    const quads_cells cells = quads_number(points, f->shift[0], f->weights[0]);
    if (!f->alpha) return cells;
    const quads_cells others = quads_cells_add(quads_number(points, f->shift[1], f->weights[1]), f->offset[1]);
    const quads_cells seen = quads_cells_select(opaque, others, quads_cells_add(cells, f->offset[0]));
    return quads_cells_select(clear, quads_cells_set(f->clear), seen);
}

/* Computes those of four entries that the table lacks; the lookup of points with a limit of 0 is exact. `found` and the
 * result are four times 16 bits: arrays would have to be filled even where nothing is missing. */
KMC_TARGET static KMC_NOINLINE uint64_t KMC_NAME(resolve)(kmc_grid *grid, const quads_cells *cells, const quads *points,
                                                      const quads *limits, uint64_t found)
{
    int16_t point[16], limit[16];
    const uint32_t cell[4] = {quads_cell(*cells, 0), quads_cell(*cells, 1), quads_cell(*cells, 2),
                              quads_cell(*cells, 3)};
    quads_store(point, *points);
    quads_store(limit, *limits);
    uint64_t all = 0;
    for (int i = 0; i < 4; i++) {
        const int exact = limit[4 * i] == 0;
        uint64_t one = found >> 16 * i & UINT16_MAX;
        if (one == 0 || (exact && one >= grid->cut)) {
            one = kmc_grid_find(grid, cell[i], point + 4 * i, exact) & UINT16_MAX;
        }
        all |= one << 16 * i;
    }
    return all;
}

/* The table values of four points. */
typedef struct KMC_NAME(four) {
    size_t a, b, c, d;
} KMC_NAME(four);

KMC_TARGET static inline KMC_NAME(four) KMC_NAME(look_up)(const KMC_NAME(finder) *f, quads_cells cells)
{
    const uint16_t *const nearest = f->nearest;
    const KMC_NAME(four) found = {nearest[quads_cell(cells, 0)], nearest[quads_cell(cells, 1)],
                                  nearest[quads_cell(cells, 2)], nearest[quads_cell(cells, 3)]};
    return found;
}

/* Whether the table lacks any of them; `still`: some of the points may need an exact lookup. */
KMC_TARGET static inline int KMC_NAME(misses)(const KMC_NAME(finder) *f, const KMC_NAME(four) *found, int still)
{
    if (found->a == 0 || found->b == 0 || found->c == 0 || found->d == 0) return 1;
    return still && (found->a | found->b | found->c | found->d) >= f->cut;
}

/* Looks up four points and computes what is missing; `limits`: bounds of the error added, 0 for an exact lookup. */
KMC_TARGET static inline KMC_NAME(four) KMC_NAME(find)(const KMC_NAME(finder) *f, quads_cells cells, quads points,
                                                       quads limits, int still)
{
    const KMC_NAME(four) had = KMC_NAME(look_up)(f, cells);
    if (!KMC_NAME(misses)(f, &had, still)) return had;
    const quads_cells asked = cells;
    const quads at = points, within = limits;
    const uint64_t all = (uint64_t)had.d << 48 | (uint64_t)had.c << 32 | (uint64_t)had.b << 16 | (uint64_t)had.a;
    const uint64_t four = KMC_NAME(resolve)(f->grid, &asked, &at, &within, all);
    const KMC_NAME(four) found = {four & UINT16_MAX, four >> 16 & UINT16_MAX, four >> 32 & UINT16_MAX, four >> 48};
    return found;
}

/* Writes four table values, so far apart. */
KMC_TARGET static inline void KMC_NAME(put)(uint16_t *to, size_t apart, const KMC_NAME(four) *found)
{
    to[0] = (uint16_t)found->a;
    to[apart] = (uint16_t)found->b;
    to[2 * apart] = (uint16_t)found->c;
    to[3 * apart] = (uint16_t)found->d;
}

KMC_TARGET static inline quads KMC_NAME(entries)(const KMC_NAME(finder) *f, const KMC_NAME(four) *found)
{
    return quads_gather(f->entries[found->a], f->entries[found->b], f->entries[found->c], f->entries[found->d]);
}

/* The error of nearest-colour mapping at pixel x of the row below, summed over the channels; 0 for vectors that are not
 * active. */
KMC_TARGET static KMC_INLINE folded KMC_NAME(off)(const KMC_NAME(finder) *f, const void *below, size_t x,
                                                  size_t vectors, int levels, const uint8_t *active)
{
    const quads zero = quads_set(0);
    quads off[4] = {zero, zero, zero, zero};
    for (size_t v = 0; v < vectors; v++) {
        if (active && !(active[x] >> v & 1)) continue;
        const quads own = KMC_NAME(load)(below, x * vectors + v, levels);
        const quads_cells cells = KMC_NAME(cells)(f, own, KMC_NAME(opaque)(f, own), KMC_NAME(clear)(f, own));
        const KMC_NAME(four) found = KMC_NAME(find)(f, cells, own, zero, 1);
        off[v] = quads_distance(own, KMC_NAME(entries)(f, &found));
    }
    return quads_fold(off, ERROR_MAX);
}

KMC_TARGET static KMC_INLINE void KMC_NAME(measure_span)(kmc_dither_row *row, size_t vectors, int levels, int alpha,
                                                     const uint8_t *active)
{
    const KMC_NAME(finder) f = KMC_NAME(find_in)(row->grid, alpha);
    const size_t last = row->width - 1, end = row->end;
    const void *const below = row->below;
    uint16_t *const sums = row->off_below;
    folded before = KMC_NAME(off)(&f, below, row->begin > 0 ? row->begin - 1 : 0, vectors, levels, active);
    folded here = KMC_NAME(off)(&f, below, row->begin, vectors, levels, active);
    for (size_t x = row->begin; x < end; x++) {
        const folded next = KMC_NAME(off)(&f, below, x < last ? x + 1 : last, vectors, levels, active);
        folded_store(sums + KMC_LANES * x, folded_add(folded_add(before, here), next));
        before = here;
        here = next;
    }
}

/* kmc_dither_kernels.measure. */
KMC_TARGET static void KMC_NAME(measure)(kmc_dither_row *row)
{
    const int alpha = row->grid->all.channels == 4;
    if (row->shares)
        KMC_NAME(measure_span)(row, row->vectors, row->levels, alpha, row->active_below);
    else if (alpha)
        KMC_NAME(measure_span)(row, row->vectors, 0, 1, NULL);
    else if (!row->levels)
        KMC_NAME(measure_span)(row, row->vectors, 0, 0, NULL);
    else if (row->vectors == KMC_LANES / KMC_VECTOR)
        KMC_NAME(measure_span)(row, KMC_LANES / KMC_VECTOR, 1, 0, NULL);
    else
        KMC_NAME(measure_span)(row, row->vectors, 1, 0, NULL);
}

/* The error that reaches four pixels by the weights of Floyd and Steinberg, or of Atkinson. `last` and `before` are the
 * errors of the two previous pixels, `above` and `beyond` those of the two rows above. `part` is a sixteenth of the
 * share that is passed on, in units of 2^-15. */
KMC_TARGET static inline quads KMC_NAME(reached)(const int16_t *above, const int16_t *beyond, ptrdiff_t step,
                                                 quads last, quads before, int16_t part, int atkinson)
{
    const quads behind = quads_load(above - step), over = quads_load(above), front = quads_load(above + step);
    const int16_t two = (int16_t)(2 * part);
    if (!atkinson) {
        const quads sides = quads_add(quads_share(behind, (int16_t)(3 * part)), quads_share(front, part));
        return quads_add(quads_add(sides, quads_share(over, (int16_t)(5 * part))),
                         quads_share(last, (int16_t)(7 * part)));
    }
    const quads sides = quads_add(quads_share(behind, two), quads_share(front, two));
    const quads middle = quads_add(quads_share(over, two), quads_share(quads_load(beyond), two));
    return quads_add(quads_add(sides, middle), quads_add(quads_share(before, two), quads_share(last, two)));
}

/* Clamps to -limit .. limit. */
KMC_TARGET static inline quads KMC_NAME(limited)(quads a, quads limit)
{
    return quads_max(quads_min(a, limit), quads_sub(quads_set(0), limit));
}

/* The part of an error that pixels accept; opaque ones stay opaque. */
KMC_TARGET static inline quads KMC_NAME(accepted)(quads error, quads limit, quads opaque, int alpha)
{
    const quads within = KMC_NAME(limited)(error, limit);
    return alpha ? quads_and_not(quads_and(opaque, quads_repeat((const int16_t[4]){0, 0, 0, -1})), within) : within;
}

/* Adds an offset, clamping to the range of coordinates. */
KMC_TARGET static inline quads KMC_NAME(shifted)(quads point, quads by)
{
    return quads_max(quads_min(quads_add(point, by), quads_set(KMC_MAX_COORDINATE)), quads_set(0));
}

/* The bounds of the errors that the pixels of all lanes accept. */
KMC_TARGET static KMC_INLINE folded KMC_NAME(limits)(const kmc_dither_row *row, size_t folds)
{
    const folded above = folded_load(row->off_above + folds), here = folded_load(row->off_here + folds);
    return folded_share(folded_add(folded_add(above, here), folded_load(row->off_below + folds)), row->limit);
}

/* Dithers pixels [begin, end) of a row. Unless it may call kmc_grid_find, it returns the first pixel for which the
 * table lacks an entry, and this pixel must be done again: without calls, the loop keeps its values in registers.
 * Pixels with their error added are clamped to the bounding box of the palette, extended to contain the pixel itself:
 * an error that no entry can compensate for is not passed on for ever. The cells along four axes are too large for
 * palettes with steps of alpha: their parts are used. */
KMC_TARGET static KMC_INLINE size_t KMC_NAME(diffuse_steps)(kmc_dither_row *row, size_t begin, size_t end,
                                                            size_t vectors, int atkinson, int levels, int alpha,
                                                            int masked, int may_ask)
{
    const KMC_NAME(finder) f = KMC_NAME(find_in)(row->grid, alpha);
    const quads low = quads_repeat(row->low), high = quads_repeat(row->high);
    const size_t apart = row->apart;
    const ptrdiff_t step = row->step, stride = step * (ptrdiff_t)(16 * vectors);
    const void *const pixels = row->at;
    const int16_t part = (int16_t)(8 * row->passed), *const above = row->above[0], *const beyond = row->beyond[0];
    int16_t *const here = row->here[0];
    uint16_t *const entries = row->found;
    size_t x = step > 0 ? begin : row->width - 1 - begin, i = begin;
    quads last[4], before[4], counted[4];
    quads_sums lost = quads_no_sums();
    for (size_t v = 0; v < vectors; v++) { /* beyond the ends there is padding */
        const int16_t *const at = here + 16 * (x * vectors + v);
        last[v] = quads_load(at - stride);
        before[v] = quads_load(at - 2 * stride);
        counted[v] = quads_load(row->counted[4 * v]);
    }
    for (; i < end; i++, x += (size_t)step) {
        if (masked && row->active[x] == 0) continue;
        const size_t folds = KMC_LANES * x;
        const folded limits = KMC_NAME(limits)(row, folds);
        const int still = alpha || masked || folded_any_zero(limits);
        const quads shift = quads_repeat(row->offsets[x & 3]);
        quads_squares squares = quads_no_squares();
        KMC_UNROLL
        for (size_t v = 0; v < vectors; v++) {
            if (masked && !(row->active[x] >> v & 1)) continue;
            const size_t at = 16 * (x * vectors + v);
            const quads own = KMC_NAME(load)(pixels, x * vectors + v, levels), most = folded_spread(limits, (int)v);
            const quads limit = masked ? quads_share_each(most, quads_spread(row->shares + folds + 4 * v)) : most;
            const quads opaque = KMC_NAME(opaque)(&f, own), clear = KMC_NAME(clear)(&f, own);
            const quads all = KMC_NAME(reached)(above + at, beyond + at, stride, last[v], before[v], part, atkinson);
            const quads push = KMC_NAME(accepted)(all, limit, opaque, alpha);
            const quads moved = quads_max(quads_min(quads_add(own, push), quads_max(own, high)), quads_min(own, low));
            const quads near = KMC_NAME(shifted)(moved, KMC_NAME(limited)(shift, limit));
            const quads_cells cells = KMC_NAME(cells)(&f, near, opaque, clear);
            const quads exactness = alpha ? quads_and(opaque, limit) : limit;
            const KMC_NAME(four) found =
                may_ask ? KMC_NAME(find)(&f, cells, near, exactness, still) : KMC_NAME(look_up)(&f, cells);
            if (!may_ask && KMC_NAME(misses)(&f, &found, still)) goto missing;
            const quads entry = KMC_NAME(entries)(&f, &found);
            KMC_NAME(put)(entries + 4 * v * apart + x, apart, &found);
            if (atkinson) before[v] = last[v];
            last[v] = alpha ? quads_and_not(clear, quads_sub(moved, entry)) : quads_sub(moved, entry);
            quads_store(here + at, last[v]);
            if (!masked) squares = quads_add_squares(squares, quads_and(quads_sub(own, entry), counted[v]));
        }
        if (!masked) lost = quads_add_sums(lost, squares);
    }
missing:
    row->lost += quads_total(lost);
    return i;
}

/* Dithers one pixel. */
KMC_TARGET static KMC_NOINLINE size_t KMC_NAME(diffuse_step)(kmc_dither_row *row, size_t i, int alpha)
{
    const int masked = row->shares != NULL;
    return KMC_NAME(diffuse_steps)(row, i, i + 1, row->vectors, row->atkinson, row->levels, alpha, masked, 1);
}

KMC_TARGET static KMC_INLINE void KMC_NAME(diffuse_span)(kmc_dither_row *row, size_t vectors, int atkinson, int levels,
                                                         int alpha, int masked)
{
    for (size_t i = row->begin; i < row->end;) {
        i = KMC_NAME(diffuse_steps)(row, i, row->end, vectors, atkinson, levels, alpha, masked, 0);
        if (i < row->end) i = KMC_NAME(diffuse_step)(row, i, alpha);
    }
}

/* kmc_dither_kernels.diffuse. */
KMC_TARGET static void KMC_NAME(diffuse)(kmc_dither_row *row)
{
    const int atkinson = row->atkinson, alpha = row->grid->all.channels == 4;
    if (row->shares && !row->levels && !alpha)
        KMC_NAME(diffuse_span)(row, row->vectors, 0, 0, 0, 1);
    else if (row->shares)
        KMC_NAME(diffuse_span)(row, row->vectors, 0, row->levels, alpha, 1);
    else if (alpha)
        KMC_NAME(diffuse_span)(row, row->vectors, atkinson, 0, 1, 0);
    else if (!row->levels)
        KMC_NAME(diffuse_span)(row, row->vectors, atkinson, 0, 0, 0);
    else if (row->vectors == KMC_LANES / KMC_VECTOR && !atkinson)
        KMC_NAME(diffuse_span)(row, KMC_LANES / KMC_VECTOR, 0, 1, 0, 0);
    else
        KMC_NAME(diffuse_span)(row, row->vectors, atkinson, 1, 0, 0);
}

/* kmc_dither_kernels.mix. Each entry depends on the previous one, so mixtures are interleaved to hide the latency. */
KMC_TARGET static void KMC_NAME(mix)(kmc_mixtures *m)
{
    const quads zero = quads_set(0);
    const KMC_NAME(finder) f = KMC_NAME(find_in)(m->grid, m->grid->all.channels == 4);
    quads error[KMC_MIXTURES / 4];
    for (size_t v = 0; v < KMC_MIXTURES / 4; v++) error[v] = zero;
    for (size_t i = 0; i < KMC_MIXTURE; i++) {
        for (size_t v = 0; v < KMC_MIXTURES / 4; v++) {
            const quads target = quads_load(m->target[4 * v]), limit = quads_load(m->limit[4 * v]);
            const quads carried = KMC_NAME(limited)(error[v], limit);
            const quads moved =
                quads_max(quads_min(quads_add(target, carried), quads_load(m->high[4 * v])), quads_load(m->low[4 * v]));
            const quads_cells cells = KMC_NAME(cells)(&f, moved, quads_load(m->opaque[4 * v]), zero);
            const KMC_NAME(four) found = KMC_NAME(find)(&f, cells, moved, quads_set(1), 0);
            const quads entry = KMC_NAME(entries)(&f, &found);
            KMC_NAME(put)(m->found[i] + 4 * v, 1, &found);
            error[v] = quads_add(quads_share(carried, (int16_t)(m->passed << 7)), quads_sub(target, entry));
        }
    }
}
