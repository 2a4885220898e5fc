/* Each earlier position is a node of the tree of its first three bytes, sorted by what
 * follows, the newest at the root. */
#include "png/matches.h"

#include <string.h>

enum {
    NONE = -1,
    FAR = KMC_MATCH_FARTHEST
};

void kmc_match_finder_start(kmc_match_finder *finder, const uint8_t *data, size_t end)
{
    finder->data = data;
    finder->end = (int32_t)end;
    memset(finder->roots, 0xff, sizeof finder->roots);
}

static uint32_t hashed(const uint8_t *bytes)
{
    const uint32_t three = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
    return three * 2654435761u >> (32 - KMC_MATCH_HASH_BITS);
}

/* How many of `most` bytes agree, the first `length` being known to. */
static int common_length(const uint8_t *a, const uint8_t *b, int length, int most)
{
    for (; length + 8 <= most; length += 8) {
        uint64_t in_a, in_b;
        memcpy(&in_a, a + length, 8);
        memcpy(&in_b, b + length, 8);
        if (in_a != in_b) break;
    }
    while (length < most && a[length] == b[length]) length++;
    return length;
}

int kmc_match_finder_enter(kmc_match_finder *m, size_t position, int depth, kmc_match *found)
{
    const int32_t here = (int32_t)position, left = m->end - here;
    const int most = left < KMC_MATCH_MOST ? left : KMC_MATCH_MOST;
    const uint8_t *const bytes = m->data + here;
    if (most < KMC_MATCH_LEAST) return 0;
    int32_t *const root = &m->roots[hashed(bytes)];
    int32_t *before = &m->children[here & FAR][0], *after = &m->children[here & FAR][1];
    int32_t node = *root;
    int n = 0, longest = KMC_MATCH_LEAST - 1, known_before = 0, known_after = 0;
    *root = here;
    for (; node >= 0 && here - node <= FAR && depth > 0; depth--) {
        const uint8_t *const other = m->data + node;
        int32_t *const children = m->children[node & FAR];
        int length = known_before < known_after ? known_before : known_after;
        length = common_length(other, bytes, length, most);
        if (length > longest) {
            longest = length;
            if (found) {
                n -= n == KMC_MATCHES_KEPT;
                found[n++] = (kmc_match){(uint16_t)length, (uint16_t)(here - node)};
            }
        }
        if (length == most) { /* it takes the node's place */
            *before = children[0];
            *after = children[1];
            return n;
        }
        if (other[length] < bytes[length]) {
            *before = node;
            before = &children[1];
            node = *before;
            known_before = length;
        } else {
            *after = node;
            after = &children[0];
            node = *after;
            known_after = length;
        }
    }
    *before = *after = NONE;
    return n;
}
