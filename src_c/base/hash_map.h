/* A hash map from 32-bit keys to values, for keys too wide for a lookup table. */
#ifndef KMC_BASE_HASH_MAP_H
#define KMC_BASE_HASH_MAP_H

#include "base/base.h"

/* Maximum number of keys per lookup. */
#define KMC_HASH_MAP_BLOCK 1024

/* Open addressing with 2^bits slots, at most half of them used. A slot has the key in its upper half and value + 1 in
 * the lower; 0 means free. */
typedef struct kmc_hash_map {
    uint64_t *slots;
    size_t room; /* number of keys that can still be added */
    unsigned bits;
} kmc_hash_map;

/* Makes an empty map for n keys; KMC_NO_MEMORY on failure. Release with kmc_hash_map_free, which also accepts a map of
 * all zeros. */
kmc_status kmc_hash_map_new(kmc_hash_map *map, size_t n);
void kmc_hash_map_free(kmc_hash_map *map);

/* Adds a key that is not in the map; value < 2^32 - 1. KMC_BAD_ARGUMENT if the map is full. */
kmc_status kmc_hash_map_set(kmc_hash_map *map, uint32_t key, uint32_t value);

/* Replaces n <= KMC_HASH_MAP_BLOCK keys by their values, and keys that are not in the map by 0. */
void kmc_hash_map_find(const kmc_hash_map *map, uint32_t *keys, size_t n);

#endif
