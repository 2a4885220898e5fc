/* The kernels of k-means, compiled once per instruction set: the including file defines KMC_TARGET and KMC_NAME and
 * includes its vec_*.h before this. */
#include "kmeans/candidates.h"

/* The squares of both coordinates, added up. */
KMC_TARGET static inline vec KMC_NAME(square)(vec a)
{
    return vec_dot_pairs(a, a);
}

/* kmc_kmeans_kernels.nearest_point. Two vectors of points at a time hide the latency of the comparison chain. */
KMC_TARGET static void KMC_NAME(nearest_point)(const int32_t *xy, const int32_t *zw, size_t n,
                                               const int32_t *candidates_xy, const int32_t *candidates_zw, size_t m,
                                               int32_t *position, int32_t *distance)
{
    size_t i = 0;
    for (; i + VEC_LANES < n; i += 2 * VEC_LANES) {
        const vec xy0 = vec_load(xy + i), zw0 = vec_load(zw + i);
        const vec xy1 = vec_load(xy + i + VEC_LANES), zw1 = vec_load(zw + i + VEC_LANES);
        vec best0 = vec_set(INT32_MAX), best1 = best0, at0 = vec_set(0), at1 = at0;
        for (size_t j = 0; j < m; j++) {
            const vec cxy = vec_set(candidates_xy[j]), czw = vec_set(candidates_zw[j]), here = vec_set((int32_t)j);
            const vec d0 = vec_add(KMC_NAME(square)(vec_sub16(xy0, cxy)), KMC_NAME(square)(vec_sub16(zw0, czw)));
            const vec d1 = vec_add(KMC_NAME(square)(vec_sub16(xy1, cxy)), KMC_NAME(square)(vec_sub16(zw1, czw)));
            at0 = vec_select_less(d0, best0, here, at0);
            at1 = vec_select_less(d1, best1, here, at1);
            best0 = vec_min(d0, best0);
            best1 = vec_min(d1, best1);
        }
        vec_store(position + i, at0);
        vec_store(position + i + VEC_LANES, at1);
        vec_store(distance + i, best0);
        vec_store(distance + i + VEC_LANES, best1);
    }
    for (; i < n; i += VEC_LANES) {
        const vec xy0 = vec_load(xy + i), zw0 = vec_load(zw + i);
        vec best = vec_set(INT32_MAX), at = vec_set(0);
        for (size_t j = 0; j < m; j++) {
            const vec d = vec_add(KMC_NAME(square)(vec_sub16(xy0, vec_set(candidates_xy[j]))),
                                  KMC_NAME(square)(vec_sub16(zw0, vec_set(candidates_zw[j]))));
            at = vec_select_less(d, best, vec_set((int32_t)j), at);
            best = vec_min(d, best);
        }
        vec_store(position + i, at);
        vec_store(distance + i, best);
    }
}

/* kmc_kmeans_kernels.filter. Finds the smallest of the largest distances, then the candidates that come closer. */
KMC_TARGET static size_t KMC_NAME(filter)(const kmc_box *box, const kmc_candidates *in, kmc_candidates *out)
{
    const vec min_xy = vec_set(box->min_xy), min_zw = vec_set(box->min_zw);
    const vec max_xy = vec_set(box->max_xy), max_zw = vec_set(box->max_zw), zero = vec_set(0);
    const int32_t *const restrict in_xy = in->xy, *const restrict in_zw = in->zw;
    const uint32_t *const restrict in_id = in->id;
    int32_t *const restrict out_xy = out->xy, *const restrict out_zw = out->zw, *const restrict near = out->near;
    uint32_t *const restrict out_id = out->id;
    int32_t lanes[VEC_LANES];
    vec reach = vec_set(INT32_MAX);
    for (size_t j = 0; j < in->n; j += VEC_LANES) {
        const vec cxy = vec_load(in_xy + j), czw = vec_load(in_zw + j);
        const vec below_xy = vec_sub16(min_xy, cxy), above_xy = vec_sub16(cxy, max_xy);
        const vec below_zw = vec_sub16(min_zw, czw), above_zw = vec_sub16(czw, max_zw);
        /* below = low - c and above = c - high: the far side is max(-below, -above), the
         * near one max(below, above, 0) */
        const vec far_xy = vec_max16(vec_sub16(zero, below_xy), vec_sub16(zero, above_xy));
        const vec far_zw = vec_max16(vec_sub16(zero, below_zw), vec_sub16(zero, above_zw));
        const vec near_xy = vec_max16(vec_max16(below_xy, above_xy), zero);
        const vec near_zw = vec_max16(vec_max16(below_zw, above_zw), zero);
        reach = vec_min(reach, vec_add(KMC_NAME(square)(far_xy), KMC_NAME(square)(far_zw)));
        vec_store(near + j, vec_add(KMC_NAME(square)(near_xy), KMC_NAME(square)(near_zw)));
    }
    vec_store(lanes, reach);
    int32_t smallest = lanes[0];
    for (int lane = 1; lane < VEC_LANES; lane++) smallest = lanes[lane] < smallest ? lanes[lane] : smallest;
    const vec limit = vec_set(smallest);
    /* Every lane is written and only the kept ones advance: branches on them would be mispredicted half the time. */
    size_t n = 0;
    for (size_t j = 0; j < in->n; j += VEC_LANES) {
        const size_t left = in->n - j;
        const unsigned lanes_left = (1u << (left < VEC_LANES ? left : VEC_LANES)) - 1;
        const unsigned kept = ~vec_bits_greater(vec_load(near + j), limit) & lanes_left;
        for (unsigned lane = 0; lane < VEC_LANES; lane++) {
            out_xy[n] = in_xy[j + lane];
            out_zw[n] = in_zw[j + lane];
            out_id[n] = in_id[j + lane];
            n += kept >> lane & 1;
        }
    }
    for (size_t i = n; i < n + KMC_PADDING; i += VEC_LANES) {
        vec_store(out_xy + i, vec_set(out_xy[n - 1]));
        vec_store(out_zw + i, vec_set(out_zw[n - 1]));
    }
    out->n = n;
    return n;
}

