/* A map from 32-bit keys to counts, for keys too many or too wide for a table. */
#include "keymap.h"

#include <string.h>

enum { FIRST_BITS = 6, LAST_BITS = 26 };

void kmc_keymap_init(kmc_keymap *map, int key_bits)
{
    memset(map, 0, sizeof *map);
    map->part_shift = key_bits - 8;
}

void kmc_keymap_free(kmc_keymap *map)
{
    for (int p = 0; p < KMC_KEYMAP_PARTS; p++) {
        kmc_free(map->parts[p].slots);
        map->parts[p] = (kmc_keymap_part){NULL, 0, 0};
    }
}

size_t kmc_keymap_size(const kmc_keymap *map)
{
    size_t n = 0;
    for (int p = 0; p < KMC_KEYMAP_PARTS; p++) n += map->parts[p].n;
    return n;
}

/* The slot of a key, or the free one where it belongs. The part must have slots. */
static kmc_keymap_slot *find(const kmc_keymap_part *part, uint32_t key)
{
    const size_t mask = ((size_t)1 << part->bits) - 1;
    size_t i = key * 0x9E3779B1u >> (32 - part->bits); /* 2^32 over the golden ratio spreads neighbours evenly */
    while (part->slots[i].count != 0 && part->slots[i].key != key) i = (i + 1) & mask;
    return &part->slots[i];
}

static kmc_status grow(kmc_keymap_part *part)
{
    kmc_keymap_part larger = {NULL, part->n, part->slots ? part->bits + 1 : FIRST_BITS};
    if (larger.bits > LAST_BITS) return KMC_NO_MEMORY;
    larger.slots = kmc_alloc_zeroed((size_t)1 << larger.bits, sizeof *larger.slots);
    if (!larger.slots) return KMC_NO_MEMORY;
    for (size_t i = 0; part->slots && i < (size_t)1 << part->bits; i++)
        if (part->slots[i].count != 0) *find(&larger, part->slots[i].key) = part->slots[i];
    kmc_free(part->slots);
    *part = larger;
    return KMC_OK;
}

static kmc_status add_to_part(kmc_keymap_part *part, uint32_t key, int64_t count)
{
    if (!part->slots || part->n >= (size_t)1 << (part->bits - 1)) {
        const kmc_status status = grow(part);
        if (status != KMC_OK) return status;
    }
    kmc_keymap_slot *const slot = find(part, key);
    part->n += slot->count == 0;
    slot->key = key;
    slot->count += count;
    return KMC_OK;
}

kmc_status kmc_keymap_add(kmc_keymap *map, uint32_t key, int64_t count)
{
    return add_to_part(&map->parts[key >> map->part_shift], key, count);
}

int64_t kmc_keymap_get(const kmc_keymap *map, uint32_t key)
{
    const kmc_keymap_part *const part = &map->parts[key >> map->part_shift];
    return part->slots ? find(part, key)->count : 0;
}

kmc_status kmc_keymap_merge(kmc_keymap *map, const kmc_keymap *other, int part)
{
    const kmc_keymap_part *const from = &other->parts[part];
    kmc_status status = KMC_OK;
    for (size_t i = 0; from->slots && i < (size_t)1 << from->bits && status == KMC_OK; i++)
        if (from->slots[i].count != 0) status = add_to_part(&map->parts[part], from->slots[i].key, from->slots[i].count);
    return status;
}

/* Sorts by the byte at `shift`, keeping the order of equals. */
static void sort_by_byte(const uint32_t *from, size_t n, int shift, uint32_t *to)
{
    size_t starts[256] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++) starts[from[i] >> shift & 255]++;
    for (int byte = 0; byte < 256; byte++) {
        const size_t count = starts[byte];
        starts[byte] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++) to[starts[from[i] >> shift & 255]++] = from[i];
}

/* The keys of one part share their top byte: three passes sort the rest. */
static void sort_part(const kmc_keymap_part *part, uint32_t *keys, uint32_t *scratch)
{
    size_t n = 0;
    for (size_t i = 0; n < part->n; i++)
        if (part->slots[i].count != 0) scratch[n++] = part->slots[i].key;
    sort_by_byte(scratch, n, 0, keys);
    sort_by_byte(keys, n, 8, scratch);
    sort_by_byte(scratch, n, 16, keys);
}

kmc_status kmc_keymap_keys(const kmc_keymap *map, const kmc_run *run, uint32_t *keys)
{
    kmc_status status = KMC_OK;
    size_t most = 0;
    for (int p = 0; p < KMC_KEYMAP_PARTS; p++)
        if (map->parts[p].n > most) most = map->parts[p].n;
    uint32_t *const scratch = kmc_alloc(most, sizeof *scratch);
    if (!scratch) return KMC_NO_MEMORY;
    for (int p = 0; p < KMC_KEYMAP_PARTS && status == KMC_OK; p++) {
        if (map->parts[p].n == 0) continue;
        sort_part(&map->parts[p], keys, scratch);
        keys += map->parts[p].n;
        status = kmc_poll(run);
    }
    kmc_free(scratch);
    return status;
}
