/* Everything the Python layer sees of the engine, each function with its contract.
 *
 * The caller owns all arrays; a call allocates its workspace and frees it before it returns, except for what goes back
 * to run->tables. It prints nothing and never exits. Results depend on the arguments alone, never on how it is run.
 *
 * Arrays may change while a call reads them: another thread writes there, or a callback. That may spoil the result, but
 * never memory. So a value from a caller's array is bounded where it becomes an address, after it was read for the last
 * time; what was true of an array when it was looked at before counts for nothing. */
#ifndef KMC_H
#define KMC_H

#include "base/base.h"
#include "simd/kernels.h"

/* ---- histogram: the distinct colours of pictures, with their counts ---------------------------------------------- */

typedef struct kmc_histogram kmc_histogram;

/* An empty histogram of colours of `channels` (1, 3 or 4) bytes. Release with kmc_histogram_free (NULL is allowed)
 * while run->tables still live. */
kmc_status kmc_histogram_new(const kmc_run *run, int channels, kmc_histogram **histogram);
void kmc_histogram_free(kmc_histogram *histogram);

/* Counts n pixels, n * channels bytes. After a failure the histogram may only be freed. */
kmc_status kmc_histogram_add(kmc_histogram *histogram, const kmc_run *run, const uint8_t *pixels, size_t n);

/* How many distinct colours there are; then the colours themselves in Morton order (the bits of the channels
 * interleaved from the top down, first channel first) with their counts. */
kmc_status kmc_histogram_size(kmc_histogram *histogram, const kmc_run *run, size_t *n_colors);
kmc_status kmc_histogram_read(kmc_histogram *histogram, const kmc_run *run, uint8_t *colors, int64_t *counts);

/* sums[j] = the weights of all pixels whose colour is colors[j], added up; pixels of other colours are added to any of
 * them. Colours are distinct, at least one and in Morton order; n < 2^47. */
kmc_status kmc_add_weights(const kmc_run *run, const uint8_t *pixels, const uint16_t *weights, size_t n, int channels,
                           const uint8_t *colors, size_t n_colors, int64_t *sums);

/* ---- remap: pixels to palette indices ---------------------------------------------------------------------------- */

/* indices[i] = labels[j] where colors[j] is the colour of pixel i, and any index below k where there is none. Colours
 * are distinct and in Morton order, labels below k. Indices are 1 byte wide (index_bytes = 1) or 2. */
kmc_status kmc_remap(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *colors,
                     const uint16_t *labels, size_t n_colors, size_t k, void *indices, int index_bytes);

/* indices[i] = the nearest of k palette colours to pixel i, by brute force, lowest index on ties; k <= 65536. error =
 * the sum of squared distances, in levels squared. Unless both are NULL, counts[j] = how many pixels are nearest to
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
    int32_t neutral[3], white;      /* coordinates of black; lightness of white */
} kmc_space;

/* Where n colours lie, (n, 4): in 64ths of a level from 0 to 16383. With alpha, coordinates are premultiplied (drawn
 * towards black) and the fourth is how transparent the colour is, which is 0 when opaque: so opaque colours lie where
 * the same colours without alpha do. Grey ones have lightness alone. */
kmc_status kmc_coordinates(const kmc_run *run, const kmc_space *space, const uint8_t *colors, size_t n, int channels,
                           int16_t *coordinates);

/* What n colours lose by the palette colours of their labels, which are below k: the sum of counts times squared
 * distances, premultiplied, in levels squared. */
kmc_status kmc_color_error(const kmc_run *run, const uint8_t *colors, const int64_t *counts, size_t n, int channels,
                           const uint8_t *palette, size_t k, const uint16_t *labels, double *error);

/* ---- dithering: indices that serve areas rather than pixels ------------------------------------------------------ */

/* A picture and its palette. */
typedef struct kmc_canvas {
    const uint8_t *pixels;      /* height * width * channels bytes, channels 1, 3 or 4 */
    const int16_t *coordinates; /* where the pixels lie, 4 each (kmc_coordinates), or NULL for the levels themselves,
                                   without alpha */
    const int16_t *clear;       /* where fully transparent ones lie */
    size_t height, width;       /* >= 1 */
    int channels, index_bytes;  /* index_bytes: 1 or 2, of the indices to be found */
    const int16_t *palette;     /* where its k entries lie, 4 each */
    size_t k;
} kmc_canvas;

