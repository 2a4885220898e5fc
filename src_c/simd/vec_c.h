/* The vector operations of the kernels of k-means and of brute-force assignment in plain C, one point at a time. This
 * file defines what they do.
 *
 * A vec has VEC_LANES lanes of 32 bits, each with a pair of int16 coordinates (kmc_pack) or one int32. A wide has
 * WIDE_LANES lanes of 64 bits, for sums of weights times coordinates. */

#include "kmeans/points.h"

#define VEC_LANES 1

typedef int32_t vec;

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

/* Functions ending in 16 work on each coordinate of a pair. */
static inline vec vec_sub16(vec a, vec b)
{
    return kmc_pack(kmc_low(a) - kmc_low(b), kmc_high(a) - kmc_high(b));
}

static inline vec vec_min16(vec a, vec b)
{
    return kmc_pair_min(a, b);
}

static inline vec vec_max16(vec a, vec b)
{
    return kmc_pair_max(a, b);
}

/* The sum of the products of the two coordinates. */
static inline vec vec_dot_pairs(vec a, vec b)
{
    return kmc_low(a) * kmc_low(b) + kmc_high(a) * kmc_high(b);
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

/* Bit i is set if lane i of a is greater than that of b. */
static inline unsigned vec_bits_greater(vec a, vec b)
{
    return a > b;
}

#define WIDE_LANES 1

typedef uint64_t wide;

static inline wide wide_zero(void)
{
    return 0;
}

static inline wide wide_load(const int64_t *from)
{
    return (wide)*from;
}

/* Loads unsigned 32-bit words. */
static inline wide wide_load_words(const int32_t *from)
{
    return (uint32_t)*from;
}

static inline void wide_store(int64_t *to, wide a)
{
    *to = (int64_t)a;
}

static inline wide wide_add(wide a, wide b)
{
    return a + b;
}

static inline wide wide_low16(wide a)
{
    return a & 0xFFFF;
}

static inline wide wide_high16(wide a)
{
    return a >> 16;
}

/* The product of the lower halves. */
static inline wide wide_multiply(wide a, wide b)
{
    return (uint64_t)(uint32_t)a * (uint32_t)b;
}

/* `then` in the lanes where a equals value, 0 in others. */
static inline wide wide_where(wide a, int32_t value, wide then)
{
    return a == (uint32_t)value ? then : 0;
}
