/* The vectorised steps of coding one binary decision, in plain C. All n are multiples of KMC_INPUTS_STEP. */
#include "codec/color_predictor.h"
#include "codec/adaptive_probability.h"
#include "codec/mixer.h"
#include "codec/palette_tree.h"

/* A number in base 3 with one digit for each of twelve neighbours, the nearest lowest: 1 if the neighbour is in the
 * left subtree of the node, 2 in the right one, 0 in neither. */
static inline int32_t lanes_sides(const kmc_palette_node *node, const int32_t *neighbors)
{
    static const int32_t DIGIT[12] = {1, 3, 9, 27, 81, 243, 729, 2187, 6561, 19683, 59049, 177147};
    const int32_t low = (int32_t)node->low, middle = (int32_t)node->split, high = (int32_t)node->high;
    int32_t sides = 0;
    for (int i = 0; i < 12; i++) {
        const int32_t inside = -(neighbors[i] >= low) & -(neighbors[i] < high);
        sides += inside & (DIGIT[i] << (neighbors[i] >= middle));
    }
    return sides;
}

/* The projection of each prediction onto the line through the mean colours of the children, clamped to 0 to 8191; the
 * left child is at 3072, the right one at 5120. */
static inline void lanes_project(const kmc_palette_node *node, const int32_t predictions[KMC_PREDICTIONS][4],
                                 uint32_t at[KMC_PREDICTIONS])
{
    for (int i = 0; i < KMC_PREDICTIONS; i++) {
        int32_t t = 0;
        for (int c = 0; c < 4; c++) t += (predictions[i][c] - node->midpoint[c]) * node->axis[c];
        t = (t >> 8) + 4096;
        at[i] = (uint32_t)(t < 0 ? 0 : t > 8191 ? 8191 : t);
    }
}

/* all[i] = stretched[i] * confidence >> 8, where the confidence is the lower half of rates[i]. */
static inline void lanes_weigh(const int32_t *stretched, const uint32_t *rates, int n, int32_t *all)
{
    for (int i = 0; i < n; i++) all[i] = stretched[i] * (int32_t)(rates[i] & 65535) >> 8;
}

/* The weighted sums of the inputs for each set of weights. */
static inline void lanes_sum(const int32_t *all, int32_t *const weights[KMC_MIXERS], int n, int32_t sums[KMC_MIXERS])
{
    for (int s = 0; s < KMC_MIXERS; s++) {
        int32_t sum = 0;
        for (int i = 0; i < n; i++) sum += all[i] * weights[s][i] >> 4;
        sums[s] = sum;
    }
}

/* One step of gradient descent for each set of weights; errors are in 65536ths, times 16. */
static inline void lanes_learn(const int32_t *restrict all, int32_t *const weights[KMC_MIXERS], int n,
                                const int32_t errors[KMC_MIXERS])
{
    for (int s = 0; s < KMC_MIXERS; s++) {
        int32_t *const restrict own = weights[s];
        for (int i = 0; i < n; i++)
            own[i] = kmc_clamp_weight(own[i] + ((all[i] * errors[s] + (1 << 13)) >> 14), KMC_WEIGHT_MAX);
    }
}

/* Updates the counters by kmc_counter_next; the rate is the upper half of rates[i]. */
static inline void lanes_count(uint32_t *restrict counters, const uint32_t *restrict rates,
                                const uint32_t *restrict limits, int n, int bit)
{
    for (int i = 0; i < n; i++) counters[i] = kmc_counter_next(counters[i], rates[i] >> 16, bit, limits[i]);
}
