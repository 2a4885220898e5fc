/* The index of a colour in a list, by its Morton key; a valid index for any key at all. */
#include "colors/color_lookup.h"

#include "colors/kernels.h"
#include "colors/morton.h"
#include "base/scratch.h"

#include <string.h>

enum { BLOCK = KMC_COLOR_LOOKUP_BLOCK, RANK_BITS = 8 };

/* Assigns the positions from `first` on to ascending keys, which have no alpha. */
static void set_positions(kmc_color_lookup *lookup, const uint32_t *keys, size_t n, uint32_t first, uint32_t *last)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t position = first + (uint32_t)i, upper = keys[i] >> RANK_BITS;
        if (upper != *last) lookup->starts[upper] = position;
        *last = upper;
        lookup->ranks[keys[i]] = (uint8_t)(position - lookup->starts[upper]);
    }
}

/* Inserts colours that are not opaque into the map, and compacts the keys of the others, without alpha; sets *n to
 * their number. */
static kmc_status set_others(kmc_color_lookup *lookup, uint32_t *keys, size_t *n, uint32_t first, uint32_t *opaque)
{
    size_t n_opaque = 0;
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < *n && status == KMC_OK; i++) {
        if (!kmc_is_opaque(keys[i])) {
            status = kmc_hash_map_set(&lookup->map, keys[i], first + (uint32_t)i);
            continue;
        }
        opaque[n_opaque] = first + (uint32_t)i;
        keys[n_opaque++] = kmc_without_alpha(keys[i]);
    }
    *n = n_opaque;
    return status;
}

static kmc_status set_all(kmc_color_lookup *lookup, const kmc_run *run, const uint8_t *colors, size_t n)
{
    uint32_t keys[BLOCK], last = UINT32_MAX;
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n && status == KMC_OK; i += BLOCK) {
        size_t here = kmc_smaller(n - i, BLOCK);
        run->kernels->colors->keys(colors + i * (size_t)lookup->channels, here, lookup->channels, keys);
        if (lookup->channels == 4)
            status = set_others(lookup, keys, &here, (uint32_t)i, lookup->opaque + lookup->n_positions);
        set_positions(lookup, keys, here, (uint32_t)lookup->n_positions, &last);
        lookup->n_positions += here;
        if (status == KMC_OK) status = kmc_poll(run);
    }
    return status;
}

kmc_status kmc_color_lookup_new(kmc_color_lookup *lookup, const kmc_run *run, int channels, const uint8_t *colors,
                                size_t n)
{
    size_t n_others = 0;
    kmc_status status = KMC_OK;
    memset(lookup, 0, sizeof *lookup);
    lookup->channels = channels;
    lookup->n_keys = (size_t)1 << 8 * (channels < 4 ? channels : 3);
    lookup->starts = kmc_alloc_zeroed(lookup->n_keys >> RANK_BITS, sizeof *lookup->starts);
    lookup->ranks = kmc_table_take(run->tables, lookup->n_keys);
    if (channels == 4) {
        for (size_t i = 0; i < n; i++) n_others += colors[4 * i + 3] != 255;
        /* Space for all, since another thread may change the colours after they were counted. */
        lookup->opaque = kmc_alloc_zeroed(n, sizeof *lookup->opaque);
        status = lookup->opaque ? kmc_hash_map_new(&lookup->map, n_others) : KMC_NO_MEMORY;
    }
    if (!lookup->starts || !lookup->ranks) status = KMC_NO_MEMORY;
    return status == KMC_OK ? set_all(lookup, run, colors, n) : status;
}

void kmc_color_lookup_free(kmc_color_lookup *lookup, const kmc_run *run)
{
    kmc_free(lookup->starts);
    kmc_table_give(run->tables, lookup->ranks, lookup->n_keys);
    kmc_free(lookup->opaque);
    kmc_hash_map_free(&lookup->map);
}

/* Replaces keys by positions, in a separate loop so that cache misses overlap. For keys that are not in the list, the
 * tables may hold anything: positions out of range become 0. */
static void find_positions(const kmc_color_lookup *lookup, uint32_t *keys, size_t n)
{
    const uint32_t n_positions = (uint32_t)lookup->n_positions;
    for (size_t i = 0; i < n; i++) {
        const uint32_t position = lookup->starts[keys[i] >> RANK_BITS] + lookup->ranks[keys[i]];
        keys[i] = position < n_positions ? position : 0;
    }
}

void kmc_color_lookup_find(const kmc_color_lookup *lookup, uint32_t *keys, size_t n)
{
    uint32_t others[BLOCK], opaque[BLOCK];
    uint16_t of_others[BLOCK], of_opaque[BLOCK];
    size_t n_others = 0, n_opaque = 0;
    if (lookup->channels < 4) {
        find_positions(lookup, keys, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t is_opaque = kmc_is_opaque(keys[i]) != 0;
        others[n_others] = keys[i];
        opaque[n_opaque] = kmc_without_alpha(keys[i]);
        of_others[n_others] = of_opaque[n_opaque] = (uint16_t)i;
        n_others += !is_opaque;
        n_opaque += is_opaque;
    }
    kmc_hash_map_find(&lookup->map, others, n_others);
    find_positions(lookup, opaque, n_opaque);
    for (size_t i = 0; i < n_others; i++) keys[of_others[i]] = others[i];
    for (size_t i = 0; i < n_opaque; i++) keys[of_opaque[i]] = lookup->opaque[opaque[i]];
}
