/* Length-limited prefix codes by package-merge (Larmore and Hirschberg, JACM 37, 1990). */
#include "png/prefix_code.h"

#include <string.h>

typedef struct leaf {
    uint32_t count;
    int symbol;
} leaf;

/* The symbols that occur, by count and then by number. */
static int sorted_leaves(const uint32_t *counts, int n, leaf *leaves)
{
    int used = 0;
    for (int i = 0; i < n; i++) {
        if (!counts[i]) continue;
        int at = used++;
        for (; at > 0 && leaves[at - 1].count > counts[i]; at--) leaves[at] = leaves[at - 1];
        leaves[at] = (leaf){counts[i], i};
    }
    return used;
}

void kmc_code_lengths(const uint32_t *counts, int n, int limit, uint8_t *lengths)
{
    leaf leaves[KMC_CODE_SYMBOLS];
    uint32_t weights[2][2 * KMC_CODE_SYMBOLS];
    uint8_t packed[KMC_CODE_LIMIT][2 * KMC_CODE_SYMBOLS]; /* whether an item of a level is a pair of the one before */
    memset(lengths, 0, (size_t)n);
    const int used = sorted_leaves(counts, n, leaves);
    if (used < 2) {
        if (used) lengths[leaves[0].symbol] = 1;
        return;
    }
    int items = 0;
    for (int level = 0; level < limit; level++) {
        const uint32_t *const before = weights[(level + 1) & 1];
        uint32_t *const now = weights[level & 1];
        const int pairs = items / 2;
        int pair = 0, next = 0;
        for (items = 0; pair < pairs || next < used; items++) {
            const uint32_t both = pair < pairs ? before[2 * pair] + before[2 * pair + 1] : UINT32_MAX;
            packed[level][items] = next == used || both < leaves[next].count;
            now[items] = packed[level][items] ? both : leaves[next].count;
            if (packed[level][items])
                pair++;
            else
                next++;
        }
    }
    int taken = 2 * used - 2;
    for (int level = limit - 1; level >= 0; level--) {
        int pairs = 0;
        for (int i = 0; i < taken; i++) pairs += packed[level][i];
        for (int i = 0; i < taken - pairs; i++) lengths[leaves[i].symbol]++;
        taken = 2 * pairs;
    }
}

void kmc_code_words(const uint8_t *lengths, int n, uint16_t *codes)
{
    uint32_t of_length[KMC_CODE_LIMIT + 1] = {0}, next[KMC_CODE_LIMIT + 1] = {0};
    for (int i = 0; i < n; i++) of_length[lengths[i]]++;
    of_length[0] = 0;
    for (int bits = 1; bits <= KMC_CODE_LIMIT; bits++) next[bits] = (next[bits - 1] + of_length[bits - 1]) << 1;
    for (int i = 0; i < n; i++) {
        const uint32_t code = lengths[i] ? next[lengths[i]]++ : 0;
        uint32_t reversed = 0;
        for (int bit = 0; bit < lengths[i]; bit++) reversed |= (code >> bit & 1) << (lengths[i] - 1 - bit);
        codes[i] = (uint16_t)reversed;
    }
}
