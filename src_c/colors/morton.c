/* The table of colors/morton.h. */
#include "colors/morton.h"

#define SPREAD(v, apart) \
    ((v) & 1) | ((v) & 2) << ((apart)-1) | ((v) & 4) << 2 * ((apart)-1) | ((v) & 8) << 3 * ((apart)-1)
#define FOUR(v, apart) SPREAD(v, apart), SPREAD((v) + 1, apart), SPREAD((v) + 2, apart), SPREAD((v) + 3, apart)
#define SIXTEEN(apart) {FOUR(0, apart), FOUR(4, apart), FOUR(8, apart), FOUR(12, apart)}

const uint16_t kmc_spread[5][16] = {{0}, SIXTEEN(1), SIXTEEN(2), SIXTEEN(3), SIXTEEN(4)};
