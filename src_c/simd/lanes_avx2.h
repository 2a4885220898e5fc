/* The functions of simd/lanes_c.h in AVX2, eight values at a time. */
#include "codec/color_predictor.h"
#include "codec/mixer.h"
#include "codec/palette_tree.h"

#include <immintrin.h>

KMC_TARGET static inline __m256i lanes_load(const void *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

KMC_TARGET static inline void lanes_store(void *to, __m256i a)
{
    _mm256_storeu_si256((__m256i *)to, a);
}

/* The sums of the lanes of four vectors. */
KMC_TARGET static inline __m128i lanes_sums(__m256i a, __m256i b, __m256i c, __m256i d)
{
    const __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

/* For each of eight neighbours: its digit value, twice that value, or 0. */
KMC_TARGET static inline __m256i lanes_digits(const kmc_palette_node *node, const int32_t *neighbors, __m256i digits)
{
    const __m256i a = lanes_load(neighbors);
    const __m256i under = _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)node->low), a);
    const __m256i left = _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)node->split), a);
    const __m256i inside = _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)node->high), a);
    const __m256i all = _mm256_add_epi32(digits, _mm256_andnot_si256(left, digits));
    return _mm256_andnot_si256(under, _mm256_and_si256(inside, all));
}

KMC_TARGET static inline int32_t lanes_sides(const kmc_palette_node *node, const int32_t *neighbors)
{
    const __m256i eight = lanes_digits(node, neighbors, _mm256_setr_epi32(1, 3, 9, 27, 81, 243, 729, 2187));
    const __m256i four = lanes_digits(node, neighbors + 8, _mm256_setr_epi32(6561, 19683, 59049, 177147, 0, 0, 0, 0));
    const __m256i all = _mm256_add_epi32(eight, four);
    return _mm_cvtsi128_si32(lanes_sums(all, all, all, all));
}

KMC_TARGET static inline void lanes_project(const kmc_palette_node *node, const int32_t predictions[KMC_PREDICTIONS][4],
                                            uint32_t at[KMC_PREDICTIONS])
{
    const __m256i between = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)node->midpoint));
    const __m256i axis = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)node->axis));
    const __m256i a = _mm256_mullo_epi32(_mm256_sub_epi32(lanes_load(predictions[0]), between), axis);
    const __m256i b = _mm256_mullo_epi32(_mm256_sub_epi32(lanes_load(predictions[2]), between), axis);
    const __m256i pairs = _mm256_hadd_epi32(a, b), sums = _mm256_hadd_epi32(pairs, pairs); /* 0, 2, ...; 1, 3, ... */
    const __m128i in_order = _mm_unpacklo_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    const __m128i t = _mm_add_epi32(_mm_srai_epi32(in_order, 8), _mm_set1_epi32(4096));
    const __m128i clamped = _mm_max_epi32(_mm_min_epi32(t, _mm_set1_epi32(8191)), _mm_setzero_si128());
    _mm_storeu_si128((__m128i *)(void *)at, clamped);
}

KMC_TARGET static inline void lanes_weigh(const int32_t *stretched, const uint32_t *rates, int n, int32_t *all)
{
    for (int i = 0; i < n; i += 8) {
        const __m256i trust = _mm256_and_si256(lanes_load(rates + i), _mm256_set1_epi32(65535));
        lanes_store(all + i, _mm256_srai_epi32(_mm256_mullo_epi32(lanes_load(stretched + i), trust), 8));
    }
}

KMC_TARGET static inline __m256i lanes_product(const int32_t *all, const int32_t *weights)
{
    return _mm256_srai_epi32(_mm256_mullo_epi32(lanes_load(all), lanes_load(weights)), 4);
}

KMC_TARGET static inline void lanes_sum(const int32_t *all, int32_t *const weights[KMC_MIXERS], int n,
                                         int32_t sums[KMC_MIXERS])
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i sum[4] = {zero, zero, zero, zero}; /* the fourth is not used */
    for (int i = 0; i < n; i += 8)
        for (int s = 0; s < KMC_MIXERS; s++) sum[s] = _mm256_add_epi32(sum[s], lanes_product(all + i, weights[s] + i));
    int32_t lanes[4];
    _mm_storeu_si128((__m128i *)(void *)lanes, lanes_sums(sum[0], sum[1], sum[2], sum[3]));
    for (int s = 0; s < KMC_MIXERS; s++) sums[s] = lanes[s];
}

KMC_TARGET static inline void lanes_learn(const int32_t *all, int32_t *const weights[KMC_MIXERS], int n,
                                           const int32_t errors[KMC_MIXERS])
{
    const __m256i half = _mm256_set1_epi32(1 << 13), max = _mm256_set1_epi32(KMC_WEIGHT_MAX);
    const __m256i min = _mm256_set1_epi32(-KMC_WEIGHT_MAX);
    for (int s = 0; s < KMC_MIXERS; s++) {
        const __m256i error = _mm256_set1_epi32(errors[s]);
        for (int i = 0; i < n; i += 8) {
            const __m256i product = _mm256_add_epi32(_mm256_mullo_epi32(lanes_load(all + i), error), half);
            const __m256i sum = _mm256_add_epi32(lanes_load(weights[s] + i), _mm256_srai_epi32(product, 14));
            lanes_store(weights[s] + i, _mm256_max_epi32(_mm256_min_epi32(sum, max), min));
        }
    }
}

KMC_TARGET static inline void lanes_count(uint32_t *counters, const uint32_t *rates, const uint32_t *limits, int n,
                                           int bit)
{
    const __m256i low = _mm256_set1_epi32(65535), times = _mm256_set1_epi32(1023), one = _mm256_set1_epi32(1);
    const __m256i end = _mm256_set1_epi32(-bit & 4194303);
    for (int i = 0; i < n; i += 8) {
        const __m256i counter = lanes_load(counters + i), rate = _mm256_srli_epi32(lanes_load(rates + i), 16);
        const __m256i p = _mm256_xor_si256(_mm256_srli_epi32(counter, 10), end);
        const __m256i upper = _mm256_mullo_epi32(_mm256_srli_epi32(p, 16), rate);
        const __m256i lower = _mm256_srli_epi32(_mm256_mullo_epi32(_mm256_and_si256(p, low), rate), 16);
        const __m256i next = _mm256_xor_si256(_mm256_sub_epi32(p, _mm256_add_epi32(upper, lower)), end);
        const __m256i more = _mm256_add_epi32(_mm256_and_si256(counter, times), one);
        const __m256i asked = _mm256_min_epi32(more, lanes_load(limits + i));
        lanes_store(counters + i, _mm256_or_si256(_mm256_slli_epi32(next, 10), asked));
    }
}
