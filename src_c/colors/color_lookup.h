/* The number of a colour in the list of all, by its Morton key: for any key at all one that is in the list. */
#ifndef KMC_COLORS_COLOR_LOOKUP_H
#define KMC_COLORS_COLOR_LOOKUP_H

#include "base/hash_map.h"

/* So many keys are looked up at a time at most. */
#define KMC_NUMBERS_BLOCK KMC_KEYMAP_BLOCK

/* A list in Morton order needs only a byte for each key: its place among those that begin alike. Of four channels,
 * opaque colours have that by their key without alpha, the others are in a map. */
typedef struct kmc_numbers {
    int channels;
    size_t n_keys, n_places;
    uint32_t *starts; /* by the upper bits of a key: the place of the first colour with these, */
    uint8_t *ranks;   /* and by the whole key: how many more come before; set for colours that occur */
    uint32_t *opaque; /* of four channels: the number of the opaque colour at a place */
    kmc_keymap map;
} kmc_numbers;

/* Of n >= 1 distinct colours in Morton order. Release with kmc_numbers_free, after a failure too. */
kmc_status kmc_numbers_new(kmc_numbers *numbers, const kmc_run *run, int channels, const uint8_t *colors, size_t n);
void kmc_numbers_free(kmc_numbers *numbers, const kmc_run *run);

/* Replaces the keys of colours in the list by their numbers, n <= KMC_NUMBERS_BLOCK; others by any number in it. */
void kmc_numbers_find(const kmc_numbers *numbers, uint32_t *keys, size_t n);

#endif
