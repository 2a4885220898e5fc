/* A block is stored, or coded by the fixed codes of the format, or by codes of its own that precede it. */
#include "png/deflate_block.h"
#include "png/prefix_code.h"

#include <string.h>

enum {
    FIXED_LITERALS = 288,
    LENGTH_SYMBOLS = 19, /* of the code for code lengths */
    REPEAT = 16,         /* the length before, 3 to 6 times */
    ZEROS = 17,          /* 3 to 10 */
    MANY_ZEROS = 18,     /* 11 to 138 */
    UNUSED_BITS = 13, /* what symbols without a code are taken to cost */
    FIXED_DISTANCE_BITS = 5,
    STORED_MOST = 65535
};

typedef struct block_codes {
    uint8_t literal_bits[FIXED_LITERALS], distance_bits[KMC_DISTANCES];
    uint16_t literals[FIXED_LITERALS], distances[KMC_DISTANCES];
} block_codes;

/* The code lengths of a block as symbols of a third code. */
typedef struct block_header {
    int n_literals, n_distances, n_symbols, n_lengths;
    uint8_t symbols[KMC_LITERALS + KMC_DISTANCES], repeats[KMC_LITERALS + KMC_DISTANCES];
    uint8_t bits[LENGTH_SYMBOLS];
    uint16_t words[LENGTH_SYMBOLS];
    uint64_t size;
} block_header;

