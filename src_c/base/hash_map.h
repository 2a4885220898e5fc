/* A map from 32-bit keys to numbers, for keys too wide for a table. */
#ifndef KMC_BASE_HASH_MAP_H
#define KMC_BASE_HASH_MAP_H

#include "base/base.h"

/* So many keys are looked up at a time at most. */
#define KMC_KEYMAP_BLOCK 1024

/* Open addressing: 2^bits slots of a key above a number + 1, at most half of them in use; 0 is free. */
typedef struct kmc_keymap {
    uint64_t *slots;
    size_t room; /* for so many more keys */
    unsigned bits;
} kmc_keymap;

/* An empty map with room for n keys. Release with kmc_keymap_free, which may be given one that is all zeros. */
kmc_status kmc_keymap_new(kmc_keymap *map, size_t n);
void kmc_keymap_free(kmc_keymap *map);

/* Sets the number of a key that is not in the map; number < 2^32 - 1. KMC_BAD_ARGUMENT when there is no room left. */
kmc_status kmc_keymap_set(kmc_keymap *map, uint32_t key, uint32_t number);

/* Replaces n keys by their numbers, by 0 where they are not in the map; n <= KMC_KEYMAP_BLOCK. */
void kmc_keymap_find(const kmc_keymap *map, uint32_t *keys, size_t n);

#endif
