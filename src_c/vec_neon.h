/* Four points at once: the vector operations of kernels_points_tpl.h in NEON. */
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

static inline vec vec_max16(vec a, vec b)
{
    return vreinterpretq_s32_s16(vmaxq_s16(vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)));
}

static inline vec vec_square_pairs(vec a)
{
    const int16x8_t v = vreinterpretq_s16_s32(a);
    return vpaddq_s32(vmull_s16(vget_low_s16(v), vget_low_s16(v)), vmull_high_s16(v, v));
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
