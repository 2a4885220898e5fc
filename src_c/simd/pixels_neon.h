/* The vector operations of colors/pixel_kernels_tpl.h in NEON, in addition to simd/vec_neon.h: four pixels at once. */

/* Loads and stores are 16 bytes, but four three-channel pixels have only 12. */
#define PIXELS_LOADED_BEYOND 2
#define PIXELS_STORED_BEYOND 2

static inline vec vec_and(vec a, vec b)
{
    return vandq_s32(a, b);
}

static inline vec vec_or(vec a, vec b)
{
    return vorrq_s32(a, b);
}

static inline vec vec_shift_left(vec a, int bits)
{
    return vshlq_s32(a, vdupq_n_s32(bits));
}

static inline vec vec_shift_right(vec a, int bits)
{
    return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-bits)));
}

static inline vec vec_table(const uint8_t *bytes)
{
    return vreinterpretq_s32_u8(vld1q_u8(bytes));
}

static inline vec vec_lookup(vec table, vec a)
{
    return vreinterpretq_s32_u8(vqtbl1q_u8(vreinterpretq_u8_s32(table), vreinterpretq_u8_s32(a)));
}

static inline vec vec_weigh_bytes(vec low, vec high, vec weights)
{
    const uint8x16_t w = vreinterpretq_u8_s32(weights);
    const uint8x16_t l = vreinterpretq_u8_s32(low), h = vreinterpretq_u8_s32(high);
    const uint16x8_t lows = vpaddq_u16(vmull_u8(vget_low_u8(l), vget_low_u8(w)), vmull_high_u8(l, w));
    const uint16x8_t highs = vpaddq_u16(vmull_u8(vget_low_u8(h), vget_low_u8(w)), vmull_high_u8(h, w));
    return vreinterpretq_s32_u32(vpaddlq_u16(vaddq_u16(lows, vshlq_n_u16(highs, 8))));
}

static inline vec vec_pixels(const uint8_t *from, int channels)
{
    static const uint8_t shuffle[16] = {0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255};
    const uint8x16_t bytes = vld1q_u8(from);
    return vreinterpretq_s32_u8(channels == 4 ? bytes : vqtbl1q_u8(bytes, vld1q_u8(shuffle)));
}

static inline void vec_store_pixels(uint8_t *to, vec a, int channels)
{
    static const uint8_t shuffle[16] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255};
    const uint8x16_t bytes = vreinterpretq_u8_s32(a);
    vst1q_u8(to, channels == 4 ? bytes : vqtbl1q_u8(bytes, vld1q_u8(shuffle)));
}

static inline uint64_t nonzero_bytes(const uint8_t *bytes)
{
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t bit = vld1q_u8(bits);
    uint8x16_t set[4];
    for (int i = 0; i < 4; i++) {
        const uint8x16_t b = vld1q_u8(bytes + 16 * i);
        set[i] = vandq_u8(vtstq_u8(b, b), bit);
    }
    const uint8x16_t eighths = vpaddq_u8(vpaddq_u8(set[0], set[1]), vpaddq_u8(set[2], set[3]));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(eighths, eighths)), 0);
}
