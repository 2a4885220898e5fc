/* The vector operations of colors/pixel_kernels_tpl.h in AVX-512, in addition to simd/vec_avx512.h: 16 pixels at
 * once. */

#define PIXELS_LOADED_BEYOND 0
#define PIXELS_STORED_BEYOND 0

KMC_TARGET static inline vec vec_and(vec a, vec b)
{
    return _mm512_and_si512(a, b);
}

KMC_TARGET static inline vec vec_or(vec a, vec b)
{
    return _mm512_or_si512(a, b);
}

KMC_TARGET static inline vec vec_shift_left(vec a, int bits)
{
    return _mm512_sll_epi32(a, _mm_cvtsi32_si128(bits));
}

KMC_TARGET static inline vec vec_shift_right(vec a, int bits)
{
    return _mm512_srl_epi32(a, _mm_cvtsi32_si128(bits));
}

KMC_TARGET static inline vec vec_table(const uint8_t *bytes)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

KMC_TARGET static inline vec vec_lookup(vec table, vec a)
{
    return _mm512_shuffle_epi8(table, a);
}

KMC_TARGET static inline vec vec_weigh_bytes(vec low, vec high, vec weights)
{
    const vec one = _mm512_set1_epi16(1);
    const vec lows = _mm512_madd_epi16(_mm512_maddubs_epi16(low, weights), one);
    const vec highs = _mm512_madd_epi16(_mm512_maddubs_epi16(high, weights), one);
    return _mm512_add_epi32(lows, _mm512_slli_epi32(highs, 8));
}

/* Three words hold four pixels: the words are distributed to the 128-bit quarters, then the bytes to their lanes. */
KMC_TARGET static inline vec vec_pixels(const uint8_t *from, int channels)
{
    if (channels == 4) return _mm512_loadu_si512((const void *)from);
    const vec words = _mm512_setr_epi32(0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
    const vec shuffle = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
    const vec pixels = _mm512_maskz_loadu_epi32(0x0FFF, (const void *)from);
    return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(words, pixels), shuffle);
}

KMC_TARGET static inline void vec_store_pixels(uint8_t *to, vec a, int channels)
{
    if (channels == 4) {
        _mm512_storeu_si512((void *)to, a);
        return;
    }
    const vec shuffle = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
    const vec words = _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 3, 3, 3);
    const vec packed = _mm512_permutexvar_epi32(words, _mm512_shuffle_epi8(a, shuffle));
    _mm512_mask_storeu_epi32((void *)to, 0x0FFF, packed);
}

KMC_TARGET static inline uint64_t nonzero_bytes(const uint8_t *bytes)
{
    const vec all = _mm512_loadu_si512((const void *)bytes);
    return _mm512_test_epi8_mask(all, all);
}
