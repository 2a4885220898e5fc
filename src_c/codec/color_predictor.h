/* Prediction of a pixel's colour from its neighbours. */
#ifndef KMC_CODEC_COLOR_PREDICTOR_H
#define KMC_CODEC_COLOR_PREDICTOR_H

#include "base/base.h"

enum { KMC_PREDICTIONS = 4, KMC_SUBPREDICTORS = 8, KMC_PREDICTOR_MARGIN = 3, KMC_ERROR_MAX = 4095 };

/* Neighbours, nearest first: W is the pixel to the left, N the one above, NE the one above to the right, NNE two up and
 * one to the right. The first twelve are also compared with both halves of a node of the palette tree. */
enum {
    KMC_W, KMC_N, KMC_NW, KMC_NE, KMC_WW, KMC_NN, KMC_NNE, KMC_NWW, KMC_NNW, KMC_NEE,
    KMC_WWW, KMC_NNN, KMC_WWWW, KMC_NEEE, KMC_NWWW, KMC_NNEE, KMC_NNWW, KMC_NNNE, KMC_NNNW, KMC_NEIGHBORS
};

/* Eight linear subpredictors, each weighted by its recent errors nearby. */
typedef struct kmc_color_predictor {
    int32_t (*errors)[KMC_SUBPREDICTORS];        /* the latest, by column, with a margin on both sides; the owner's */
    int32_t estimates[KMC_SUBPREDICTORS][4];     /* for the current pixel, in units of 1/16 */
    uint16_t estimate_weight[KMC_ERROR_MAX + 1]; /* by the sum of a subpredictor's errors */
} kmc_color_predictor;

static inline void kmc_color_predictor_fill(kmc_color_predictor *predictor)
{
    for (int i = 0; i <= KMC_ERROR_MAX; i++) predictor->estimate_weight[i] = (uint16_t)(65536 / (i + 9));
}

/* Weighs each subpredictor by its errors in the three columns to the left (this row) and in this column and the two to
 * its right (the row above). */
static inline void kmc_weigh_estimates(const kmc_color_predictor *g, size_t x, int32_t weights[KMC_SUBPREDICTORS])
{
    const int32_t(*const near)[KMC_SUBPREDICTORS] = (const int32_t(*)[KMC_SUBPREDICTORS])g->errors + x;
    for (int r = 0; r < KMC_SUBPREDICTORS; r++) {
        const int32_t sum = near[0][r] + near[1][r] + near[2][r] + near[3][r] + near[4][r] + near[5][r];
        weights[r] = g->estimate_weight[sum < KMC_ERROR_MAX ? sum : KMC_ERROR_MAX];
    }
}

/* x clamped to the interval between a and b. */
static inline int32_t kmc_clamp_between(int32_t x, int32_t a, int32_t b)
{
    const int32_t low = a < b ? a : b, high = a < b ? b : a;
    return x < low ? low : x > high ? high : x;
}

/* Makes four predictions in units of 1/16 of a level, 0 to 4080: the weighted mean of the subpredictors; a mean of
 * eight neighbours; the mean of W and NE; and the clamped gradient W + N - NW. */
static inline void kmc_predict_color(kmc_color_predictor *restrict predictor, size_t x, const int16_t (*colors)[4],
                                     const int32_t *neighbors, int32_t (*restrict predictions)[4])
{
    int32_t near[KMC_NEE + 1][4], sums[4] = {0}, weights[KMC_SUBPREDICTORS], all = 0;
    int32_t(*const restrict estimates)[4] = predictor->estimates;
    for (int i = 0; i <= KMC_NEE; i++)
        for (int c = 0; c < 4; c++) near[i][c] = 16 * colors[neighbors[i]][c];
    for (int c = 0; c < 4; c++) {
        const int32_t w = near[KMC_W][c], n = near[KMC_N][c], ne = near[KMC_NE][c], gradient = w + n - near[KMC_NW][c];
        estimates[0][c] = w;
        estimates[1][c] = n;
        estimates[2][c] = ne;
        estimates[3][c] = gradient;
        estimates[4][c] = w + ne - n;
        estimates[5][c] = 2 * n - near[KMC_NN][c];
        estimates[6][c] = 2 * w - near[KMC_WW][c];
        estimates[7][c] = n + ne - near[KMC_NNE][c];
        const int32_t twice = near[KMC_NW][c] + ne + near[KMC_WW][c] + near[KMC_NN][c];
        predictions[1][c] = (3 * (w + n) + 2 * twice + near[KMC_NNE][c] + near[KMC_NEE][c]) >> 4;
        predictions[2][c] = (w + ne) >> 1;
        predictions[3][c] = kmc_clamp_between(gradient, w, n);
    }
    kmc_weigh_estimates(predictor, x, weights);
    for (int r = 0; r < KMC_SUBPREDICTORS; r++) {
        all += weights[r];
        for (int c = 0; c < 4; c++) sums[c] += weights[r] * estimates[r][c];
    }
    for (int c = 0; c < 4; c++) {
        const int32_t prediction = sums[c] < 0 ? 0 : sums[c] / all;
        predictions[0][c] = prediction > 4080 ? 4080 : prediction;
    }
}

/* Records the errors of the estimates of kmc_predict_color, once the colour is known. */
static inline void kmc_color_predictor_learn(kmc_color_predictor *predictor, size_t x, const int16_t *color)
{
    int32_t *const errors = predictor->errors[x + KMC_PREDICTOR_MARGIN];
    for (int r = 0; r < KMC_SUBPREDICTORS; r++) {
        int32_t sum = 0;
        for (int c = 0; c < 4; c++) {
            const int32_t error = predictor->estimates[r][c] - 16 * color[c];
            sum += error < 0 ? -error : error;
        }
        errors[r] = sum >> 4;
    }
}

#endif
