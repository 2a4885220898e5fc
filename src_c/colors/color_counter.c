/* Counts of colours, kept by one thread. */
#include "colors/color_counter.h"

#include <string.h>

enum { BLOCK = 1024, FULL = 8 * BLOCK, RUN = 64, COUNTER_MAX = 255 };

kmc_status kmc_color_counter_new(int channels, kmc_tables *tables, kmc_color_counter *counter)
{
    const int key_bits = channels == 4 ? 24 : 8 * channels;
    memset(counter, 0, sizeof *counter);
    counter->channels = channels;
    counter->tables = tables;
    kmc_overflow_init(&counter->overflow, 8 * channels);
    counter->n_cells = key_bits > KMC_CELL_BITS ? (size_t)1 << (key_bits - KMC_CELL_BITS) : 1;
    counter->counters = kmc_table_take(tables, counter->n_cells * KMC_CELL);
    counter->cells = kmc_alloc_zeroed(counter->n_cells, 1);
    counter->full = kmc_alloc(FULL, sizeof *counter->full);
    return counter->counters && counter->cells && counter->full ? KMC_OK : KMC_NO_MEMORY;
}

void kmc_color_counter_free(kmc_color_counter *counter)
{
    kmc_table_give(counter->tables, counter->counters, counter->n_cells * KMC_CELL);
    kmc_free(counter->cells);
    kmc_free(counter->full);
    kmc_overflow_free(&counter->overflow);
    memset(counter, 0, sizeof *counter);
}

kmc_status kmc_color_counter_flush(kmc_color_counter *counter)
{
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < counter->n_full && status == KMC_OK; i++) {
        const uint32_t key = counter->channels == 4 ? kmc_with_opaque_alpha(counter->full[i]) : counter->full[i];
        status = kmc_overflow_add(&counter->overflow, key, COUNTER_MAX);
    }
    counter->n_full = 0;
    return status;
}

/* Reserves space for n more keys in the list of full counters. */
static kmc_status make_room(kmc_color_counter *counter, size_t n)
{
    return counter->n_full + n > FULL ? kmc_color_counter_flush(counter) : KMC_OK;
}

/* Counts a key `times` times. A counter wraps from 255 to 1, since 0 means that the colour has not occurred. */
static inline uint32_t *count_key(uint8_t *counters, uint8_t *cells, uint32_t key, unsigned times, uint32_t *full)
{
    const uint32_t cell = key >> KMC_CELL_BITS;
    if (!cells[cell]) {
        cells[cell] = 1;
        memset(counters + (size_t)cell * KMC_CELL, 0, KMC_CELL);
    }
    const uint8_t sum = (uint8_t)(counters[key] + times);
    counters[key] = sum;
    if (sum >= times) return full;
    counters[key] = (uint8_t)(sum + 1);
    *full = key;
    return full + 1;
}

/* Four equal keys are counted at once: in flat areas, each increment would have to wait for the previous one. */
static void count(kmc_color_counter *counter, const uint32_t *keys, size_t n)
{
    uint8_t *const counters = counter->counters, *const cells = counter->cells;
    uint32_t *full = counter->full + counter->n_full;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const uint32_t a = keys[i], b = keys[i + 1], c = keys[i + 2], d = keys[i + 3];
        if (((a ^ b) | (a ^ c) | (a ^ d)) == 0) {
            full = count_key(counters, cells, a, 4, full);
        } else {
            full = count_key(counters, cells, a, 1, full);
            full = count_key(counters, cells, b, 1, full);
            full = count_key(counters, cells, c, 1, full);
            full = count_key(counters, cells, d, 1, full);
        }
    }
    for (; i < n; i++) full = count_key(counters, cells, keys[i], 1, full);
    counter->n_full = (size_t)(full - counter->full);
}

static kmc_status count_in_overflow(kmc_color_counter *counter, const uint32_t *keys, size_t n)
{
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n && status == KMC_OK;) {
        const size_t begin = i;
        while (i < n && keys[i] == keys[begin]) i++;
        status = kmc_overflow_add(&counter->overflow, keys[begin], i - begin);
    }
    return status;
}

/* Counts the keys that are not opaque, and compacts the opaque ones, without alpha; sets n to their number. */
static kmc_status count_not_opaque(kmc_color_counter *counter, uint32_t *keys, size_t *n)
{
    uint32_t others[BLOCK];
    size_t n_opaque = 0, n_others = 0;
    for (size_t i = 0; i < *n; i++) {
        const uint32_t key = keys[i], opaque = kmc_is_opaque(key) != 0;
        others[n_others] = keys[n_opaque] = key;
        n_opaque += opaque;
        n_others += !opaque;
    }
    for (size_t i = 0; i < n_opaque; i++) keys[i] = kmc_without_alpha(keys[i]);
    *n = n_opaque;
    return count_in_overflow(counter, others, n_others);
}

kmc_status kmc_color_counter_add(kmc_color_counter *counter, const kmc_colors_kernels *kernels, const uint8_t *pixels,
                                 size_t n)
{
    uint32_t keys[BLOCK];
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n && status == KMC_OK; i += BLOCK) {
        size_t here = kmc_smaller(n - i, BLOCK);
        kernels->keys(pixels + i * (size_t)counter->channels, here, counter->channels, keys);
        if (counter->channels == 4) status = count_not_opaque(counter, keys, &here);
        if (status == KMC_OK) status = make_room(counter, here);
        if (status == KMC_OK) count(counter, keys, here);
    }
    return status;
}

/* Adds one vector of counters to another. Returns whether any of them overflowed. */
static int add_run(uint8_t *restrict counters, const uint8_t *restrict other)
{
    uint8_t over = 0;
    for (int i = 0; i < RUN; i++) {
        const uint8_t sum = (uint8_t)(counters[i] + other[i]);
        over |= (uint8_t)(sum < other[i]);
        counters[i] = sum;
    }
    return over;
}

/* Adds one cell to another and lists the keys that were full. */
static void add_cell(uint8_t *counters, const uint8_t *other, uint32_t first, kmc_color_counter *full_of)
{
    for (int begin = 0; begin < KMC_CELL; begin += RUN) {
        if (!add_run(counters + begin, other + begin)) continue;
        for (int i = begin; i < begin + RUN; i++) {
            if (counters[i] >= other[i]) continue;
            counters[i]++; /* it wrapped at 256, and 255 go to the overflow list */
            full_of->full[full_of->n_full++] = first + (uint32_t)i;
        }
    }
}

kmc_status kmc_color_counter_merge_cells(kmc_color_counter *counter, const kmc_color_counter *other, size_t begin,
                                         size_t end, kmc_color_counter *full_of)
{
    kmc_status status = KMC_OK;
    for (size_t cell = begin; cell < end; cell++) {
        uint8_t *const to = counter->counters + cell * KMC_CELL;
        const uint8_t *const from = other->counters + cell * KMC_CELL;
        if (!other->cells[cell]) continue;
        if (!counter->cells[cell]) {
            counter->cells[cell] = 1;
            memcpy(to, from, KMC_CELL);
            continue;
        }
        status = make_room(full_of, KMC_CELL);
        if (status != KMC_OK) break;
        add_cell(to, from, (uint32_t)(cell * KMC_CELL), full_of);
    }
    return status;
}

kmc_status kmc_color_counter_merge_overflow(kmc_color_counter *counter, const kmc_color_counter *other, int part)
{
    return kmc_overflow_merge(&counter->overflow, &other->overflow, part);
}
