/* Indices chosen for what they cost: of the entries near a pixel's colour the one with the least squared distance plus
 * what its bits are worth. kmc.h has the contract of all calls. */
#ifndef KMC_LOSSY_LOSSY_H
#define KMC_LOSSY_LOSSY_H

#include "codec/codec.h"

/* Where pixels and palette entries lie, and what bits are worth. Pixels get entries of the kind of their nearest one
 * only. A pixel keeps this if its kind is 0, or if the distance is 0. */
typedef struct kmc_choice {
    size_t width, height, k;
    const int16_t *points;  /* of each pixel, four coordinates, 0 to 16383 */
    const int16_t *entries; /* of each palette entry, the same */
    const uint8_t *kinds;   /* of each palette entry */
    int index_bytes;        /* of indices, 1 or 2 */
    int64_t lambda;         /* what 1/256 of a bit is worth, in 1/65536 of squared units, at most 2^38 */
    int64_t reach;          /* a squared distance may exceed that of the nearest entry by this */
} kmc_choice;

enum { KMC_CHOICE_COLORS_MAX = 4096 };

/* Chooses indices by what the model of .kmc files asks for them; `plane` has the same size, and at least two colours.
 * `nearest` are the indices of the nearest entries. Gives the bytes that the indices will take, nearly.
 * KMC_BAD_ARGUMENT if an index is not below k, or there are more than KMC_CHOICE_COLORS_MAX colours. */
kmc_status kmc_choose_kmc(const kmc_run *run, const kmc_choice *choice, const kmc_plane *plane, const void *nearest,
                          void *indices, uint64_t *bytes);

#endif