typedef enum kmc_diffusion { KMC_FLOYD_STEINBERG, KMC_ATKINSON } kmc_diffusion;

/* Error diffusion, to and fro. strength: how much of an error is passed on, 0 to 256. error = the sum over the pixels
 * of the squared distances to their entries, in levels squared. */
kmc_status kmc_diffuse(const kmc_run *run, const kmc_canvas *canvas, kmc_diffusion kind, int strength, void *indices,
                       double *error);

/* The n distinct colours of a canvas: Morton order, where they lie (4 each), and what the plain mapping gives to each;
 * how light each entry of the palette is. */
typedef enum kmc_order { KMC_BAYER, KMC_BLUE_NOISE } kmc_order;
typedef struct kmc_mixing {
    kmc_order order;
    size_t n;
    const uint8_t *colors;
    const int16_t *coordinates;
    const uint16_t *labels, *lightness;
} kmc_mixing;

/* Ordered dithering: what a pixel gets depends on its colour and place alone. strength: 0 to 256, how much of what the
 * plain mapping gets wrong is made good. */
kmc_status kmc_order_dither(const kmc_run *run, const kmc_canvas *canvas, const kmc_mixing *mixing, int strength,
                            void *indices);

/* The sum over the pixels of the squared distances to the entries of their indices, in levels squared. */
kmc_status kmc_canvas_error(const kmc_run *run, const kmc_canvas *canvas, const void *indices, double *error);

/* ---- k-means: weighted colours to centroids ---------------------------------------------------------------------- */

/* Colours as points with their weights, under a tree of boxes. */
typedef struct kmc_tree kmc_tree;

/* `colors`: n distinct colours of `channels` bytes in Morton order. `coordinates`: where they lie, (n, 4) in 64ths of a
 * level from 0 to 16383, or NULL for the colours themselves. `weights`: positive, 2^33 in all at most, or NULL for 1
 * each. Keeps no pointer to them. Release with kmc_tree_free (NULL is allowed). */
kmc_status kmc_tree_new(const kmc_run *run, const uint8_t *colors, const int16_t *coordinates, const int64_t *weights,
                        size_t n, int channels, kmc_tree **tree);
void kmc_tree_free(kmc_tree *tree);

/* How many points it has. */
size_t kmc_tree_size(const kmc_tree *tree);

/* The same colours gathered into cells, each one point at its mean: cubes of a whole power of two of levels, or halved
 * along some of the channels, smaller where there is more weight; `least` of them or more, as few as can be. NULL when
 * only the colours themselves are as many. */
kmc_status kmc_tree_coarsen(const kmc_run *run, kmc_tree *tree, size_t least, kmc_tree **cells);

/* Centroids are (k, 4) doubles in levels; coordinates beyond the channels are 0. k is at most the number of points. */

/* Greedy k-means++: each centroid is the best of a few points drawn with probability proportional to their error. The
 * first n_fixed centroids are given; k may then be that much larger. */
kmc_status kmc_seed_plusplus(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, uint64_t seed,
                             double *centroids);

/* k distinct points, drawn with probability proportional to their weights. */
kmc_status kmc_seed_random(const kmc_run *run, const kmc_tree *tree, size_t k, uint64_t seed, double *centroids);

/* Bisecting k-means: splits the cluster that gains most from it in two, until there are k. */
kmc_status kmc_seed_split(const kmc_run *run, const kmc_tree *tree, size_t k, double *centroids);

/* The k of 256 grey levels that, beside the fixed ones, serve the points of a grey tree best, ascending, and the means
 * of the points that each serves. `places` says where the levels lie on the line; the points are at some of these,
 * ascending; k is at most the number of those that are not fixed. */
kmc_status kmc_best_greys(const kmc_tree *tree, const int16_t *places, const uint8_t *fixed, size_t n_fixed, size_t k,
                          uint8_t *levels, double *centroids);

/* Improves centroids by swaps: each moves one from where it is little missed to where it gains most and lets the
 * clusters around settle. First while that lowers the inertia, then from a swap drawn at random, kept when the outcome
 * is better, `kicks` times or until `patience` of them in a row were in vain. Ends early when run->stopped. Never
 * returns worse centroids than it was given, up to their rounding. The first n_fixed centroids stay where they are. */
