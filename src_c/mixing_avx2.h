/* What a decision does with all its inputs and counters at once, eight at a time, in AVX2: mixing_c.h says what. */
#include "mixer.h"

#include <immintrin.h>

KMC_TARGET static inline __m256i mixing_load(const void *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

KMC_TARGET static inline void mixing_store(void *to, __m256i a)
{
    _mm256_storeu_si256((__m256i *)to, a);
}

KMC_TARGET static inline void mixing_weigh(const int32_t *stretched, const uint32_t *rates, int n, int32_t *all)
{
    for (int i = 0; i < n; i += 8) {
        const __m256i trust = _mm256_and_si256(mixing_load(rates + i), _mm256_set1_epi32(65535));
        mixing_store(all + i, _mm256_srai_epi32(_mm256_mullo_epi32(mixing_load(stretched + i), trust), 8));
    }
}

KMC_TARGET static inline __m256i mixing_product(const int32_t *all, const int32_t *weights)
{
    return _mm256_srai_epi32(_mm256_mullo_epi32(mixing_load(all), mixing_load(weights)), 4);
}

KMC_TARGET static inline void mixing_sum(const int32_t *all, int32_t *const weights[KMC_MIXERS], int n,
                                         int32_t sums[KMC_MIXERS])
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i sum[4] = {zero, zero, zero, zero};
    for (int i = 0; i < n; i += 8)
        for (int s = 0; s < KMC_MIXERS; s++) sum[s] = _mm256_add_epi32(sum[s], mixing_product(all + i, weights[s] + i));
    const __m256i four = _mm256_hadd_epi32(_mm256_hadd_epi32(sum[0], sum[1]), _mm256_hadd_epi32(sum[2], sum[3]));
    const __m128i whole = _mm_add_epi32(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    int32_t lanes[4];
    _mm_storeu_si128((__m128i *)(void *)lanes, whole);
    for (int s = 0; s < KMC_MIXERS; s++) sums[s] = lanes[s];
}

KMC_TARGET static inline void mixing_learn(const int32_t *all, int32_t *const weights[KMC_MIXERS], int n,
                                           const int32_t errors[KMC_MIXERS])
{
    const __m256i half = _mm256_set1_epi32(1 << 13), most = _mm256_set1_epi32(KMC_WEIGHT_MAX);
    const __m256i least = _mm256_set1_epi32(-KMC_WEIGHT_MAX);
    for (int s = 0; s < KMC_MIXERS; s++) {
        const __m256i error = _mm256_set1_epi32(errors[s]);
        for (int i = 0; i < n; i += 8) {
            const __m256i product = _mm256_add_epi32(_mm256_mullo_epi32(mixing_load(all + i), error), half);
            const __m256i sum = _mm256_add_epi32(mixing_load(weights[s] + i), _mm256_srai_epi32(product, 14));
            mixing_store(weights[s] + i, _mm256_max_epi32(_mm256_min_epi32(sum, most), least));
        }
    }
}

KMC_TARGET static inline void mixing_count(uint32_t *counters, const uint32_t *rates, const uint32_t *limits, int n,
                                           int bit)
{
    const __m256i low = _mm256_set1_epi32(65535), times = _mm256_set1_epi32(1023), one = _mm256_set1_epi32(1);
    const __m256i end = _mm256_set1_epi32(-bit & 4194303);
    for (int i = 0; i < n; i += 8) {
        const __m256i counter = mixing_load(counters + i), rate = _mm256_srli_epi32(mixing_load(rates + i), 16);
        const __m256i p = _mm256_xor_si256(_mm256_srli_epi32(counter, 10), end);
        const __m256i upper = _mm256_mullo_epi32(_mm256_srli_epi32(p, 16), rate);
        const __m256i lower = _mm256_srli_epi32(_mm256_mullo_epi32(_mm256_and_si256(p, low), rate), 16);
        const __m256i next = _mm256_xor_si256(_mm256_sub_epi32(p, _mm256_add_epi32(upper, lower)), end);
        const __m256i more = _mm256_add_epi32(_mm256_and_si256(counter, times), one);
        const __m256i asked = _mm256_min_epi32(more, mixing_load(limits + i));
        mixing_store(counters + i, _mm256_or_si256(_mm256_slli_epi32(next, 10), asked));
    }
}
