/* The vector operations of simd/quads_c.h in AVX2. */
#include <immintrin.h>

typedef __m256i quads;
typedef __m256i quads_cells;   /* 64 bits each */
typedef __m256i quads_squares; /* eight sums in 32 bits */
typedef __m256i quads_sums;    /* four in 64 */
typedef __m256i folded;

KMC_TARGET static inline quads quads_load(const int16_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

KMC_TARGET static inline void quads_store(int16_t *to, quads a)
{
    _mm256_storeu_si256((__m256i *)(void *)to, a);
}

KMC_TARGET static inline quads quads_levels(const uint8_t *from)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
    return _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm_and_si128(bytes, _mm_set1_epi32(0xFFFFFF))), 6);
}

KMC_TARGET static inline quads quads_set(int16_t all)
{
    return _mm256_set1_epi16(all);
}

KMC_TARGET static inline quads quads_repeat(const int16_t *one)
{
    return _mm256_broadcastq_epi64(_mm_loadl_epi64((const __m128i *)(const void *)one));
}

KMC_TARGET static inline quads quads_gather(const int16_t *a, const int16_t *b, const int16_t *c, const int16_t *d)
{
    const __m128i ab = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(const void *)a),
                                          _mm_loadl_epi64((const __m128i *)(const void *)b));
    const __m128i cd = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(const void *)c),
                                          _mm_loadl_epi64((const __m128i *)(const void *)d));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(ab), cd, 1);
}

KMC_TARGET static inline quads quads_add(quads a, quads b)
{
    return _mm256_add_epi16(a, b);
}

KMC_TARGET static inline quads quads_sub(quads a, quads b)
{
    return _mm256_sub_epi16(a, b);
}

KMC_TARGET static inline quads quads_min(quads a, quads b)
{
    return _mm256_min_epi16(a, b);
}

KMC_TARGET static inline quads quads_max(quads a, quads b)
{
    return _mm256_max_epi16(a, b);
}

KMC_TARGET static inline quads quads_share(quads a, int16_t share)
{
    return _mm256_mulhrs_epi16(a, _mm256_set1_epi16(share));
}

KMC_TARGET static inline quads quads_share_each(quads a, quads b)
{
    return _mm256_mulhrs_epi16(a, b);
}

KMC_TARGET static inline quads quads_spread(const int16_t *four)
{
    const __m256i places = _mm256_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3, /* in either half */
                                            4, 5, 4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7, 6, 7);
    return _mm256_shuffle_epi8(quads_repeat(four), places);
}

KMC_TARGET static inline quads quads_fourth_is(quads a, int16_t value)
{
    const __m256i same = _mm256_cmpeq_epi16(a, _mm256_set1_epi16(value));
    return _mm256_shufflehi_epi16(_mm256_shufflelo_epi16(same, 0xFF), 0xFF);
}

KMC_TARGET static inline quads quads_and(quads a, quads b)
{
    return _mm256_and_si256(a, b);
}

KMC_TARGET static inline quads quads_and_not(quads a, quads b)
{
    return _mm256_andnot_si256(a, b);
}

KMC_TARGET static inline quads_cells quads_number(quads a, int shift, quads weights)
{
    const __m256i pairs = _mm256_madd_epi16(_mm256_srl_epi16(a, _mm_cvtsi32_si128(shift)), weights);
    return _mm256_add_epi32(pairs, _mm256_srli_epi64(pairs, 32));
}

KMC_TARGET static inline quads_cells quads_cells_select(quads mask, quads_cells if_set, quads_cells otherwise)
{
    return _mm256_blendv_epi8(otherwise, if_set, mask);
}

KMC_TARGET static inline quads_cells quads_cells_add(quads_cells n, uint32_t all)
{
    return _mm256_add_epi32(n, _mm256_set1_epi32((int)all));
}

KMC_TARGET static inline quads_cells quads_cells_set(uint32_t all)
{
    return _mm256_set1_epi32((int)all);
}

/* i must be a constant. */
KMC_TARGET static inline uint32_t quads_cell(quads_cells n, int i)
{
    const __m128i half = i < 2 ? _mm256_castsi256_si128(n) : _mm256_extracti128_si256(n, 1);
    return (uint32_t)(i % 2 == 0 ? _mm_cvtsi128_si32(half) : _mm_extract_epi32(half, 2));
}

KMC_TARGET static inline quads_squares quads_no_squares(void)
{
    return _mm256_setzero_si256();
}

KMC_TARGET static inline quads_squares quads_add_squares(quads_squares sum, quads a)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, a));
}

KMC_TARGET static inline quads_sums quads_no_sums(void)
{
    return _mm256_setzero_si256();
}

KMC_TARGET static inline quads_sums quads_add_sums(quads_sums sums, quads_squares more)
{
    const __m256i low = _mm256_and_si256(more, _mm256_set1_epi64x(0xFFFFFFFF));
    return _mm256_add_epi64(sums, _mm256_add_epi64(low, _mm256_srli_epi64(more, 32)));
}

KMC_TARGET static inline uint64_t quads_total(quads_sums sums)
{
    uint64_t of[4];
    _mm256_storeu_si256((__m256i *)(void *)of, sums);
    return of[0] + of[1] + of[2] + of[3];
}

KMC_TARGET static inline folded folded_load(const uint16_t *from)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

KMC_TARGET static inline void folded_store(uint16_t *to, folded a)
{
    _mm256_storeu_si256((__m256i *)(void *)to, a);
}

KMC_TARGET static inline quads quads_distance(quads a, quads b)
{
    return _mm256_abs_epi16(_mm256_sub_epi16(a, b));
}

KMC_TARGET static inline folded quads_fold(const quads *a, uint16_t max)
{
    const __m256i one = _mm256_set1_epi16(1);
    const __m256i low = _mm256_hadd_epi32(_mm256_madd_epi16(a[0], one), _mm256_madd_epi16(a[1], one));
    const __m256i high = _mm256_hadd_epi32(_mm256_madd_epi16(a[2], one), _mm256_madd_epi16(a[3], one));
    return _mm256_min_epu16(_mm256_packus_epi32(low, high), _mm256_set1_epi16((short)max));
}

KMC_TARGET static inline folded folded_add(folded a, folded b)
{
    return _mm256_add_epi16(a, b);
}

KMC_TARGET static inline folded folded_share(folded a, uint16_t share)
{
    return _mm256_mulhi_epu16(a, _mm256_set1_epi16((short)share));
}

KMC_TARGET static inline int folded_any_zero(folded a)
{
    return _mm256_movemask_epi8(_mm256_cmpeq_epi16(a, _mm256_setzero_si256())) != 0;
}

KMC_TARGET static inline quads folded_spread(folded a, int i)
{
    const __m256i two = _mm256_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3, /* in either half */
                                         0, 1, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 2, 3);
    return _mm256_shuffle_epi8(a, _mm256_add_epi8(two, _mm256_set1_epi8((char)(4 * i))));
}