kmc_status kmc_search(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int kicks, int patience,
                      uint64_t seed, double *centroids);

/* Called after every iteration, counted from 1. A non-zero answer ends the iterations. */
typedef struct kmc_observer {
    int (*see)(void *context, int iteration, const double *centroids, double inertia, double shift);
    void *context;
} kmc_observer;

/* Lloyd's iterations from the given centroids, replaced by the means of the last one's clusters: until the largest
 * squared movement of a centroid is under `tol` (levels squared), or max_iter times, or after the first one when
 * run->stopped. Inertia, in levels squared, is that of the clusters about their new means. An empty cluster takes the
 * worst served colour. The first n_fixed centroids stay where they are. */
kmc_status kmc_lloyd(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, double *centroids,
                     int max_iter, double tol, const kmc_observer *observer, int *converged);

/* Moves centroids at whole levels, but for the first n_fixed, by single levels while the error falls that kmc_label
 * tells: it is never more in the end. In up to three channels, within 0 to 255; borders between them are drawn `rounds`
 * times at most. Ends early when run->stopped. The points are colours at their levels. Those that weigh 2^32 or more
 * stay with their centroids. */
kmc_status kmc_nudge(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int rounds, double *centroids);

/* labels[i] = the nearest centroid to point i, lowest on ties; counts[j] = the weight of those nearest to j; error =
 * the sum of weights times squared distances, in levels squared. Centroids count as rounded to 1/64 of a level. */
kmc_status kmc_label(const kmc_run *run, const kmc_tree *tree, size_t k, const double *centroids, uint16_t *labels,
                     int64_t *counts, double *error);

/* ---- .kmc: index planes, palettes and metadata to bytes and back; docs/kmc-format.md describes them ----------------
 * */

typedef struct kmc_bytes {
    uint8_t *data;
    size_t size;
} kmc_bytes;

/* An index plane: palette colours have `channels` (1, 3 or 4) bytes, k is at most 65536; the rows are divided into
 * n_bands (at most `height`) bands; `contexts` and `slot_bits` choose the model, as in the file: without slots it is
 * the order-0 model, of symbols, or of residuals if bit 0 of `contexts` is set. */
typedef struct kmc_plane {
    size_t width, height;
    const uint8_t *palette;
    size_t k;
    int channels;
    uint32_t contexts;
    int slot_bits;
    size_t n_bands;
} kmc_plane;

/* The bytes of memory that coding one band takes. As many are coded at a time as there are threads. */
uint64_t kmc_plane_bytes(const kmc_plane *plane);

/* The bytes of memory that a palette of k colours takes while a plane is coded, besides the colours. */
uint64_t kmc_palette_bytes(size_t k);

/* Encodes indices, index_bytes = 1 or 2 wide, as n_bands byte strings. Release them with kmc_bytes_free. Returns
 * KMC_BAD_ARGUMENT if an index is not below k. */
kmc_status kmc_plane_write(const kmc_run *run, const kmc_plane *plane, const void *indices, int index_bytes,
                           kmc_bytes *coded);

/* Decodes indices. A band without data is skipped, its indices stay as they are. Any bytes decode to valid indices: the
 * caller's checksum tells whether they are the right ones. */
kmc_status kmc_plane_read(const kmc_run *run, const kmc_plane *plane, const kmc_bytes *coded, void *indices,
                          int index_bytes);

/* Encodes and decodes a palette of k colours, at least one. Any bytes decode to colours. */
kmc_status kmc_palette_write(const uint8_t *palette, size_t k, int channels, kmc_bytes *coded);
kmc_status kmc_palette_read(const uint8_t *data, size_t size, uint8_t *palette, size_t k, int channels);

/* Encodes and decodes a block of n bytes of metadata, at least one. Any bytes decode to a block. */
kmc_status kmc_block_write(const kmc_run *run, const uint8_t *block, size_t n, kmc_bytes *coded);
kmc_status kmc_block_read(const kmc_run *run, const uint8_t *coded, size_t size, uint8_t *block, size_t n);

/* The bytes of memory that coding a block of n bytes takes, besides the block. */
uint64_t kmc_block_bytes(size_t n);

/* Releases n byte strings. */
void kmc_bytes_free(kmc_bytes *bytes, size_t n);

#endif
