/* Bit counts, and integer logarithms. */
#ifndef KMC_BASE_BITS_H
#define KMC_BASE_BITS_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

/* The index of the lowest set bit; 63 for 0, without a branch. */
static inline unsigned kmc_lowest_bit64(uint64_t bits)
{
    const uint64_t top = (uint64_t)1 << 63;
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits | top);
#else
    unsigned long at;
    _BitScanForward64(&at, bits | top);
    return (unsigned)at;
#endif
}

/* The number of set bits. */
static inline unsigned kmc_count_bits(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_popcountll(bits);
#else
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (unsigned)(bits * 0x0101010101010101u >> 56);
#endif
}

/* The number of leading zeros of an 8-bit value; 8 for 0. */
static inline unsigned kmc_leading_zeros8(unsigned byte)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_clz(byte << 24 | 1u << 23);
#else
    unsigned zeros = 8;
    for (; byte != 0; byte >>= 1) zeros--;
    return zeros;
#endif
}

/* The index of the highest set bit; number > 0. */
static inline int kmc_highest_bit(uint32_t number)
{
#if defined(__GNUC__)
    return 31 - __builtin_clz(number);
#else
    int bit = 0;
    while (number >>= 1) bit++;
    return bit;
#endif
}

/* The logarithm to base 2, in 64ths, rounded down; number > 0. */
static inline uint32_t kmc_log2(uint32_t number)
{
    const int exponent = kmc_highest_bit(number);
    uint64_t mantissa = (uint64_t)number << (31 - exponent); /* in [1, 2), with 31 fractional bits */
    uint32_t result = (uint32_t)exponent;
    for (int bit = 0; bit < 6; bit++) {
        mantissa = mantissa * mantissa >> 31;
        const uint32_t passed = mantissa >> 32 != 0;
        mantissa >>= passed;
        result = result << 1 | passed;
    }
    return result;
}

#endif
