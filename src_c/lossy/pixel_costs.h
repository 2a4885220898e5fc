/* What the errors of entries cost for a pixel, in units that all choosers share. */
#ifndef KMC_LOSSY_PIXEL_COSTS_H
#define KMC_LOSSY_PIXEL_COSTS_H

#include "lossy/choice.h"

enum {
    KMC_FORBIDDEN = UINT16_MAX, /* more than any entry costs that may be chosen */
    KMC_ALTERNATIVES = 24       /* the entries nearest to the one given, itself included, which alone may be chosen */
};

/* A cost of 1 is 256 squared units of errors of weight 256; a bit costs bit / 16. */
typedef struct kmc_pixel_costs {
    const kmc_choice *choice;
    const uint8_t *nearest;
    uint32_t bit;
    int32_t reach;
    int16_t palette[256][4];
    uint8_t kinds[256];
    uint8_t neighbors[256][KMC_ALTERNATIVES]; /* the nearest entries of each one, itself first */
    int n_neighbors[256];
} kmc_pixel_costs;

/* For a choice of at most 256 colours. */
void kmc_pixel_costs_init(kmc_pixel_costs *costs, const kmc_choice *choice, const uint8_t *nearest);

/* Sets the costs of all 256 indices for a pixel. Returns its alternatives, and their number. */
const uint8_t *kmc_pixel_costs_set(const kmc_pixel_costs *costs, size_t pixel, uint16_t *of, int *n);

#endif
