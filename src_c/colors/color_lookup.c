/* The number of a colour in the list of all, by its Morton key: for any key at all one that is in the list. */
#include "colors/color_lookup.h"

#include "simd/kernels.h"
#include "colors/morton.h"
#include "base/scratch.h"

#include <string.h>

enum { BLOCK = KMC_NUMBERS_BLOCK, RANK_BITS = 8 };

/* Gives keys that ascend, those of colours with alpha without it, the places from `first` on. */
static void set_places(kmc_numbers *numbers, const uint32_t *keys, size_t n, uint32_t first, uint32_t *last)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t place = first + (uint32_t)i, upper = keys[i] >> RANK_BITS;
        if (upper != *last) numbers->starts[upper] = place;
        *last = upper;
        numbers->ranks[keys[i]] = (uint8_t)(place - numbers->starts[upper]);
    }
}

/* Puts the others into the map and leaves the keys of the opaque ones, without alpha: *n of them then. */
static kmc_status set_others(kmc_numbers *numbers, uint32_t *keys, size_t *n, uint32_t first, uint32_t *opaque)
{
    size_t n_opaque = 0;
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < *n && status == KMC_OK; i++) {
        if (!kmc_is_opaque(keys[i])) {
            status = kmc_keymap_set(&numbers->map, keys[i], first + (uint32_t)i);
            continue;
        }
        opaque[n_opaque] = first + (uint32_t)i;
        keys[n_opaque++] = kmc_without_alpha(keys[i]);
    }
    *n = n_opaque;
    return status;
}

static kmc_status set_all(kmc_numbers *numbers, const kmc_run *run, const uint8_t *colors, size_t n)
{
    uint32_t keys[BLOCK], last = UINT32_MAX;
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n && status == KMC_OK; i += BLOCK) {
        size_t here = kmc_smaller(n - i, BLOCK);
        run->kernels->keys(colors + i * (size_t)numbers->channels, here, numbers->channels, keys);
        if (numbers->channels == 4)
            status = set_others(numbers, keys, &here, (uint32_t)i, numbers->opaque + numbers->n_places);
        set_places(numbers, keys, here, (uint32_t)numbers->n_places, &last);
        numbers->n_places += here;
        if (status == KMC_OK) status = kmc_poll(run);
    }
    return status;
}

kmc_status kmc_numbers_new(kmc_numbers *numbers, const kmc_run *run, int channels, const uint8_t *colors, size_t n)
{
    size_t n_others = 0;
    kmc_status status = KMC_OK;
    memset(numbers, 0, sizeof *numbers);
    numbers->channels = channels;
    numbers->n_keys = (size_t)1 << 8 * (channels < 4 ? channels : 3);
    numbers->starts = kmc_alloc_zeroed(numbers->n_keys >> RANK_BITS, sizeof *numbers->starts);
    numbers->ranks = kmc_table_take(run->tables, numbers->n_keys);
    if (channels == 4) {
        for (size_t i = 0; i < n; i++) n_others += colors[4 * i + 3] != 255;
        /* Room for all: the colours may change while they are read. */
        numbers->opaque = kmc_alloc_zeroed(n, sizeof *numbers->opaque);
        status = numbers->opaque ? kmc_keymap_new(&numbers->map, n_others) : KMC_NO_MEMORY;
    }
    if (!numbers->starts || !numbers->ranks) status = KMC_NO_MEMORY;
    return status == KMC_OK ? set_all(numbers, run, colors, n) : status;
}

void kmc_numbers_free(kmc_numbers *numbers, const kmc_run *run)
{
    kmc_free(numbers->starts);
    kmc_table_give(run->tables, numbers->ranks, numbers->n_keys);
    kmc_free(numbers->opaque);
    kmc_keymap_free(&numbers->map);
}

/* Replaces keys by places: a loop of its own, so that the table's lines are waited for all at once. What the tables hold
 * of other keys is bounded. */
static void find_places(const kmc_numbers *numbers, uint32_t *keys, size_t n)
{
    const uint32_t n_places = (uint32_t)numbers->n_places;
    for (size_t i = 0; i < n; i++) {
        const uint32_t place = numbers->starts[keys[i] >> RANK_BITS] + numbers->ranks[keys[i]];
        keys[i] = place < n_places ? place : 0;
    }
}

void kmc_numbers_find(const kmc_numbers *numbers, uint32_t *keys, size_t n)
{
    uint32_t others[BLOCK], opaque[BLOCK];
    uint16_t of_others[BLOCK], of_opaque[BLOCK];
    size_t n_others = 0, n_opaque = 0;
    if (numbers->channels < 4) {
        find_places(numbers, keys, n);
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
    kmc_keymap_find(&numbers->map, others, n_others);
    find_places(numbers, opaque, n_opaque);
    for (size_t i = 0; i < n_others; i++) keys[of_others[i]] = others[i];
    for (size_t i = 0; i < n_opaque; i++) keys[of_opaque[i]] = numbers->opaque[opaque[i]];
}
