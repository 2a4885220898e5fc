/* What colour a pixel is likely to have, going by those around it. */
#ifndef KMC_COLOR_GUESS_H
#define KMC_COLOR_GUESS_H

#include "base.h"

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
    uint16_t trust[KMC_TRUST_MAX + 1];         /* the weight of a rule by the sum of its errors */
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
static inline void kmc_guess(kmc_guesser *guesser, size_t x, const int16_t (*colors)[4], const int32_t *around,
               int32_t guesses[KMC_GUESSES][4])
{
    const int16_t *const w = colors[around[KMC_W]], *const n = colors[around[KMC_N]];
    const int16_t *const nw = colors[around[KMC_NW]], *const ne = colors[around[KMC_NE]];
    const int16_t *const ww = colors[around[KMC_WW]], *const nn = colors[around[KMC_NN]];
    const int16_t *const nne = colors[around[KMC_NNE]], *const nee = colors[around[KMC_NEE]];
    int32_t(*const rules)[4] = guesser->rules;
    int32_t weights[KMC_RULES], all = 0;
    for (int c = 0; c < 4; c++) {
        rules[0][c] = 16 * w[c];
        rules[1][c] = 16 * n[c];
        rules[2][c] = 16 * ne[c];
        rules[3][c] = 16 * (w[c] + n[c] - nw[c]);
        rules[4][c] = 16 * (w[c] + ne[c] - n[c]);
        rules[5][c] = 16 * (2 * n[c] - nn[c]);
        rules[6][c] = 16 * (2 * w[c] - ww[c]);
        rules[7][c] = 16 * (n[c] + ne[c] - nne[c]);
        guesses[1][c] = 3 * (w[c] + n[c]) + 2 * (nw[c] + ne[c] + ww[c] + nn[c]) + nne[c] + nee[c];
        guesses[2][c] = 8 * (w[c] + ne[c]);
        guesses[3][c] = 16 * kmc_between(w[c] + n[c] - nw[c], w[c], n[c]);
    }
    kmc_guess_weigh(guesser, x, weights);
    for (int r = 0; r < KMC_RULES; r++) all += weights[r];
    for (int c = 0; c < 4; c++) {
        int32_t sum = 0;
        for (int r = 0; r < KMC_RULES; r++) sum += weights[r] * rules[r][c];
        sum = sum < 0 ? 0 : sum / all;
        guesses[0][c] = sum > 4080 ? 4080 : sum;
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
