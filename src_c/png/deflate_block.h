/* Blocks of the deflate format (RFC 1951): their symbols, what these cost, and the bits that hold them. */
#ifndef KMC_PNG_DEFLATE_BLOCK_H
#define KMC_PNG_DEFLATE_BLOCK_H

#include "png/matches.h"

enum {
    KMC_LITERALS = 286,     /* bytes, the end of the block, 29 slots of lengths */
    KMC_BLOCK_END = 256,
    KMC_DISTANCES = 30,     /* slots of distances */
    KMC_COST_ONE_BIT = 64   /* the unit of costs is a 64th of a bit */
};

/* How often each symbol occurs, and the bits that follow them. */
typedef struct kmc_symbol_counts {
    uint32_t literals[KMC_LITERALS], distances[KMC_DISTANCES];
    uint32_t extra_bits;
} kmc_symbol_counts;

/* What each literal, length and slot of distances costs, the bits that follow included. */
typedef struct kmc_symbol_costs {
    uint32_t literals[256], lengths[KMC_MATCH_MOST + 1], distances[KMC_DISTANCES];
} kmc_symbol_costs;

/* Bits, the first one lowest, into memory that is large enough. */
typedef struct kmc_bit_writer {
    uint8_t *out;
    size_t size;
    uint64_t held;
    int n_held;
} kmc_bit_writer;

void kmc_write_bits(kmc_bit_writer *writer, uint32_t bits, int n);

/* Fills up the byte begun. */
void kmc_write_rest(kmc_bit_writer *writer);

/* The highest set bit of a number that has one. */
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

/* Slots go up in powers of two, four of lengths and two of distances to each, and the
 * lowest bits follow as they are. */
static inline int kmc_length_extra(int length)
{
    return length - 3 < 8 || length == KMC_MATCH_MOST ? 0 : kmc_highest_bit((uint32_t)length - 3) - 2;
}

static inline int kmc_length_slot(int length)
{
    const int extra = kmc_length_extra(length);
    return length == KMC_MATCH_MOST ? 28 : extra * 4 + ((length - 3) >> extra);
}

static inline int kmc_distance_extra(int distance)
{
    return distance - 1 < 4 ? 0 : kmc_highest_bit((uint32_t)distance - 1) - 1;
}

static inline int kmc_distance_slot(int distance)
{
    const int extra = kmc_distance_extra(distance);
    return extra * 2 + ((distance - 1) >> extra);
}

/* The symbols of steps[0 .. n), a step at each position that the one before leads to, added to `counts`. */
void kmc_count_steps(kmc_symbol_counts *counts, const uint8_t *data, const kmc_match *steps, size_t n);

/* The logarithm to base 2 in 64ths, rounded down; number > 0. */
uint32_t kmc_log2(uint32_t number);

/* What the symbols cost: by their entropy, which changes gently from one path to the next, or by the code that is best
 * for them, where that is wanted or differs much. */
void kmc_find_costs(const kmc_symbol_counts *counts, int by_code, kmc_symbol_costs *costs);

/* About what a block of these symbols takes, its header included. */
uint64_t kmc_block_cost(const kmc_symbol_counts *counts);

/* What they cost by the fixed codes of the format. */
void kmc_fixed_costs(kmc_symbol_costs *costs);

/* The bits that a block of these symbols takes by codes of its own or the fixed ones, whichever takes less. */
uint64_t kmc_block_size(const kmc_symbol_counts *counts);

/* Writes a block in the shortest of the three ways there are. */
void kmc_write_block(kmc_bit_writer *writer, const uint8_t *data, const kmc_match *steps, size_t n, int last);

#endif
