/* A map from 32-bit keys to counts, for keys too many or too wide for a table. */
#ifndef KMC_KEYMAP_H
#define KMC_KEYMAP_H

#include "base.h"

/* One part for each value of the top byte of a key, so that growing or sorting never stops for long. */
#define KMC_KEYMAP_PARTS 256

typedef struct kmc_keymap_slot {
    int64_t count; /* 0: the slot is free */
    uint32_t key;
} kmc_keymap_slot;

/* Open addressing: 2^bits slots, at most half of them in use. */
typedef struct kmc_keymap_part {
    kmc_keymap_slot *slots;
    size_t n;
    unsigned bits;
} kmc_keymap_part;

typedef struct kmc_keymap {
    kmc_keymap_part parts[KMC_KEYMAP_PARTS];
    int part_shift;
} kmc_keymap;

/* An empty map of keys below 2^key_bits, key_bits = 8 to 32. It holds no memory yet. */
void kmc_keymap_init(kmc_keymap *map, int key_bits);
void kmc_keymap_free(kmc_keymap *map);

/* Adds to the count of a key; count > 0. */
kmc_status kmc_keymap_add(kmc_keymap *map, uint32_t key, int64_t count);

/* The count of a key, 0 where it is not in the map. */
int64_t kmc_keymap_get(const kmc_keymap *map, uint32_t key);

/* Adds one part of another map of the same key_bits. Different parts may be merged on different threads. */
kmc_status kmc_keymap_merge(kmc_keymap *map, const kmc_keymap *other, int part);

size_t kmc_keymap_size(const kmc_keymap *map);

/* All keys, ascending. */
kmc_status kmc_keymap_keys(const kmc_keymap *map, const kmc_run *run, uint32_t *keys);

#endif
