/* The inner loops of brute-force assignment, once per instruction set: the including file defines KMC_TARGET and
 * KMC_NAME and includes its vec_*.h before this. */

/* kmc_colors_kernels.assign. Four vectors of pixels share the loads of each colour. */
KMC_TARGET static void KMC_NAME(assign)(const int32_t *xy, const int32_t *zw, size_t n, const int32_t *colors_xy,
                                        const int32_t *colors_zw, const int32_t *terms, size_t k, int32_t *best)
{
    for (size_t i = 0; i < n; i += 4 * VEC_LANES) {
        vec x[4], z[4], least[4];
        for (size_t v = 0; v < 4; v++) {
            x[v] = vec_load(xy + i + v * VEC_LANES);
            z[v] = vec_load(zw + i + v * VEC_LANES);
            least[v] = vec_set(INT32_MAX);
        }
        for (size_t j = 0; j < k; j++) {
            const vec cxy = vec_set(colors_xy[j]), czw = vec_set(colors_zw[j]), term = vec_set(terms[j]);
            for (size_t v = 0; v < 4; v++) {
                const vec sum = vec_add(vec_add(term, vec_dot_pairs(x[v], cxy)), vec_dot_pairs(z[v], czw));
                least[v] = vec_min(sum, least[v]);
            }
        }
        for (size_t v = 0; v < 4; v++) vec_store(best + i + v * VEC_LANES, least[v]);
    }
}

/* Two channels, 16 bits apart, moved 32 bits apart. */
static inline uint64_t KMC_NAME(wide_pair)(uint32_t pair)
{
    return (pair & 0xFFFF) | (uint64_t)(pair >> 16) << 32;
}

/* kmc_colors_kernels.accumulate. A scalar loop, since the label of each pixel selects the sum. Even and odd pixels have
 * separate sums: most pixels follow one of the same colour, and would have to wait for its addition. */
KMC_TARGET static void KMC_NAME(accumulate)(const int32_t *xy, const int32_t *zw, const uint16_t *labels, size_t n,
                                            uint64_t *sums)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t *const sum = sums + 4 * (size_t)labels[i] + 2 * (i % 2);
        sum[0] += KMC_NAME(wide_pair)((uint32_t)xy[i] >> 7);
        sum[1] += KMC_NAME(wide_pair)((uint32_t)zw[i] >> 7);
    }
}
