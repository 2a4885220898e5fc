/* One point at a time: the vector operations of kernels_points_tpl.h in plain C, and what they mean. */

#define VEC_LANES 1

typedef int32_t vec; /* two int16 coordinates (kmc_pack), or one int32 number */

static inline vec vec_load(const int32_t *from)
{
    return *from;
}

static inline void vec_store(int32_t *to, vec a)
{
    *to = a;
}

static inline vec vec_set(int32_t a)
{
    return a;
}

static inline vec vec_sub16(vec a, vec b)
{
    return kmc_pack(kmc_low(a) - kmc_low(b), kmc_high(a) - kmc_high(b));
}

static inline vec vec_max16(vec a, vec b)
{
    return kmc_pack(kmc_low(a) > kmc_low(b) ? kmc_low(a) : kmc_low(b),
                    kmc_high(a) > kmc_high(b) ? kmc_high(a) : kmc_high(b));
}

static inline vec vec_square_pairs(vec a)
{
    return kmc_low(a) * kmc_low(a) + kmc_high(a) * kmc_high(a);
}

static inline vec vec_add(vec a, vec b)
{
    return a + b;
}

static inline vec vec_min(vec a, vec b)
{
    return a < b ? a : b;
}

static inline vec vec_select_less(vec a, vec b, vec if_less, vec otherwise)
{
    return a < b ? if_less : otherwise;
}

static inline unsigned vec_bits_greater(vec a, vec b)
{
    return a > b;
}
