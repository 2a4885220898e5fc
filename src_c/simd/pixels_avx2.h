/* The vector operations of colors/pixel_kernels_tpl.h in AVX2, in addition to simd/vec_avx2.h: eight pixels at once. */

/* The number of pixels by which loads and stores of three-channel pixels exceed the vector. */
#define PIXELS_LOADED_BEYOND 0
#define PIXELS_STORED_BEYOND 2

KMC_TARGET static inline vec vec_and(vec a, vec b)
{
    return _mm256_and_si256(a, b);
}

KMC_TARGET static inline vec vec_or(vec a, vec b)
{
    return _mm256_or_si256(a, b);
}

KMC_TARGET static inline vec vec_shift_left(vec a, int bits)
{
    return _mm256_slli_epi32(a, bits);
}

KMC_TARGET static inline vec vec_shift_right(vec a, int bits)
{
    return _mm256_srli_epi32(a, bits);
}

/* Sixteen bytes, for vec_lookup. */
KMC_TARGET static inline vec vec_table(const uint8_t *bytes)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

/* Looks up every byte of a, below 16, in the table. */
KMC_TARGET static inline vec vec_lookup(vec table, vec a)
{
    return _mm256_shuffle_epi8(table, a);
}

/* In every lane, the sum over its bytes of (low + 256 * high) * weight; the sums for low and for high must fit 15
 * bits. */
KMC_TARGET static inline vec vec_weigh_bytes(vec low, vec high, vec weights)
{
    const vec one = _mm256_set1_epi16(1);
    const vec lows = _mm256_madd_epi16(_mm256_maddubs_epi16(low, weights), one);
    const vec highs = _mm256_madd_epi16(_mm256_maddubs_epi16(high, weights), one);
    return _mm256_add_epi32(lows, _mm256_slli_epi32(highs, 8));
}

/* Loads pixels, one in every lane, with the first channel in the lowest byte. */
KMC_TARGET static inline vec vec_pixels(const uint8_t *from, int channels)
{
    if (channels == 4) return _mm256_loadu_si256((const __m256i *)(const void *)from);
    const __m128i first = _mm_loadu_si128((const __m128i *)(const void *)from);
    const __m128i last = _mm_loadu_si128((const __m128i *)(const void *)(from + 8));
    const vec shuffle = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, /* from `first` */
                                        4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
    return _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(first), last, 1), shuffle);
}

KMC_TARGET static inline void vec_store_pixels(uint8_t *to, vec a, int channels)
{
    if (channels == 4) {
        _mm256_storeu_si256((__m256i *)(void *)to, a);
        return;
    }
    const vec shuffle = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, /* twice */
                                        0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    const vec packed = _mm256_shuffle_epi8(a, shuffle);
    _mm_storeu_si128((__m128i *)(void *)to, _mm256_castsi256_si128(packed));
    _mm_storeu_si128((__m128i *)(void *)(to + 12), _mm256_extracti128_si256(packed, 1));
}

/* Bit i is set if byte i of 64 is not 0. */
KMC_TARGET static inline uint64_t nonzero_bytes(const uint8_t *bytes)
{
    const vec zero = _mm256_setzero_si256();
    const vec first = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)bytes), zero);
    const vec last = _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32)), zero);
    return ~((uint64_t)(uint32_t)_mm256_movemask_epi8(last) << 32 | (uint32_t)_mm256_movemask_epi8(first));
}
