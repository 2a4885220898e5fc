/* The vector operations of simd/vec_c.h in NEON, four points at once. */
#include <arm_neon.h>

#define VEC_LANES 4

typedef int32x4_t vec;

static inline vec vec_load(const int32_t *from)
{
    return vld1q_s32(from);
}

static inline void vec_store(int32_t *to, vec a)
{
    vst1q_s32(to, a);
}

static inline vec vec_set(int32_t a)
{
    return vdupq_n_s32(a);
}

static inline vec vec_sub16(vec a, vec b)
{
    return vreinterpretq_s32_s16(vsubq_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)));
}

static inline vec vec_min16(vec a, vec b)
{
    return vreinterpretq_s32_s16(vminq_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)));
}

static inline vec vec_max16(vec a, vec b)
{
    return vreinterpretq_s32_s16(vmaxq_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)));
}

static inline vec vec_dot_pairs(vec a, vec b)
{
    const int16x8_t x = vreinterpretq_s16_s32(a), y = vreinterpretq_s16_s32(b);
    return vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
}

static inline vec vec_add(vec a, vec b)
{
    return vaddq_s32(a, b);
}

static inline vec vec_min(vec a, vec b)
{
    return vminq_s32(a, b);
}

static inline vec vec_select_less(vec a, vec b, vec if_less, vec otherwise)
{
    return vbslq_s32(vcltq_s32(a, b), if_less, otherwise);
}

static inline unsigned vec_bits_greater(vec a, vec b)
{
    const uint32_t bit_values[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vcgtq_s32(a, b), vld1q_u32(bit_values)));
}

/* Sums of weights times coordinates, in 64 bits. */
#define WIDE_LANES 2

typedef uint64x2_t wide;

static inline wide wide_zero(void)
{
    return vdupq_n_u64(0);
}

static inline wide wide_load(const int64_t *from)
{
    return vreinterpretq_u64_s64(vld1q_s64(from));
}

static inline wide wide_load_words(const int32_t *from)
{
    return vmovl_u32(vreinterpret_u32_s32(vld1_s32(from)));
}

static inline void wide_store(int64_t *to, wide a)
{
    vst1q_s64(to, vreinterpretq_s64_u64(a));
}

static inline wide wide_add(wide a, wide b)
{
    return vaddq_u64(a, b);
}

static inline wide wide_low16(wide a)
{
    return vandq_u64(a, vdupq_n_u64(0xFFFF));
}

static inline wide wide_high16(wide a)
{
    return vshrq_n_u64(a, 16);
}

static inline wide wide_multiply(wide a, wide b)
{
    return vmull_u32(vmovn_u64(a), vmovn_u64(b));
}

static inline wide wide_where(wide a, int32_t value, wide then)
{
    return vandq_u64(vceqq_u64(a, vdupq_n_u64((uint64_t)(uint32_t)value)), then);
}
