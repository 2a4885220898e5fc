/* Counts of keys without a counter, or with a full one: appended to a list, and sorted and summed at the end. */
#include "colors/overflow.h"

#include <string.h>

enum { FIRST_ROOM = 256, LONG = 1 << 14, DIGITS = 3, COUNT_BITS = KMC_OVERFLOW_COUNT_BITS };

void kmc_overflow_init(kmc_overflow *overflow, int key_bits)
{
    memset(overflow, 0, sizeof *overflow);
    overflow->part_shift = key_bits - 8;
}

void kmc_overflow_free(kmc_overflow *overflow)
{
    for (int p = 0; p < KMC_OVERFLOW_PARTS; p++) {
        kmc_free(overflow->parts[p].items);
        overflow->parts[p] = (kmc_overflow_part){NULL, 0, 0};
    }
}

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

/* One stable counting sort by one byte; `starts` holds the number of items for each of its values. */
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

/* Radix sort by key, which skips bytes that are equal in all items. Returns the array that holds the result. */
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

static kmc_status compact(kmc_overflow_part *part)
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

kmc_status kmc_overflow_compact(kmc_overflow *overflow, int part)
{
    return compact(&overflow->parts[part]);
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

static kmc_status make_room(kmc_overflow_part *part, size_t room)
{
    uint64_t *const items = kmc_grown(part->items, part->n, room, sizeof *items);
    if (!items) return KMC_NO_MEMORY;
    part->items = items;
    part->room = room;
    return KMC_OK;
}

kmc_status kmc_overflow_grow(kmc_overflow_part *part)
{
    if (part->room >= LONG) {
        const kmc_status status = compact(part);
        if (status != KMC_OK || part->n <= part->room / 2) return status;
    }
    return make_room(part, part->room ? 2 * part->room : FIRST_ROOM);
}

kmc_status kmc_overflow_merge(kmc_overflow *overflow, const kmc_overflow *other, int part)
{
    kmc_overflow_part *const to = &overflow->parts[part];
    const kmc_overflow_part *const from = &other->parts[part];
    kmc_status status = KMC_OK;
    if (from->n == 0) return KMC_OK;
    if (to->n + from->n > to->room) status = make_room(to, to->n + from->n);
    if (status != KMC_OK) return status;
    memcpy(to->items + to->n, from->items, from->n * sizeof *to->items);
    to->n += from->n;
    return KMC_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

size_t kmc_overflow_size(const kmc_overflow *overflow)
{
    size_t n = 0;
    for (int p = 0; p < KMC_OVERFLOW_PARTS; p++) n += overflow->parts[p].n;
    return n;
}

static uint32_t key_at(const kmc_overflow *overflow, int part, size_t item)
{
    return (uint32_t)part << overflow->part_shift | (uint32_t)(overflow->parts[part].items[item] >> COUNT_BITS);
}

size_t kmc_overflow_keys(const kmc_overflow *overflow, int part, uint32_t *keys)
{
    const size_t n = overflow->parts[part].n;
    for (size_t i = 0; i < n; i++) keys[i] = key_at(overflow, part, i);
    return n;
}

/* Reads the current item, or the first one of the next part that has any. */
static void look(kmc_overflow_cursor *cursor)
{
    const kmc_overflow_part *const parts = cursor->overflow->parts;
    for (; cursor->part < KMC_OVERFLOW_PARTS; cursor->part++, cursor->item = 0) {
        if (cursor->item == parts[cursor->part].n) continue;
        cursor->key = key_at(cursor->overflow, cursor->part, cursor->item);
        cursor->count = (int64_t)(parts[cursor->part].items[cursor->item] & (((uint64_t)1 << COUNT_BITS) - 1));
        return;
    }
    cursor->count = 0;
}

kmc_overflow_cursor kmc_overflow_seek(const kmc_overflow *overflow, uint32_t key)
{
    kmc_overflow_cursor found = {overflow, (int)(key >> overflow->part_shift), 0, key, 0};
    size_t end = overflow->parts[found.part].n;
    while (found.item < end) {
        const size_t middle = found.item + (end - found.item) / 2;
        if (key_at(overflow, found.part, middle) < key) found.item = middle + 1;
        else end = middle;
    }
    look(&found);
    return found;
}

void kmc_overflow_next(kmc_overflow_cursor *cursor)
{
    cursor->item++;
    look(cursor);
}
