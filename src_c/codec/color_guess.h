/* What colour a pixel is likely to have, going by those around it. */
#ifndef KMC_CODEC_COLOR_GUESS_H
#define KMC_CODEC_COLOR_GUESS_H

#include "base/base.h"

enum { KMC_GUESSES = 4, KMC_RULES = 8, KMC_GUESS_MARGIN = 3, KMC_TRUST_MAX = 4095 };

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
    uint16_t trust[KMC_TRUST_MAX + 1]; /* the weight of a rule by the sum of its errors */
} kmc_guesser;

kmc_status kmc_guesser_new(size_t width, kmc_guesser *guesser);
void kmc_guesser_free(kmc_guesser *guesser);

/* The sum of each rule's errors at the three columns to the left, here, and at the two to the right. */
static inline void kmc_guess_weigh(const kmc_guesser *g, size_t x, int32_t weights[KMC_RULES])
{
    const int32_t(*const near)[KMC_RULES] = (const int32_t(*)[KMC_RULES])g->errors + x;
    for (int r = 0; r < KMC_RULES; r++) {
        const int32_t sum = near[0][r] + near[1][r] + near[2][r] + near[3][r] + near[4][r] + near[5][r];
        weights[r] = g->trust[sum < KMC_TRUST_MAX ? sum : KMC_TRUST_MAX];
    }
}

/* What of the range of a and b is nearest to x. */
static inline int32_t kmc_between(int32_t x, int32_t a, int32_t b)
{
    const int32_t low = a < b ? a : b, high = a < b ? b : a;
    return x < low ? low : x > high ? high : x;
}

/* Four guesses in 1/16 of a level, 0 to 4080: the rules weighted by how right they were nearby; a mean of eight
 * neighbours; that of W and NE; and the clamped gradient W + N - NW. */
static inline void kmc_guess(kmc_guesser *restrict guesser, size_t x, const int16_t (*colors)[4], const int32_t *around,
                             int32_t (*restrict guesses)[4])
{
    int32_t near[KMC_NEE + 1][4], sums[4] = {0}, weights[KMC_RULES], all = 0;
    int32_t(*const restrict rules)[4] = guesser->rules;
    for (int i = 0; i <= KMC_NEE; i++)
        for (int c = 0; c < 4; c++) near[i][c] = 16 * colors[around[i]][c];
    for (int c = 0; c < 4; c++) {
        const int32_t w = near[KMC_W][c], n = near[KMC_N][c], ne = near[KMC_NE][c], gradient = w + n - near[KMC_NW][c];
        rules[0][c] = w;
        rules[1][c] = n;
        rules[2][c] = ne;
        rules[3][c] = gradient;
        rules[4][c] = w + ne - n;
        rules[5][c] = 2 * n - near[KMC_NN][c];
        rules[6][c] = 2 * w - near[KMC_WW][c];
        rules[7][c] = n + ne - near[KMC_NNE][c];
        const int32_t twice = near[KMC_NW][c] + ne + near[KMC_WW][c] + near[KMC_NN][c];
        guesses[1][c] = (3 * (w + n) + 2 * twice + near[KMC_NNE][c] + near[KMC_NEE][c]) >> 4;
        guesses[2][c] = (w + ne) >> 1;
        guesses[3][c] = kmc_between(gradient, w, n);
    }
    kmc_guess_weigh(guesser, x, weights);
    for (int r = 0; r < KMC_RULES; r++) {
        all += weights[r];
        for (int c = 0; c < 4; c++) sums[c] += weights[r] * rules[r][c];
    }
    for (int c = 0; c < 4; c++) {
        const int32_t guess = sums[c] < 0 ? 0 : sums[c] / all;
        guesses[0][c] = guess > 4080 ? 4080 : guess;
    }
}

/* Tells the guesser what colour it was. */
static inline void kmc_guesser_learn(kmc_guesser *guesser, size_t x, const int16_t *color)
{
    int32_t *const errors = guesser->errors[x + KMC_GUESS_MARGIN];
    for (int r = 0; r < KMC_RULES; r++) {
        int32_t sum = 0;
        for (int c = 0; c < 4; c++) {
            const int32_t off = guesser->rules[r][c] - 16 * color[c];
            sum += off < 0 ? -off : off;
        }
        errors[r] = sum >> 4;
    }
}

#endif
