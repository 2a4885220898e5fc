/* The centroids that may still be the nearest to some point of a box, in the order of their numbers. */
#ifndef KMC_KMEANS_CANDIDATES_H
#define KMC_KMEANS_CANDIDATES_H

#include "kmeans/points.h"

typedef struct kmc_candidates {
    int32_t *xy, *zw; /* their coordinates, padded by KMC_PADDING words */
    uint32_t *id;     /* which centroids they are, ascending: the lowest number wins ties */
    int32_t *near;    /* scratch of the filter kernel, padded likewise */
    size_t n;
} kmc_candidates;

/* Repeats the last candidate up to a whole vector, so that kernels need no tail. There must be one. */
static inline void kmc_candidates_pad(kmc_candidates *c)
{
    const int32_t xy = c->xy[c->n - 1], zw = c->zw[c->n - 1];
    for (size_t i = c->n; i < c->n + KMC_PADDING; i++) {
        c->xy[i] = xy;
        c->zw[i] = zw;
    }
}

#endif
