/* What colour a pixel is likely to have, going by those around it. */
#ifndef KMC_COLOR_GUESS_H
#define KMC_COLOR_GUESS_H

#include "base.h"

enum { KMC_GUESSES = 4, KMC_RULES = 8, KMC_GUESS_MARGIN = 3 };

/* The neighbours that the models look at, nearest first: W is one to the left, N one above, NE above to the right, and
 * so on. The first twelve are also compared with the two sides of a node. */
enum {
    KMC_W, KMC_N, KMC_NW, KMC_NE, KMC_WW, KMC_NN, KMC_NNE, KMC_NWW, KMC_NNW, KMC_NEE,
    KMC_WWW, KMC_NNN, KMC_WWWW, KMC_NEEE, KMC_NWWW, KMC_NNEE, KMC_NNWW, KMC_NNNE, KMC_NNNW, KMC_NEIGHBOURS
};

/* How far off each of eight simple rules was, at every column of this row or the one above. */
typedef struct kmc_guesser {
    int32_t (*errors)[KMC_RULES]; /* by column, with a margin on both sides */
    int32_t rules[KMC_RULES][4];  /* what they say of the pixel at hand, in 1/16 */
    uint16_t trust[4096];         /* the weight of a rule by the sum of its errors */
} kmc_guesser;

kmc_status kmc_guesser_new(size_t width, kmc_guesser *guesser);
void kmc_guesser_free(kmc_guesser *guesser);

/* Four guesses in 1/16 of a level, 0 to 4080: the rules weighted by how right they were nearby; a mean of eight
 * neighbours; that of W and NE; and the clamped gradient W + N - NW. */
void kmc_guess(kmc_guesser *guesser, size_t x, const int16_t (*colors)[4], const int32_t *around,
               int32_t guesses[KMC_GUESSES][4]);

/* Tells the guesser what colour it was. */
void kmc_guesser_learn(kmc_guesser *guesser, size_t x, const int16_t *color);

#endif
