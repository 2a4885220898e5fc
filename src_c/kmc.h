/* The public functions of the engine, and what holds for all of them.
 *
 * The caller owns all arrays; a call allocates its workspace and frees it before it returns, except for what goes back
 * to run->tables. It prints nothing and never exits. Results depend on the arguments alone, never on how it is run.
 *
 * Arrays may change while a call reads them: another thread writes there, or a callback. That may spoil the result, but
 * never memory. So a value from a caller's array is bounded where it becomes an address, after it was read for the last
 * time; what was true of an array when it was looked at before counts for nothing. */
#ifndef KMC_H
#define KMC_H

#include "codec/codec.h"
#include "colors/colors.h"
#include "dither/dither.h"
#include "kmeans/kmeans.h"
#include "lossy/gif_choice.h"
#include "lossy/lossy.h"
#include "lossy/png_choice.h"
#include "lossy/weights.h"
#include "png/filter.h"
#include "png/palette_order.h"
#include "simd/kernels.h"

#endif
