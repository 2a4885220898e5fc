/* Sixteen points at once: the vector operations of kernels_points_tpl.h in AVX-512. */
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

KMC_TARGET static inline vec vec_max16(vec a, vec b)
{
    return _mm512_max_epi16(a, b);
}

KMC_TARGET static inline vec vec_square_pairs(vec a)
{
    return _mm512_madd_epi16(a, a);
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
