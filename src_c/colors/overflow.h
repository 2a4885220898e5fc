/* How often keys were met that have no counter, or had filled it: listed as they come,
 * sorted and added up at the end. */
#ifndef KMC_COLORS_OVERFLOW_H
#define KMC_COLORS_OVERFLOW_H

#include "base/base.h"

/* One part for each value of the top byte of a key, so that threads may share the work and
 * sorting never stops for long. */
#define KMC_CARRIES_PARTS 256

/* Items: the other bytes of a key above KMC_CARRIES_COUNT_BITS of a count. Long lists are added up now and then, so a
 * part holds no more than some thousand items, or four times as many as it has keys. */
typedef struct kmc_carries_part {
    uint64_t *items;
    size_t n, room;
} kmc_carries_part;

typedef struct kmc_carries {
    kmc_carries_part parts[KMC_CARRIES_PARTS];
    int part_shift;
} kmc_carries;

enum { KMC_CARRIES_COUNT_BITS = 40 };

/* For keys below 2^key_bits, key_bits = 8 to 32. They hold no memory yet. */
void kmc_carries_init(kmc_carries *carries, int key_bits);
void kmc_carries_free(kmc_carries *carries);

/* Makes room for one more item, when there is none. */
kmc_status kmc_carries_grow(kmc_carries_part *part);

/* Adds to the count of a key; the counts of all keys together stay below 2^KMC_CARRIES_COUNT_BITS. */
static inline kmc_status kmc_carries_add(kmc_carries *carries, uint32_t key, uint64_t count)
{
    kmc_carries_part *const part = &carries->parts[key >> carries->part_shift];
    const uint64_t rest = key & ((1u << carries->part_shift) - 1);
    if (part->n == part->room) {
        const kmc_status status = kmc_carries_grow(part);
        if (status != KMC_OK) return status;
    }
    part->items[part->n++] = rest << KMC_CARRIES_COUNT_BITS | count;
    return KMC_OK;
}

/* Adds one part of others of the same key_bits. Different parts may be merged, and settled, on different threads. */
kmc_status kmc_carries_merge(kmc_carries *carries, const kmc_carries *other, int part);

/* Sorts a part and adds up equal keys. What follows is for carries of which every part is settled. */
kmc_status kmc_carries_settle(kmc_carries *carries, int part);

size_t kmc_carries_size(const kmc_carries *carries);

/* The keys of a part, ascending, as those of all parts in turn are; returns how many. */
size_t kmc_carries_keys(const kmc_carries *carries, int part, uint32_t *keys);

/* The key that is next in order, with its count, which is 0 behind the last. */
typedef struct kmc_carried {
    const kmc_carries *carries;
    int part;
    size_t item;
    uint32_t key;
    int64_t count;
} kmc_carried;

/* The first that is no less than a key. */
kmc_carried kmc_carries_from(const kmc_carries *carries, uint32_t key);
void kmc_carried_step(kmc_carried *carried);

/* The count of a key, 0 where there is none. To be called with keys that ascend, none of the carried ones left out. */
static inline int64_t kmc_carried_count(kmc_carried *carried, uint32_t key)
{
    if (carried->key != key) return 0;
    const int64_t count = carried->count;
    kmc_carried_step(carried);
    return count;
}

#endif
