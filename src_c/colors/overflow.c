/* How often keys were met that have no counter, or had filled it: listed as they come,
 * sorted and added up at the end. */
#include "colors/overflow.h"

#include <string.h>

enum { FIRST_ROOM = 256, LONG = 1 << 14, DIGITS = 3, COUNT_BITS = KMC_CARRIES_COUNT_BITS };

void kmc_carries_init(kmc_carries *carries, int key_bits)
{
    memset(carries, 0, sizeof *carries);
    carries->part_shift = key_bits - 8;
}

void kmc_carries_free(kmc_carries *carries)
{
    for (int p = 0; p < KMC_CARRIES_PARTS; p++) {
        kmc_free(carries->parts[p].items);
        carries->parts[p] = (kmc_carries_part){NULL, 0, 0};
    }
}

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

/* Sorts by one byte, of which `starts` says how many there are of each, keeping the order of equals. */
static void sort_by_byte(const uint64_t *from, size_t n, int shift, size_t *starts, uint64_t *to)
{
    size_t sum = 0;
    for (int byte = 0; byte < 256; byte++) {
        const size_t count = starts[byte];
        starts[byte] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++) to[starts[from[i] >> shift & 255]++] = from[i];
}

/* Sorts by key, byte after byte, but for those that are the same in all. Returns which of both holds the result. */
static uint64_t *sort(uint64_t *items, size_t n, uint64_t *scratch)
{
    size_t starts[DIGITS][256] = {{0}};
    uint64_t *from = items, *to = scratch;
    for (size_t i = 0; i < n; i++)
        for (int digit = 0; digit < DIGITS; digit++) starts[digit][items[i] >> (COUNT_BITS + 8 * digit) & 255]++;
    for (int digit = 0; digit < DIGITS; digit++) {
        const int shift = COUNT_BITS + 8 * digit;
        if (starts[digit][from[0] >> shift & 255] == n) continue;
        sort_by_byte(from, n, shift, starts[digit], to);
        uint64_t *const sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

static kmc_status settle(kmc_carries_part *part)
{
    const uint64_t count_mask = ((uint64_t)1 << COUNT_BITS) - 1;
    size_t n = 1;
    if (part->n < 2) return KMC_OK;
    uint64_t *const scratch = kmc_alloc(part->n, sizeof *scratch);
    if (!scratch) return KMC_NO_MEMORY;
    const uint64_t *const sorted = sort(part->items, part->n, scratch);
    part->items[0] = sorted[0];
    for (size_t i = 1; i < part->n; i++) {
        const int same = part->items[n - 1] >> COUNT_BITS == sorted[i] >> COUNT_BITS;
        if (same) part->items[n - 1] += sorted[i] & count_mask;
        else part->items[n++] = sorted[i];
    }
    part->n = n;
    kmc_free(scratch);
    return KMC_OK;
}

kmc_status kmc_carries_settle(kmc_carries *carries, int part)
{
    return settle(&carries->parts[part]);
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

static kmc_status make_room(kmc_carries_part *part, size_t room)
{
    uint64_t *const items = kmc_grown(part->items, part->n, room, sizeof *items);
    if (!items) return KMC_NO_MEMORY;
    part->items = items;
    part->room = room;
    return KMC_OK;
}

kmc_status kmc_carries_grow(kmc_carries_part *part)
{
    if (part->room >= LONG) {
        const kmc_status status = settle(part);
        if (status != KMC_OK || part->n <= part->room / 2) return status;
    }
    return make_room(part, part->room ? 2 * part->room : FIRST_ROOM);
}

kmc_status kmc_carries_merge(kmc_carries *carries, const kmc_carries *other, int part)
{
    kmc_carries_part *const to = &carries->parts[part];
    const kmc_carries_part *const from = &other->parts[part];
    kmc_status status = KMC_OK;
    if (from->n == 0) return KMC_OK;
    if (to->n + from->n > to->room) status = make_room(to, to->n + from->n);
    if (status != KMC_OK) return status;
    memcpy(to->items + to->n, from->items, from->n * sizeof *to->items);
    to->n += from->n;
    return KMC_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

size_t kmc_carries_size(const kmc_carries *carries)
{
    size_t n = 0;
    for (int p = 0; p < KMC_CARRIES_PARTS; p++) n += carries->parts[p].n;
    return n;
}

static uint32_t key_at(const kmc_carries *carries, int part, size_t item)
{
    return (uint32_t)part << carries->part_shift | (uint32_t)(carries->parts[part].items[item] >> COUNT_BITS);
}

size_t kmc_carries_keys(const kmc_carries *carries, int part, uint32_t *keys)
{
    const size_t n = carries->parts[part].n;
    for (size_t i = 0; i < n; i++) keys[i] = key_at(carries, part, i);
    return n;
}

/* Looks at the item where it stands, or at the first of the parts behind. */
static void look(kmc_carried *carried)
{
    const kmc_carries_part *const parts = carried->carries->parts;
    for (; carried->part < KMC_CARRIES_PARTS; carried->part++, carried->item = 0) {
        if (carried->item == parts[carried->part].n) continue;
        carried->key = key_at(carried->carries, carried->part, carried->item);
        carried->count = (int64_t)(parts[carried->part].items[carried->item] & (((uint64_t)1 << COUNT_BITS) - 1));
        return;
    }
    carried->count = 0;
}

kmc_carried kmc_carries_from(const kmc_carries *carries, uint32_t key)
{
    kmc_carried found = {carries, (int)(key >> carries->part_shift), 0, key, 0};
    size_t end = carries->parts[found.part].n;
    while (found.item < end) {
        const size_t middle = found.item + (end - found.item) / 2;
        if (key_at(carries, found.part, middle) < key) found.item = middle + 1;
        else end = middle;
    }
    look(&found);
    return found;
}

void kmc_carried_step(kmc_carried *carried)
{
    carried->item++;
    look(carried);
}
