/* What indices are chosen from: where pixels and palette entries lie, and what bits are worth. */
#ifndef KMC_LOSSY_CHOICE_H
#define KMC_LOSSY_CHOICE_H

#include "base/base.h"

/* A choice costs the squared distance between pixel and entry, less that of the nearest entry, times the pixel's
 * weight, and the bits that it takes. Pixels get entries of the kind of their nearest one only. A pixel keeps this if
 * its kind is 0, or if the distance is 0. */
typedef struct kmc_choice {
    size_t width, height, k;
    const int16_t *points;   /* of each pixel, four coordinates, 0 to 16383 */
    const int16_t *entries;  /* of each palette entry, the same */
    const uint8_t *kinds;    /* of each palette entry */
    int index_bytes;         /* of indices, 1 or 2 */
    int64_t lambda;          /* what 1/256 of a bit is worth, in 1/65536 of squared units, at most 2^38 */
    int64_t reach;           /* a squared distance may exceed that of the nearest entry by this */
    const uint16_t *weights; /* of each pixel, in 256ths; NULL: all 256 */
} kmc_choice;

#endif
