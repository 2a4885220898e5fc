/* The argument of the kernel of the mask of adaptive dithering: windows of 5 x 5 pixels that go down a picture. */
#ifndef KMC_DITHER_WINDOWS_H
#define KMC_DITHER_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

/* Pixels of a window to each side of its middle; along a side; and in all. */
#define KMC_WINDOW_REACH 2
#define KMC_WINDOW_SIDE (2 * KMC_WINDOW_REACH + 1)
#define KMC_WINDOW (KMC_WINDOW_SIDE * KMC_WINDOW_SIDE)

/* The most windows of a row, and room for the pixels that they cover. Loops run on to a multiple of KMC_WINDOWS_STEP,
 * which spares them what is left of a vector at the end: pixels beyond those covered have to be something. */
#define KMC_WINDOWS_STEP 32
#define KMC_WINDOWS (15 * KMC_WINDOWS_STEP)
#define KMC_WINDOWS_ROOM (KMC_WINDOWS + KMC_WINDOWS_STEP)

/* The sum of a pixel's coordinates loses this many bits, so that the sum of the squares of a window fits 32 bits. */
#define KMC_COARSE 3

/* A row of pixels: the errors of their coordinates in 64ths of a level; the coarse sum of their coordinates, and their
 * palette entry. */
typedef struct kmc_window_pixels {
    int16_t errors[KMC_WINDOWS_ROOM][4];
    struct kmc_window_pixel {
        int16_t sum;
        uint16_t label;
    } others[KMC_WINDOWS_ROOM];
} kmc_window_pixels;

/* The same, in planes. */
typedef struct kmc_window_row {
    int16_t errors[4][KMC_WINDOWS_ROOM], sums[KMC_WINDOWS_ROOM];
} kmc_window_row;

/* The sums of the columns of the windows: of each error, and of the coarse sums and their squares. */
typedef struct kmc_window_columns {
    int32_t errors[4][KMC_WINDOWS_ROOM], sums[KMC_WINDOWS_ROOM], squares[KMC_WINDOWS_ROOM];
} kmc_window_columns;

/* n windows side by side, which go down by one row. */
typedef struct kmc_windows {
    size_t n;
    int channels; /* the number of coordinates that may have an error */
    const kmc_window_pixels *pixels;               /* a new row, */
    kmc_window_row *rows[KMC_WINDOW_SIDE];         /* those that the windows cover, from the top: the last one is to be
                                                      set to the new one, in place of the one that they leave */
    kmc_window_columns *columns;                   /* to be brought up to date */
    uint8_t *shares; /* of the pixels in the middle, 0 to 255: how clearly the mean error is seen; NULL: not wanted */
} kmc_windows;

#endif
