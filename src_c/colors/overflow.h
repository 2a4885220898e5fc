/* Counts of keys that have no counter, or a full one: listed as they come, sorted and added up at the end. */
#ifndef KMC_COLORS_OVERFLOW_H
#define KMC_COLORS_OVERFLOW_H

#include "base/base.h"

/* One part for each value of the top byte of a key, so that threads may share the work and
 * sorting never stops for long. */
#define KMC_OVERFLOW_PARTS 256

/* Items: the other bytes of a key above KMC_OVERFLOW_COUNT_BITS of a count. Long lists are added up now and then, so a
 * part holds no more than some thousand items, or four times as many as it has keys. */
typedef struct kmc_overflow_part {
    uint64_t *items;
    size_t n, room;
} kmc_overflow_part;

typedef struct kmc_overflow {
    kmc_overflow_part parts[KMC_OVERFLOW_PARTS];
    int part_shift;
} kmc_overflow;

enum { KMC_OVERFLOW_COUNT_BITS = 40 };

/* For keys below 2^key_bits, key_bits = 8 to 32. It holds no memory yet. */
void kmc_overflow_init(kmc_overflow *overflow, int key_bits);
void kmc_overflow_free(kmc_overflow *overflow);

/* Makes room for one more item, when there is none. */
kmc_status kmc_overflow_grow(kmc_overflow_part *part);

/* Adds to the count of a key; the counts of all keys together stay below 2^KMC_OVERFLOW_COUNT_BITS. */
static inline kmc_status kmc_overflow_add(kmc_overflow *overflow, uint32_t key, uint64_t count)
{
    kmc_overflow_part *const part = &overflow->parts[key >> overflow->part_shift];
    const uint64_t rest = key & ((1u << overflow->part_shift) - 1);
    if (part->n == part->room) {
        const kmc_status status = kmc_overflow_grow(part);
        if (status != KMC_OK) return status;
    }
    part->items[part->n++] = rest << KMC_OVERFLOW_COUNT_BITS | count;
    return KMC_OK;
}

/* Adds one part of others of the same key_bits. Different parts may be merged, and compacted, on different threads. */
kmc_status kmc_overflow_merge(kmc_overflow *overflow, const kmc_overflow *other, int part);

/* Sorts a part and adds up equal keys. What follows is for when every part is compacted. */
kmc_status kmc_overflow_compact(kmc_overflow *overflow, int part);

size_t kmc_overflow_size(const kmc_overflow *overflow);

/* The keys of a part, ascending, as those of all parts in turn are; returns how many. */
size_t kmc_overflow_keys(const kmc_overflow *overflow, int part, uint32_t *keys);

/* The key that is next in order, with its count, which is 0 behind the last. */
typedef struct kmc_overflow_cursor {
    const kmc_overflow *overflow;
    int part;
    size_t item;
    uint32_t key;
    int64_t count;
} kmc_overflow_cursor;

/* The first that is no less than a key. */
kmc_overflow_cursor kmc_overflow_seek(const kmc_overflow *overflow, uint32_t key);
void kmc_overflow_next(kmc_overflow_cursor *cursor);

/* The count of a key, 0 where there is none. To be called with ascending keys, with all of those that have a count. */
static inline int64_t kmc_overflow_count(kmc_overflow_cursor *cursor, uint32_t key)
{
    if (cursor->key != key) return 0;
    const int64_t count = cursor->count;
    kmc_overflow_next(cursor);
    return count;
}

#endif
