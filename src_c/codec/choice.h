/* Choosing symbols by what the index model asks for them. */
#ifndef KMC_CODEC_CHOICE_H
#define KMC_CODEC_CHOICE_H

#include "codec/adaptive_probability.h"

enum {
    KMC_NEAR = 12,       /* other symbols that are looked at for a pixel whose nearest one is known, */
    KMC_NEAR_TRIED = 3,  /* and how many of them, the nearest, are priced beside the neighbours W, N, NW and NE */
    KMC_COSTS_BITS = 12, /* of a probability, for its cost */
    KMC_COST_ONE = 256   /* units of a bit */
};

/* What a choice needs besides the model, by symbol. */
typedef struct kmc_chooser {
    const int16_t (*entries)[4];
    const uint8_t *kinds;
    const uint16_t (*near)[KMC_NEAR]; /* the nearest others of the same kind; itself where there are no more */
    int64_t lambda, reach;
    uint16_t costs[(1 << KMC_COSTS_BITS) + 1]; /* of a probability in units of 1/4096 */
    kmc_counter empty[KMC_SLOT];               /* the slot of a context that has none */
} kmc_chooser;

/* Fills in `costs` and `empty`. */
void kmc_chooser_init(kmc_chooser *chooser);

#endif