static const uint8_t length_order[LENGTH_SYMBOLS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

void kmc_write_bits(kmc_bit_writer *writer, uint32_t bits, int n)
{
    writer->held |= (uint64_t)bits << writer->n_held;
    for (writer->n_held += n; writer->n_held >= 8; writer->n_held -= 8) {
        writer->out[writer->size++] = (uint8_t)writer->held;
        writer->held >>= 8;
    }
}

void kmc_write_rest(kmc_bit_writer *writer)
{
    if (writer->n_held) kmc_write_bits(writer, 0, 8 - writer->n_held);
}

void kmc_count_steps(kmc_symbol_counts *counts, const uint8_t *data, const kmc_match *steps, size_t n)
{
    for (size_t i = 0; i < n; i += steps[i].length) {
        const int length = steps[i].length, distance = steps[i].distance;
        if (length == 1) {
            counts->literals[data[i]]++;
            continue;
        }
        counts->literals[KMC_BLOCK_END + 1 + kmc_length_slot(length)]++;
        counts->distances[kmc_distance_slot(distance)]++;
        counts->extra_bits += (uint32_t)(kmc_length_extra(length) + kmc_distance_extra(distance));
    }
}

static uint8_t fixed_literal_bits(int symbol)
{
    return symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
}

/* Squaring doubles a logarithm: each time it passes 2, the next bit is a one. */
uint32_t kmc_log2(uint32_t number)
{
    const int whole = kmc_highest_bit(number);
    uint64_t mantissa = (uint64_t)number << (31 - whole); /* 1 to 2, in 2^31 */
    uint32_t result = (uint32_t)whole;
    for (int bit = 0; bit < 6; bit++) {
        mantissa = mantissa * mantissa >> 31;
        const uint32_t passed = mantissa >> 32 != 0;
        mantissa >>= passed;
        result = result << 1 | passed;
    }
    return result;
}

/* Symbols that did not occur cost as much as if they had done so half a time. */
static uint32_t entropy_cost(uint32_t count, uint32_t log_total)
{
    const uint32_t cost = count ? log_total - kmc_log2(count) : log_total + KMC_COST_ONE_BIT;
    return cost < KMC_COST_ONE_BIT / 8 ? KMC_COST_ONE_BIT / 8 : cost;
}

static uint32_t sum(const uint32_t *counts, int n)
{
    uint32_t total = 0;
    for (int i = 0; i < n; i++) total += counts[i];
    return total;
}

/* From costs of symbols to those of lengths and distances with the bits that follow. */
static void fill_costs(kmc_symbol_costs *costs, const uint32_t *literals, const uint32_t *distances)
{
    memcpy(costs->literals, literals, sizeof costs->literals);
    for (int length = KMC_MATCH_LEAST; length <= KMC_MATCH_MOST; length++)
        costs->lengths[length] = literals[KMC_BLOCK_END + 1 + kmc_length_slot(length)]
                                 + (uint32_t)kmc_length_extra(length) * KMC_COST_ONE_BIT;
    for (int slot = 0; slot < KMC_DISTANCES; slot++)
        costs->distances[slot] = distances[slot] + (slot < 4 ? 0 : (uint32_t)slot / 2 - 1) * KMC_COST_ONE_BIT;
}

/* Bits by entropy and by the best code: into costs[0 .. n), unless the code is known to be wanted, those by entropy.
 * Returns whether the code does much worse, as it does where one symbol is more frequent than all others together. */
static int find_costs(const uint32_t *counts, int n, int by_code, uint32_t *costs)
{
    const uint32_t log_total = kmc_log2(sum(counts, n) + 1);
    uint64_t entropy_total = 0, code_total = 0;
    uint8_t bits[KMC_LITERALS];
    kmc_code_lengths(counts, n, KMC_CODE_LIMIT, bits);
    for (int i = 0; i < n; i++) {
        const uint32_t by_entropy = entropy_cost(counts[i], log_total);
        const uint32_t coded = (bits[i] ? bits[i] : UNUSED_BITS) * KMC_COST_ONE_BIT;
        entropy_total += (uint64_t)counts[i] * by_entropy;
        code_total += (uint64_t)counts[i] * coded;
        costs[i] = by_code ? coded : by_entropy;
    }
    return code_total > entropy_total + entropy_total / 32;
}

void kmc_find_costs(const kmc_symbol_counts *counts, int by_code, kmc_symbol_costs *costs)
{
    uint32_t literals[KMC_LITERALS], distances[KMC_DISTANCES];
    if (find_costs(counts->literals, KMC_LITERALS, by_code, literals) && !by_code)
        find_costs(counts->literals, KMC_LITERALS, 1, literals);
    find_costs(counts->distances, KMC_DISTANCES, by_code, distances);
    fill_costs(costs, literals, distances);
}

void kmc_fixed_costs(kmc_symbol_costs *costs)
{
    uint32_t literals[KMC_LITERALS], distances[KMC_DISTANCES];
    for (int i = 0; i < KMC_LITERALS; i++) literals[i] = fixed_literal_bits(i) * KMC_COST_ONE_BIT;
    for (int i = 0; i < KMC_DISTANCES; i++) distances[i] = FIXED_DISTANCE_BITS * KMC_COST_ONE_BIT;
    fill_costs(costs, literals, distances);
}

static uint64_t entropy(const uint32_t *counts, int n, int *used)
{
    const uint32_t log_total = kmc_log2(sum(counts, n) + 1);
    uint64_t cost = 0;
    for (int i = 0; i < n; i++)
        if (counts[i]) {
            cost += (uint64_t)counts[i] * (log_total - kmc_log2(counts[i]));
            ++*used;
        }
    return cost;
}

uint64_t kmc_block_cost(const kmc_symbol_counts *counts)
{
    int used = 0;
    const uint64_t cost =
        entropy(counts->literals, KMC_LITERALS, &used) + entropy(counts->distances, KMC_DISTANCES, &used);
    const uint64_t header = 160 + 4 * (uint64_t)used; /* in bits, about */
    return cost + (header + counts->extra_bits) * KMC_COST_ONE_BIT;
}

static int repeat_bits(int symbol)
{
    return symbol == REPEAT ? 2 : symbol == ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0;
}

/* Runs of equal code lengths, greedily, by the symbols at hand: those that are not used make the others shorter. */
static void run_lengths(block_header *header, const uint8_t *lengths, int n, int repeat, int zeros, int many_zeros)
{
    header->n_symbols = 0;
    for (int i = 0; i < n;) {
        int run = 1;
        while (i + run < n && lengths[i + run] == lengths[i]) run++;
        int symbol = lengths[i], over = 0, taken = 1;
        if (symbol == 0 && many_zeros && run >= 11) {
            taken = run < 138 ? run : 138;
            symbol = MANY_ZEROS;
            over = taken - 11;
        } else if (symbol == 0 && zeros && run >= 3) {
            taken = run < 10 ? run : 10;
            symbol = ZEROS;
            over = taken - 3;
        } else if (repeat && i > 0 && lengths[i] == lengths[i - 1] && run >= 3) {
            taken = run < 6 ? run : 6;
            symbol = REPEAT;
            over = taken - 3;
        }
        header->symbols[header->n_symbols] = (uint8_t)symbol;
        header->repeats[header->n_symbols++] = (uint8_t)over;
        i += taken;
    }
}

static void code_lengths_of_lengths(block_header *header)
{
    uint32_t counts[LENGTH_SYMBOLS] = {0};
    for (int i = 0; i < header->n_symbols; i++) counts[header->symbols[i]]++;
    kmc_code_lengths(counts, LENGTH_SYMBOLS, 7, header->bits);
    kmc_code_words(header->bits, LENGTH_SYMBOLS, header->words);
    header->n_lengths = LENGTH_SYMBOLS;
    while (header->n_lengths > 4 && !header->bits[length_order[header->n_lengths - 1]]) header->n_lengths--;
    header->size = 5 + 5 + 4 + 3 * (uint64_t)header->n_lengths;
    for (int i = 0; i < LENGTH_SYMBOLS; i++) {
        header->size += (uint64_t)counts[i] * (header->bits[i] + (unsigned)repeat_bits(i));
    }
}

/* The shortest header of these codes. */
static void make_header(block_header *header, const block_codes *codes)
{
    uint8_t lengths[KMC_LITERALS + KMC_DISTANCES];
    block_header found;
    found.n_literals = KMC_LITERALS;
    while (found.n_literals > KMC_BLOCK_END + 1 && !codes->literal_bits[found.n_literals - 1]) found.n_literals--;
    found.n_distances = KMC_DISTANCES;
    while (found.n_distances > 1 && !codes->distance_bits[found.n_distances - 1]) found.n_distances--;
    memcpy(lengths, codes->literal_bits, (size_t)found.n_literals);
    memcpy(lengths + found.n_literals, codes->distance_bits, (size_t)found.n_distances);
    header->size = UINT64_MAX;
    for (int without = 0; without < 8; without++) {
        run_lengths(&found, lengths, found.n_literals + found.n_distances, !(without & 1), !(without & 2),
                    !(without & 4));
        code_lengths_of_lengths(&found);
        if (found.size < header->size) *header = found;
    }
}

static void write_header(kmc_bit_writer *writer, const block_header *header)
{
    kmc_write_bits(writer, (uint32_t)header->n_literals - 257, 5);
    kmc_write_bits(writer, (uint32_t)header->n_distances - 1, 5);
    kmc_write_bits(writer, (uint32_t)header->n_lengths - 4, 4);
    for (int i = 0; i < header->n_lengths; i++) kmc_write_bits(writer, header->bits[length_order[i]], 3);
    for (int i = 0; i < header->n_symbols; i++) {
        const int symbol = header->symbols[i];
        kmc_write_bits(writer, header->words[symbol], header->bits[symbol]);
        kmc_write_bits(writer, header->repeats[i], repeat_bits(symbol));
    }
}

static uint64_t coded_size(const kmc_symbol_counts *counts, const block_codes *codes)
{
    uint64_t size = counts->extra_bits;
    for (int i = 0; i < KMC_LITERALS; i++) size += (uint64_t)counts->literals[i] * codes->literal_bits[i];
    for (int i = 0; i < KMC_DISTANCES; i++) size += (uint64_t)counts->distances[i] * codes->distance_bits[i];
    return size;
}

static void fixed_codes(block_codes *codes)
{
    for (int i = 0; i < FIXED_LITERALS; i++) codes->literal_bits[i] = fixed_literal_bits(i);
    memset(codes->distance_bits, FIXED_DISTANCE_BITS, sizeof codes->distance_bits);
}

static void write_stored(kmc_bit_writer *writer, const uint8_t *data, size_t n, int last)
{
    do {
        const uint32_t part = n < STORED_MOST ? (uint32_t)n : STORED_MOST;
        n -= part;
        kmc_write_bits(writer, last && n == 0, 3);
        kmc_write_rest(writer);
        kmc_write_bits(writer, part | (part ^ 0xffff) << 16, 32);
        memcpy(writer->out + writer->size, data, part);
        writer->size += part;
        data += part;
    } while (n > 0);
}

static void write_steps(kmc_bit_writer *writer, block_codes *codes, const uint8_t *data, const kmc_match *steps,
                        size_t n)
{
    kmc_code_words(codes->literal_bits, FIXED_LITERALS, codes->literals);
    kmc_code_words(codes->distance_bits, KMC_DISTANCES, codes->distances);
    for (size_t i = 0; i < n; i += steps[i].length) {
        const int length = steps[i].length, distance = steps[i].distance;
        if (length == 1) {
            kmc_write_bits(writer, codes->literals[data[i]], codes->literal_bits[data[i]]);
            continue;
        }
        const int symbol = KMC_BLOCK_END + 1 + kmc_length_slot(length), slot = kmc_distance_slot(distance);
        const int length_bits = kmc_length_extra(length), distance_bits = kmc_distance_extra(distance);
        kmc_write_bits(writer, codes->literals[symbol], codes->literal_bits[symbol]);
        kmc_write_bits(writer, (uint32_t)(length - 3) & ((1u << length_bits) - 1), length_bits);
        kmc_write_bits(writer, codes->distances[slot], codes->distance_bits[slot]);
        kmc_write_bits(writer, (uint32_t)(distance - 1) & ((1u << distance_bits) - 1), distance_bits);
    }
    kmc_write_bits(writer, codes->literals[KMC_BLOCK_END], codes->literal_bits[KMC_BLOCK_END]);
}

/* The codes that are best for these symbols, and the header that says so. Returns the bits that both take. */
static uint64_t own_codes(const kmc_symbol_counts *counts, block_codes *codes, block_header *header)
{
    memset(codes, 0, sizeof *codes);
    kmc_code_lengths(counts->literals, KMC_LITERALS, KMC_CODE_LIMIT, codes->literal_bits);
    kmc_code_lengths(counts->distances, KMC_DISTANCES, KMC_CODE_LIMIT, codes->distance_bits);
    make_header(header, codes);
    return header->size + coded_size(counts, codes);
}

uint64_t kmc_block_size(const kmc_symbol_counts *counts)
{
    block_codes own, fixed;
    block_header header;
    fixed_codes(&fixed);
    const uint64_t own_size = own_codes(counts, &own, &header), fixed_size = coded_size(counts, &fixed);
    return own_size < fixed_size ? own_size : fixed_size;
}

void kmc_write_block(kmc_bit_writer *writer, const uint8_t *data, const kmc_match *steps, size_t n, int last)
{
    kmc_symbol_counts counts = {{0}, {0}, 0};
    block_codes own, fixed;
    block_header header;
    kmc_count_steps(&counts, data, steps, n);
    counts.literals[KMC_BLOCK_END] = 1;
    fixed_codes(&fixed);
    const uint64_t own_size = own_codes(&counts, &own, &header), fixed_size = coded_size(&counts, &fixed);
    const uint64_t pieces = n / STORED_MOST + 1, stored_size = pieces * (7 + 32) + 8 * (uint64_t)n;
    if (stored_size < own_size && stored_size < fixed_size) {
        write_stored(writer, data, n, last);
        return;
    }
    kmc_write_bits(writer, (uint32_t)last | (fixed_size <= own_size ? 1u : 2u) << 1, 3);
    if (fixed_size <= own_size) {
        write_steps(writer, &fixed, data, steps, n);
    } else {
        write_header(writer, &header);
        write_steps(writer, &own, data, steps, n);
    }
}
