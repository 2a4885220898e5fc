/* Only the entries near the one given are looked at: others are hardly ever worth their error. */
#include "lossy/pixel_costs.h"
#include "kmeans/points.h"

#include <string.h>

enum {
    PLAIN_WEIGHT = 256,
    UNIT = 1 << 16,              /* of costs, in 256ths of a squared unit */
    MAX_BIT = 1 << 16
};

static void find_neighbors(kmc_pixel_costs *c)
{
    const size_t k = c->choice->k;
    for (size_t i = 0; i < k; i++) {
        uint8_t *const list = c->neighbors[i];
        int32_t distances[KMC_ALTERNATIVES] = {-1};
        int n = 1;
        list[0] = (uint8_t)i;
        for (size_t j = 0; j < k; j++) {
            if (j == i || c->kinds[j] != c->kinds[i]) continue;
            const int32_t distance = kmc_squared_distance(c->palette[i], c->palette[j]);
            if (n == KMC_ALTERNATIVES && distance >= distances[n - 1]) continue;
            int at = n < KMC_ALTERNATIVES ? n++ : n - 1;
            for (; distances[at - 1] > distance; at--) {
                distances[at] = distances[at - 1];
                list[at] = list[at - 1];
            }
            distances[at] = distance;
            list[at] = (uint8_t)j;
        }
        c->n_neighbors[i] = n;
    }
}

void kmc_pixel_costs_init(kmc_pixel_costs *c, const kmc_choice *choice, const uint8_t *nearest)
{
    const int64_t most = (int64_t)MAX_BIT << 12, lambda = choice->lambda < most ? choice->lambda : most;
    memset(c, 0, sizeof *c);
    c->choice = choice;
    c->nearest = nearest;
    c->bit = (uint32_t)((lambda + (1 << 11)) >> 12);
    c->reach = (int32_t)(choice->reach < INT32_MAX ? choice->reach : INT32_MAX);
    for (size_t i = 0; i < choice->k; i++) {
        for (size_t d = 0; d < 4; d++) c->palette[i][d] = choice->entries[4 * i + d] & KMC_MAX_COORDINATE;
        c->kinds[i] = choice->kinds[i];
    }
    find_neighbors(c);
}

const uint8_t *kmc_pixel_costs_set(const kmc_pixel_costs *c, size_t pixel, uint16_t *of, int *n)
{
    const kmc_choice *const choice = c->choice;
    const uint8_t given = c->nearest[pixel], nearest = given < choice->k ? given : 0;
    const uint8_t *const near = c->neighbors[nearest];
    int16_t point[4];
    for (int i = 0; i < 256; i++) of[i] = KMC_FORBIDDEN;
    of[nearest] = 0;
    for (size_t d = 0; d < 4; d++) point[d] = choice->points[4 * pixel + d] & KMC_MAX_COORDINATE;
    const int32_t least = kmc_squared_distance(point, c->palette[nearest]);
    *n = least == 0 || c->kinds[nearest] == 0 ? 1 : c->n_neighbors[nearest];
    const uint32_t weight = choice->weights ? choice->weights[pixel] : PLAIN_WEIGHT;
    for (int j = 1; j < *n; j++) {
        const int32_t more = kmc_squared_distance(point, c->palette[near[j]]) - least;
        if (more > c->reach) continue;
        const uint64_t cost = more > 0 ? ((uint64_t)more * weight + UNIT - 1) / UNIT : 0;
        of[near[j]] = (uint16_t)(cost < KMC_FORBIDDEN ? cost : KMC_FORBIDDEN);
    }
    return near;
}
