/* The vector operations of simd/vec_c.h in AVX2, eight points at once. */
#include <immintrin.h>

#define VEC_LANES 8

typedef __m256i vec;

KMC_TARGET static inline vec vec_load(const int32_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

KMC_TARGET static inline void vec_store(int32_t *to, vec a)
{
    _mm256_storeu_si256((__m256i *)(void *)to, a);
}

KMC_TARGET static inline vec vec_set(int32_t a)
{
    return _mm256_set1_epi32(a);
}

KMC_TARGET static inline vec vec_sub16(vec a, vec b)
{
    return _mm256_sub_epi16(a, b);
}

KMC_TARGET static inline vec vec_min16(vec a, vec b)
{
    return _mm256_min_epi16(a, b);
}

KMC_TARGET static inline vec vec_max16(vec a, vec b)
{
    return _mm256_max_epi16(a, b);
}

KMC_TARGET static inline vec vec_dot_pairs(vec a, vec b)
{
    return _mm256_madd_epi16(a, b);
}

KMC_TARGET static inline vec vec_add(vec a, vec b)
{
    return _mm256_add_epi32(a, b);
}

KMC_TARGET static inline vec vec_min(vec a, vec b)
{
    return _mm256_min_epi32(a, b);
}

KMC_TARGET static inline vec vec_select_less(vec a, vec b, vec if_less, vec otherwise)
{
    return _mm256_blendv_epi8(otherwise, if_less, _mm256_cmpgt_epi32(b, a));
}

KMC_TARGET static inline unsigned vec_bits_greater(vec a, vec b)
{
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b)));
}

/* Sums of weights times coordinates, in 64 bits. */
#define WIDE_LANES 4

typedef __m256i wide;

KMC_TARGET static inline wide wide_zero(void)
{
    return _mm256_setzero_si256();
}

KMC_TARGET static inline wide wide_load(const int64_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

KMC_TARGET static inline wide wide_load_words(const int32_t *from)
{
    return _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)from));
}

KMC_TARGET static inline void wide_store(int64_t *to, wide a)
{
    _mm256_storeu_si256((__m256i *)(void *)to, a);
}

KMC_TARGET static inline wide wide_add(wide a, wide b)
{
    return _mm256_add_epi64(a, b);
}

KMC_TARGET static inline wide wide_low16(wide a)
{
    return _mm256_and_si256(a, _mm256_set1_epi64x(0xFFFF));
}

KMC_TARGET static inline wide wide_high16(wide a)
{
    return _mm256_srli_epi64(a, 16);
}

KMC_TARGET static inline wide wide_multiply(wide a, wide b)
{
    return _mm256_mul_epu32(a, b);
}

KMC_TARGET static inline wide wide_where(wide a, int32_t value, wide then)
{
    return _mm256_and_si256(_mm256_cmpeq_epi64(a, _mm256_set1_epi64x(value)), then);
}
