/* A hash map with open addressing and linear probing. */
#include "base/hash_map.h"

enum { FIRST_BITS = 6, LAST_BITS = 33 };

kmc_status kmc_hash_map_new(kmc_hash_map *map, size_t n)
{
    map->bits = FIRST_BITS;
    map->room = n;
    while (n > (size_t)1 << (map->bits - 1) && map->bits < LAST_BITS) map->bits++;
    map->slots = kmc_alloc_zeroed((size_t)1 << map->bits, sizeof *map->slots);
    return map->slots ? KMC_OK : KMC_NO_MEMORY;
}

void kmc_hash_map_free(kmc_hash_map *map)
{
    kmc_free(map->slots);
    map->slots = NULL;
}

/* The first slot to probe for a key: Fibonacci hashing, with 2^32 divided by the golden ratio. */
static inline size_t first_slot(const kmc_hash_map *map, uint32_t key)
{
    return (size_t)((uint64_t)(key * 0x9E3779B1u) << 32 >> (64 - map->bits));
}

kmc_status kmc_hash_map_set(kmc_hash_map *map, uint32_t key, uint32_t value)
{
    if (map->room == 0) return KMC_BAD_ARGUMENT;
    map->room--;
    const size_t mask = ((size_t)1 << map->bits) - 1;
    size_t i = first_slot(map, key);
    while (map->slots[i] != 0) i = (i + 1) & mask;
    map->slots[i] = (uint64_t)key << 32 | (value + 1);
    return KMC_OK;
}

/* Most keys are in their first slot. So this one is checked for all keys before any other, without branches, and the
 * cache misses overlap. */
void kmc_hash_map_find(const kmc_hash_map *map, uint32_t *keys, size_t n)
{
    const size_t mask = ((size_t)1 << map->bits) - 1;
    uint32_t remaining[KMC_HASH_MAP_BLOCK], at[KMC_HASH_MAP_BLOCK];
    size_t n_remaining = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t key = keys[i];
        const uint64_t slot = map->slots[first_slot(map, key)];
        remaining[n_remaining] = key;
        at[n_remaining] = (uint32_t)i;
        n_remaining += slot >> 32 != key || slot == 0;
        keys[i] = (uint32_t)slot - 1;
    }
    for (size_t i = 0; i < n_remaining; i++) {
        const uint32_t key = remaining[i];
        size_t j = (first_slot(map, key) + 1) & mask;
        while (map->slots[j] != 0 && map->slots[j] >> 32 != key) j = (j + 1) & mask;
        keys[at[i]] = map->slots[j] != 0 ? (uint32_t)map->slots[j] - 1 : 0;
    }
}
