/* One place of four int16 coordinates: the operations of kernels_dither_tpl.h in the lower half of a vector of SSE. */
#include <immintrin.h>

typedef __m128i quad;
typedef __m128i quad_sums;

KMC_TARGET static inline quad quad_load(const int16_t *from)
{
    return _mm_loadl_epi64((const __m128i *)(const void *)from);
}

KMC_TARGET static inline void quad_store(int16_t *to, quad a)
{
    _mm_storel_epi64((__m128i *)(void *)to, a);
}

KMC_TARGET static inline quad quad_set(int16_t all)
{
    return _mm_set1_epi16(all);
}

KMC_TARGET static inline quad quad_sub(quad a, quad b)
{
    return _mm_sub_epi16(a, b);
}

KMC_TARGET static inline quad quad_add(quad a, quad b)
{
    return _mm_add_epi16(a, b);
}

KMC_TARGET static inline quad quad_min(quad a, quad b)
{
    return _mm_min_epi16(a, b);
}

KMC_TARGET static inline quad quad_max(quad a, quad b)
{
    return _mm_max_epi16(a, b);
}

KMC_TARGET static inline quad quad_first_three(quad a)
{
    return _mm_insert_epi16(a, 0, 3);
}

KMC_TARGET static inline quad_sums quad_weigh(quad a, int weight_a, quad b, int weight_b)
{
    return _mm_madd_epi16(_mm_unpacklo_epi16(a, b), _mm_set1_epi32((int)((uint32_t)weight_b << 16 | (uint32_t)weight_a)));
}

KMC_TARGET static inline quad_sums quad_sums_add(quad_sums a, quad_sums b)
{
    return _mm_add_epi32(a, b);
}

KMC_TARGET static inline quad quad_sums_sixteenth(quad_sums a)
{
    const __m128i whole = _mm_srai_epi32(_mm_add_epi32(a, _mm_set1_epi32(8)), 4);
    return _mm_packs_epi32(whole, whole);
}

KMC_TARGET static inline quad quad_share(quad a, int share)
{
    return _mm_mulhrs_epi16(a, _mm_set1_epi16((short)(share << 7)));
}

KMC_TARGET static inline uint32_t quad_number(quad a, int shift, const int16_t *weights)
{
    const __m128i cell = _mm_srl_epi16(a, _mm_cvtsi32_si128(shift));
    const uint64_t pairs = (uint64_t)_mm_cvtsi128_si64(_mm_madd_epi16(cell, quad_load(weights)));
    return (uint32_t)pairs + (uint32_t)(pairs >> 32);
}

KMC_TARGET static inline uint32_t quad_nearest(quad a, const int16_t (*places)[4])
{
    const __m128i both = _mm_unpacklo_epi64(a, a);
    const __m128i first = _mm_sub_epi16(both, _mm_loadu_si128((const __m128i *)(const void *)places[0]));
    const __m128i last = _mm_sub_epi16(both, _mm_loadu_si128((const __m128i *)(const void *)places[2]));
    const __m128i distances = _mm_hadd_epi32(_mm_madd_epi16(first, first), _mm_madd_epi16(last, last));
    const __m128i keys = _mm_or_si128(_mm_slli_epi32(distances, 2), _mm_setr_epi32(0, 1, 2, 3));
    const __m128i two = _mm_min_epu32(keys, _mm_shuffle_epi32(keys, 0x4E));
    return (uint32_t)_mm_cvtsi128_si32(_mm_min_epu32(two, _mm_shuffle_epi32(two, 0xB1)));
}
