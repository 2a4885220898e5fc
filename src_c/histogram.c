/* The distinct colours of pictures, with their counts: a sorted list that pixels are merged into. */
#include "kmc.h"
#include "pixels.h"

#include <stdlib.h>
#include <string.h>

typedef struct entry {
    uint32_t key;
    int64_t count;
} entry;

struct kmc_histogram {
    int channels;
    size_t n;
    entry *entries;
};

enum { BATCH = 1 << 18 };

static int by_key(const void *a, const void *b)
{
    uint32_t const x = ((const entry *)a)->key, y = ((const entry *)b)->key;
    return (x > y) - (x < y);
}

kmc_status kmc_histogram_new(int channels, kmc_histogram **histogram)
{
    *histogram = kmc_alloc_zeroed(1, sizeof **histogram);
    if (*histogram == NULL)
        return KMC_NO_MEMORY;
    (*histogram)->channels = channels;
    return KMC_OK;
}

void kmc_histogram_free(kmc_histogram *histogram)
{
    if (histogram == NULL)
        return;
    kmc_free(histogram->entries);
    kmc_free(histogram);
}

static kmc_status add_batch(kmc_histogram *h, const kmc_run *run, const uint8_t *pixels, size_t n)
{
    uint32_t *keys = kmc_alloc(n, sizeof *keys);
    entry *merged = kmc_alloc(h->n + n, sizeof *merged);
    if (keys == NULL || merged == NULL) {
        kmc_free(keys);
        kmc_free(merged);
        return KMC_NO_MEMORY;
    }
    run->kernels->keys(pixels, n, h->channels, keys);
    if (h->n != 0)
        memcpy(merged, h->entries, h->n * sizeof *merged);
    for (size_t i = 0; i < n; i++)
        merged[h->n + i] = (entry){keys[i], 1};
    qsort(merged, h->n + n, sizeof *merged, by_key);
    size_t last = 0;
    for (size_t i = 1; i < h->n + n; i++) {
        if (merged[i].key == merged[last].key)
            merged[last].count += merged[i].count;
        else
            merged[++last] = merged[i];
    }
    kmc_free(h->entries);
    kmc_free(keys);
    h->entries = merged;
    h->n = last + 1;
    return KMC_OK;
}

kmc_status kmc_histogram_add(kmc_histogram *histogram, const kmc_run *run, const uint8_t *pixels, size_t n)
{
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n && status == KMC_OK; i += BATCH) {
        size_t const left = n - i;
        status = add_batch(histogram, run, pixels + i * (size_t)histogram->channels, left < BATCH ? left : BATCH);
        if (status == KMC_OK && run->poll != NULL && run->poll(run->poll_arg))
            status = KMC_INTERRUPTED;
    }
    return status;
}

kmc_status kmc_histogram_size(kmc_histogram *histogram, const kmc_run *run, size_t *n_colors)
{
    (void)run;
    *n_colors = histogram->n;
    return KMC_OK;
}

kmc_status kmc_histogram_read(kmc_histogram *histogram, const kmc_run *run, uint8_t *colors, int64_t *counts)
{
    (void)run;
    for (size_t i = 0; i < histogram->n; i++) {
        kmc_morton_color(histogram->entries[i].key, histogram->channels, colors + i * (size_t)histogram->channels);
        counts[i] = histogram->entries[i].count;
    }
    return KMC_OK;
}
