/* Weights of single pixels, added up for each colour. */
#include "keymap.h"
#include "kmc.h"

enum { BLOCK = 1024 };

/* Where a colour stands in the list of all, by its key: a table, or a map where keys are too wide for one. */
typedef struct places {
    uint32_t *table; /* only the entries of colours that occur are set */
    kmc_keymap map;  /* for four channels, place + 1 by key */
} places;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static kmc_status set_places(places *p, const kmc_run *run, int channels, const uint8_t *colors, size_t n_colors)
{
    uint32_t keys[BLOCK];
    kmc_status status = KMC_OK;
    for (size_t begin = 0; begin < n_colors && status == KMC_OK; begin += BLOCK) {
        const size_t n = smaller(BLOCK, n_colors - begin);
        run->kernels->keys(colors + begin * (size_t)channels, n, channels, keys);
        for (size_t i = 0; i < n && status == KMC_OK; i++) {
            if (p->table) p->table[keys[i]] = (uint32_t)(begin + i);
            else status = kmc_keymap_add(&p->map, keys[i], (int64_t)(begin + i + 1));
        }
        if (status == KMC_OK) status = kmc_poll(run);
    }
    return status;
}

static size_t place_of(const places *p, uint32_t key)
{
    return p->table ? p->table[key] : (size_t)(kmc_keymap_get(&p->map, key) - 1);
}

kmc_status kmc_add_weights(const kmc_run *run, const uint8_t *pixels, const uint16_t *weights, size_t n, int channels,
                           const uint8_t *colors, size_t n_colors, int64_t *sums)
{
    places p = {NULL, {.part_shift = 0}};
    uint32_t keys[BLOCK];
    kmc_keymap_init(&p.map, 8 * channels);
    if (channels < 4 && !(p.table = kmc_alloc((size_t)1 << 8 * channels, sizeof *p.table))) return KMC_NO_MEMORY;
    for (size_t j = 0; j < n_colors; j++) sums[j] = 0;
    kmc_status status = set_places(&p, run, channels, colors, n_colors);
    for (size_t begin = 0; begin < n && status == KMC_OK; begin += BLOCK) {
        const size_t block = smaller(BLOCK, n - begin);
        run->kernels->keys(pixels + begin * (size_t)channels, block, channels, keys);
        for (size_t i = 0; i < block; i++) sums[place_of(&p, keys[i])] += weights[begin + i];
        status = kmc_poll(run);
    }
    kmc_free(p.table);
    kmc_keymap_free(&p.map);
    return status;
}
