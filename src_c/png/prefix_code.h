/* Prefix codes: the best lengths under a limit, and the canonical codes that go with them. */
#ifndef KMC_PNG_PREFIX_CODE_H
#define KMC_PNG_PREFIX_CODE_H

#include <stdint.h>

enum {
    KMC_CODE_SYMBOLS = 288, /* the most symbols of a code */
    KMC_CODE_LIMIT = 15     /* the longest codeword, in bits */
};

/* lengths[i] = the bits of symbol i, 0 for those with counts[i] = 0, so that the sum of counts times lengths is least
 * among the prefix codes with no codeword longer than `limit`. A symbol that is alone gets one bit. The counts add up
 * to less than 2^28; n <= KMC_CODE_SYMBOLS, 2^limit >= n. */
void kmc_code_lengths(const uint32_t *counts, int n, int limit, uint8_t *lengths);

/* codes[i] = the canonical codeword of symbol i (RFC 1951, 3.2.2), its first bit the lowest one. */
void kmc_code_words(const uint8_t *lengths, int n, uint16_t *codes);

#endif
