/* A map from 32-bit keys to values, for keys too wide for a table. */
#ifndef KMC_BASE_HASH_MAP_H
#define KMC_BASE_HASH_MAP_H

#include "base/base.h"

/* So many keys are looked up at a time at most. */
#define KMC_HASH_MAP_BLOCK 1024

/* Open addressing: 2^bits slots of a key above a value + 1, at most half of them in use; 0 is free. */
typedef struct kmc_hash_map {
    uint64_t *slots;
    size_t room; /* for so many more keys */
    unsigned bits;
} kmc_hash_map;

/* An empty map with room for n keys. Release with kmc_hash_map_free, which may be given one that is all zeros. */
kmc_status kmc_hash_map_new(kmc_hash_map *map, size_t n);
void kmc_hash_map_free(kmc_hash_map *map);

/* Sets the value of a key that is not in the map; value < 2^32 - 1. KMC_BAD_ARGUMENT when there is no room left. */
kmc_status kmc_hash_map_set(kmc_hash_map *map, uint32_t key, uint32_t value);

/* Replaces n keys by their values, by 0 where they are not in the map; n <= KMC_HASH_MAP_BLOCK. */
void kmc_hash_map_find(const kmc_hash_map *map, uint32_t *keys, size_t n);

#endif
