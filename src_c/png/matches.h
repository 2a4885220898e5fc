/* Earlier occurrences of the bytes at a position, by binary search trees over the last 32 kilobytes. */
#ifndef KMC_PNG_MATCHES_H
#define KMC_PNG_MATCHES_H

#include <stddef.h>
#include <stdint.h>

enum {
    KMC_MATCH_LEAST = 3,
    KMC_MATCH_MOST = 258,
    KMC_MATCH_FARTHEST = 32767,
    KMC_MATCHES_KEPT = 8, /* at a position */
    KMC_MATCH_HASH_BITS = 15
};

/* `length` bytes that also begin `distance` bytes earlier; a literal has length 1. */
typedef struct kmc_match {
    uint16_t length, distance;
} kmc_match;

typedef struct kmc_match_finder {
    const uint8_t *data;
    int32_t end;
    int32_t roots[1 << KMC_MATCH_HASH_BITS];
    int32_t children[KMC_MATCH_FARTHEST + 1][2]; /* of a position: what sorts before it, and after it */
} kmc_match_finder;

void kmc_match_finder_start(kmc_match_finder *finder, const uint8_t *data, size_t end);

/* Enters a position, each once and in order, and writes matches of growing length there, each the nearest of its
 * length or longer ones, if `found` is not NULL; at most KMC_MATCHES_KEPT, the longest among them. Looks at `depth`
 * earlier positions at most. Returns how many. */
int kmc_match_finder_enter(kmc_match_finder *finder, size_t position, int depth, kmc_match *found);

#endif