/* kmc_kmeans_kernels.capped_error */
KMC_TARGET static uint64_t KMC_NAME(capped_error)(const int32_t *xy, const int32_t *zw, const uint32_t *weights,
                                                  const int32_t *cap, size_t n, int32_t at_xy, int32_t at_zw,
                                                  int32_t *distance)
{
    const vec cxy = vec_set(at_xy), czw = vec_set(at_zw);
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const vec d = vec_add(KMC_NAME(square)(vec_sub16(vec_load(xy + i), cxy)),
                              KMC_NAME(square)(vec_sub16(vec_load(zw + i), czw)));
        vec_store(distance + i, vec_min(d, vec_load(cap + i)));
    }
    uint64_t error = 0;
    for (size_t i = 0; i < n; i++) error += (uint64_t)weights[i] * (uint32_t)distance[i];
    return error;
}

/* kmc_kmeans_kernels.box_distance */
KMC_TARGET static void KMC_NAME(box_distance)(const int32_t *min_xy, const int32_t *min_zw, const int32_t *max_xy,
                                              const int32_t *max_zw, size_t n, int32_t at_xy, int32_t at_zw,
                                              int32_t *distance)
{
    const vec cxy = vec_set(at_xy), czw = vec_set(at_zw), zero = vec_set(0);
    for (size_t i = 0; i < n; i += VEC_LANES) {
        const vec out_xy = vec_max16(vec_sub16(vec_load(min_xy + i), cxy), vec_sub16(cxy, vec_load(max_xy + i)));
        const vec out_zw = vec_max16(vec_sub16(vec_load(min_zw + i), czw), vec_sub16(czw, vec_load(max_zw + i)));
        vec_store(distance + i, vec_add(KMC_NAME(square)(vec_max16(out_xy, zero)),
                                        KMC_NAME(square)(vec_max16(out_zw, zero))));
    }
}

/* kmc_kmeans_kernels.enclose. Whole vectors, the last one ending with the last point; too few points for one go
 * singly. */
KMC_TARGET static void KMC_NAME(enclose)(const int32_t *xy, const int32_t *zw, size_t n, kmc_box *box)
{
    *box = kmc_box_of(xy[0], zw[0]);
    if (n < VEC_LANES) {
        for (size_t i = 1; i < n; i++) {
            const kmc_box point = kmc_box_of(xy[i], zw[i]);
            kmc_box_enclose(box, &point);
        }
        return;
    }
    vec min_xy = vec_load(xy), min_zw = vec_load(zw), max_xy = min_xy, max_zw = min_zw;
    for (size_t i = VEC_LANES; i < n + VEC_LANES - 1; i += VEC_LANES) {
        const size_t at = i + VEC_LANES <= n ? i : n - VEC_LANES;
        const vec some_xy = vec_load(xy + at), some_zw = vec_load(zw + at);
        min_xy = vec_min16(min_xy, some_xy);
        min_zw = vec_min16(min_zw, some_zw);
        max_xy = vec_max16(max_xy, some_xy);
        max_zw = vec_max16(max_zw, some_zw);
    }
    int32_t lanes[4][VEC_LANES];
    vec_store(lanes[0], min_xy);
    vec_store(lanes[1], min_zw);
    vec_store(lanes[2], max_xy);
    vec_store(lanes[3], max_zw);
    for (int lane = 0; lane < VEC_LANES; lane++) {
        const kmc_box some = {lanes[0][lane], lanes[1][lane], lanes[2][lane], lanes[3][lane]};
        kmc_box_enclose(box, &some);
    }
}

KMC_TARGET static inline int64_t KMC_NAME(total)(wide a)
{
    int64_t lanes[WIDE_LANES], sum = 0;
    wide_store(lanes, a);
    for (int lane = 0; lane < WIDE_LANES; lane++) sum += lanes[lane];
    return sum;
}

/* kmc_kmeans_kernels.sum_where. Coordinates are not negative, so that their 16 bits are their value. */
KMC_TARGET static void KMC_NAME(sum_where)(const kmc_points *points, const int32_t *position, int32_t which,
                                           kmc_moments *moments)
{
    wide weight = wide_zero(), x = weight, y = weight, z = weight, w = weight;
    const size_t n = points->n, end = n - n % WIDE_LANES;
    for (size_t i = 0; i < end; i += WIDE_LANES) {
        const wide own = wide_where(wide_load_words(position + i), which, wide_load(points->weights + i));
        const wide xy = wide_load_words(points->xy + i), zw = wide_load_words(points->zw + i);
        weight = wide_add(weight, own);
        x = wide_add(x, wide_multiply(own, wide_low16(xy)));
        y = wide_add(y, wide_multiply(own, wide_high16(xy)));
        z = wide_add(z, wide_multiply(own, wide_low16(zw)));
        w = wide_add(w, wide_multiply(own, wide_high16(zw)));
    }
    *moments = (kmc_moments){KMC_NAME(total)(weight),
                             {KMC_NAME(total)(x), KMC_NAME(total)(y), KMC_NAME(total)(z), KMC_NAME(total)(w)}};
    for (size_t i = end; i < n; i++) {
        if (position[i] == which) kmc_moments_add(moments, points, i);
    }
}
