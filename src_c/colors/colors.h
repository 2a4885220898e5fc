/* Distinct colours and their counts, pixels to palette indices, colour spaces. kmc.h has the contract of all calls. */
#ifndef KMC_COLORS_COLORS_H
#define KMC_COLORS_COLORS_H

#include "base/base.h"

/* ---- histogram: the distinct colours of pictures, with their counts ---------------------------------------------- */

typedef struct kmc_histogram kmc_histogram;

/* Counts the colours of n pixels of `channels` (1, 3 or 4) bytes. Release with kmc_histogram_free (NULL, which it is
 * after a failure, is allowed) while run->tables still live. */
kmc_status kmc_histogram_new(const kmc_run *run, const uint8_t *pixels, size_t n, int channels,
                             kmc_histogram **histogram, size_t *n_colors);
void kmc_histogram_free(kmc_histogram *histogram);

/* The distinct colours in Morton order (the bits of the channels interleaved from the top down, first channel first)
 * with their counts. */
kmc_status kmc_histogram_read(const kmc_histogram *histogram, const kmc_run *run, uint8_t *colors, int64_t *counts);

/* Distinct colours in Morton order with their counts. */
typedef struct kmc_counted {
    const uint8_t *colors;
    const int64_t *counts;
    size_t n;
} kmc_counted;

/* The sum of two histograms: the distinct colours of both in Morton order, and the sums of their counts, which the
 * caller knows not to overflow. Reads the lists again when the sum is read; release as a kmc_histogram. */
typedef struct kmc_histogram_sum kmc_histogram_sum;
kmc_status kmc_histogram_sum_new(const kmc_run *run, kmc_counted a, kmc_counted b, int channels,
                                 kmc_histogram_sum **sum, size_t *n_colors);
void kmc_histogram_sum_free(kmc_histogram_sum *sum);
kmc_status kmc_histogram_sum_read(const kmc_histogram_sum *sum, const kmc_run *run, uint8_t *colors, int64_t *counts);

/* sums[j] = the weights of all pixels whose colour is colors[j], added up; pixels of other colours are added to any of
 * them. Colours are distinct, at least one and in Morton order; n < 2^47. */
kmc_status kmc_add_weights(const kmc_run *run, const uint8_t *pixels, const uint16_t *weights, size_t n, int channels,
                           const uint8_t *colors, size_t n_colors, int64_t *sums);

/* ---- remap: pixels to palette indices ---------------------------------------------------------------------------- */

/* The labels of n distinct colours in Morton order, each below k, k <= 65536, to be looked up by pixels. Release with
 * kmc_labels_free (NULL, which it is after a failure, is allowed) and the tables of the run that made it; made with
 * run->tables = NULL, it may live longer. Indices are 1 byte wide (index_bytes = 1) or 2. */
typedef struct kmc_labels kmc_labels;
kmc_status kmc_labels_new(const kmc_run *run, const uint8_t *colors, const uint16_t *labels, size_t n, int channels,
                          size_t k, int index_bytes, kmc_labels **made);
void kmc_labels_free(kmc_labels *labels, struct kmc_tables *tables);

/* indices[i] = the label of the colour of pixel i, and any index below k where it has none. */
kmc_status kmc_remap(const kmc_run *run, const kmc_labels *labels, const uint8_t *pixels, size_t n, void *indices);

/* positions[i] = j where colors[j] is the colour of pixel i, and any number below n_colors where there is none. Colours
 * are distinct, at least one and in Morton order. */
kmc_status kmc_positions(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *colors,
                         size_t n_colors, uint32_t *positions);

/* indices[i] = the nearest of k palette colours to pixel i, by brute force, lowest index on ties; k <= 65536. error =
 * the sum of squared distances, in levels squared. Unless `sums` is NULL, counts[j] = how many pixels are nearest to
 * colour j, sums[j * channels + c] = the sum of their channel c. */
kmc_status kmc_assign(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *palette,
                      size_t k, void *indices, int index_bytes, int64_t *counts, int64_t *sums, int64_t *error);

/* ---- colour spaces: where distances are taken -------------------------------------------------------------------- */

/* A space by its numbers, in integers: three lights are mixed of red, green and blue, each is perhaps put through a
 * cube root, and three axes are sums of the responses. Without `mix` they are the 8-bit levels themselves. */
typedef struct kmc_space {
    const uint32_t *mix;            /* [3][256][3]: what each level of each channel adds to the lights; 2^30 is white */
    const uint32_t *roots;          /* 2^24 times the cube roots of 128/1024 to 1025/1024; NULL: no roots */
    uint32_t toe_end, toe_slope;    /* lights up to toe_end: toe_slope * light / 2^30 + toe_start, not the root */
    int64_t toe_start;
    int64_t rows[3][3], offsets[3]; /* of responses, 2^24 being white, to 2^40 times the coordinates */
    int32_t transparent[4];         /* where fully transparent colours lie */
} kmc_space;

/* The 8-bit levels themselves. Over black, a colour of alpha a is seen as c * a, over white as c * a + 255 * (1 - a);
 * the mean of both squared distances is that of points at c * a + 127.5 * (1 - a) on three axes, and at sqrt(3) * 127.5
 * * (1 - a) on a fourth. */
extern const kmc_space kmc_levels;

/* Where n colours lie, (n, 4): in 64ths of a level from 0 to 16383. With alpha a, a colour lies a / 255 of the way from
 * where transparent ones do to where it would lie if it were opaque; the fourth coordinate of opaque colours is 0, and
 * so they lie where the same colours without alpha do. Grey ones have lightness alone. */
kmc_status kmc_coordinates(const kmc_run *run, const kmc_space *space, const uint8_t *colors, size_t n, int channels,
                           int16_t *coordinates);

/* What n colours lose by the palette colours of their labels, which are below k: the sum of counts times squared
 * distances between the 8-bit levels, in levels squared; and sums[j] = the counts of label j. */
kmc_status kmc_color_error(const kmc_run *run, const uint8_t *colors, const int64_t *counts, size_t n, int channels,
                           const uint8_t *palette, size_t k, const uint16_t *labels, int64_t *sums, double *error);

/* crowds[i] = how many of n colours are in the cell of colour i, by where they lie, (n, 4): cells have sides of 8
 * levels along the first `axes` axes, 3 or 4. */
kmc_status kmc_crowds(const kmc_run *run, const int16_t *coordinates, size_t n, int axes, uint32_t *crowds);

#endif
