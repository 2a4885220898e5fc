/* The index of a colour in a list, by its Morton key; a valid index for any key at all. */
#ifndef KMC_COLORS_COLOR_LOOKUP_H
#define KMC_COLORS_COLOR_LOOKUP_H

#include "base/hash_map.h"

/* The most keys of one lookup. */
#define KMC_COLOR_LOOKUP_BLOCK KMC_HASH_MAP_BLOCK

/* A list in Morton order needs only one byte for each key: its position among the keys with the same upper bits. With
 * four channels, opaque colours are looked up by their key without alpha, and all others in a map. */
typedef struct kmc_color_lookup {
    int channels;
    size_t n_keys, n_positions;
    uint32_t *starts; /* by the upper bits of a key: the position of the first colour with these, */
    uint8_t *ranks;   /* and by the whole key: how many more come before; set for colours that occur */
    uint32_t *opaque; /* of four channels: the index of the opaque colour at a position */
    kmc_hash_map map;
} kmc_color_lookup;

/* Of n >= 1 distinct colours in Morton order. Release with kmc_color_lookup_free, after a failure too. */
kmc_status kmc_color_lookup_new(kmc_color_lookup *lookup, const kmc_run *run, int channels, const uint8_t *colors,
                                size_t n);
void kmc_color_lookup_free(kmc_color_lookup *lookup, const kmc_run *run);

/* Replaces the keys of colours in the list by their indices, n <= KMC_COLOR_LOOKUP_BLOCK; others by any index in it. */
void kmc_color_lookup_find(const kmc_color_lookup *lookup, uint32_t *keys, size_t n);

#endif
