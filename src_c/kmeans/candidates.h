/* A candidate set: the centroids that can be nearest to some point of a box. */
#ifndef KMC_KMEANS_CANDIDATES_H
#define KMC_KMEANS_CANDIDATES_H

#include "kmeans/points.h"

typedef struct kmc_candidates {
    int32_t *xy, *zw; /* their coordinates, padded by KMC_PADDING words */
    uint32_t *id;     /* their indices, ascending, so that the lowest index wins ties */
    int32_t *near;    /* scratch of the filter kernel, padded as well */
    size_t n;
} kmc_candidates;

/* Fills the padding with copies of the last candidate, so that kernels can process whole vectors. n >= 1. */
static inline void kmc_candidates_pad(kmc_candidates *c)
{
    const int32_t xy = c->xy[c->n - 1], zw = c->zw[c->n - 1];
    for (size_t i = c->n; i < c->n + KMC_PADDING; i++) {
        c->xy[i] = xy;
        c->zw[i] = zw;
    }
}

#endif
