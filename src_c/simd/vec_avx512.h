/* The vector operations of simd/vec_c.h in AVX-512, sixteen points at once. */
#include <immintrin.h>

#define VEC_LANES 16

typedef __m512i vec;

KMC_TARGET static inline vec vec_load(const int32_t *from)
{
    return _mm512_loadu_si512((const void *)from);
}

KMC_TARGET static inline void vec_store(int32_t *to, vec a)
{
    _mm512_storeu_si512((void *)to, a);
}

KMC_TARGET static inline vec vec_set(int32_t a)
{
    return _mm512_set1_epi32(a);
}

KMC_TARGET static inline vec vec_sub16(vec a, vec b)
{
    return _mm512_sub_epi16(a, b);
}

KMC_TARGET static inline vec vec_min16(vec a, vec b)
{
    return _mm512_min_epi16(a, b);
}

KMC_TARGET static inline vec vec_max16(vec a, vec b)
{
    return _mm512_max_epi16(a, b);
}

KMC_TARGET static inline vec vec_dot_pairs(vec a, vec b)
{
    return _mm512_madd_epi16(a, b);
}

KMC_TARGET static inline vec vec_add(vec a, vec b)
{
    return _mm512_add_epi32(a, b);
}

KMC_TARGET static inline vec vec_min(vec a, vec b)
{
    return _mm512_min_epi32(a, b);
}

KMC_TARGET static inline vec vec_select_less(vec a, vec b, vec if_less, vec otherwise)
{
    return _mm512_mask_blend_epi32(_mm512_cmplt_epi32_mask(a, b), otherwise, if_less);
}

KMC_TARGET static inline unsigned vec_bits_greater(vec a, vec b)
{
    return (unsigned)_mm512_cmpgt_epi32_mask(a, b);
}

/* Sums of weights times coordinates, in 64 bits. */
#define WIDE_LANES 8

typedef __m512i wide;

KMC_TARGET static inline wide wide_zero(void)
{
    return _mm512_setzero_si512();
}

KMC_TARGET static inline wide wide_load(const int64_t *from)
{
    return _mm512_loadu_si512((const void *)from);
}

KMC_TARGET static inline wide wide_load_words(const int32_t *from)
{
    return _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)from));
}

KMC_TARGET static inline void wide_store(int64_t *to, wide a)
{
    _mm512_storeu_si512((void *)to, a);
}

KMC_TARGET static inline wide wide_add(wide a, wide b)
{
    return _mm512_add_epi64(a, b);
}

KMC_TARGET static inline wide wide_low16(wide a)
{
    return _mm512_and_si512(a, _mm512_set1_epi64(0xFFFF));
}

KMC_TARGET static inline wide wide_high16(wide a)
{
    return _mm512_srli_epi64(a, 16);
}

KMC_TARGET static inline wide wide_multiply(wide a, wide b)
{
    return _mm512_mul_epu32(a, b);
}

KMC_TARGET static inline wide wide_where(wide a, int32_t value, wide then)
{
    return _mm512_maskz_mov_epi64(_mm512_cmpeq_epi64_mask(a, _mm512_set1_epi64(value)), then);
}
