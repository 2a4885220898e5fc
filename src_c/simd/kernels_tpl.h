/* All inner loops of one instruction set and their tables. The including file defines KMC_TARGET, KMC_NAME, and
 * KMC_VARIANT, the name of the set, and includes its lanes_*.h, quads_*.h and vec_*.h before this; and its pixels_*.h
 * with colors/pixel_kernels_tpl.h, unless it defines the loops over pixels itself, as plain C does. */
#include "codec/kernels.h"
#include "colors/kernels.h"
#include "dither/kernels.h"
#include "kmeans/kernels.h"

#include "colors/assign_kernels_tpl.h"
#include "dither/dither_kernels_tpl.h"
#include "dither/error_kernels_tpl.h"
#include "dither/flat_kernels_tpl.h"
#include "dither/windows_kernels_tpl.h"
#include "codec/index_kernels_tpl.h"
#include "codec/choice_kernels_tpl.h"
#include "kmeans/kmeans_kernels_tpl.h"

static const kmc_codec_kernels KMC_NAME(codec_kernels) = {
    .write_indices = KMC_NAME(write_indices),
    .read_indices = KMC_NAME(read_indices),
    .choose_indices = KMC_NAME(choose_indices),
};

static const kmc_colors_kernels KMC_NAME(colors_kernels) = {
    .keys = KMC_NAME(keys),
    .colors = KMC_NAME(colors),
    .occupied = KMC_NAME(occupied),
    .assign = KMC_NAME(assign),
    .accumulate = KMC_NAME(accumulate),
};

static const kmc_dither_kernels KMC_NAME(dither_kernels) = {
    .measure = KMC_NAME(measure),
    .diffuse = KMC_NAME(diffuse),
    .mix = KMC_NAME(mix),
    .mask = KMC_NAME(mask),
    .pair = KMC_NAME(pair),
    .flatten = KMC_NAME(flatten),
    .square_errors = KMC_NAME(square_errors),
};

static const kmc_kmeans_kernels KMC_NAME(kmeans_kernels) = {
    .filter = KMC_NAME(filter),
    .nearest_point = KMC_NAME(nearest_point),
    .capped_error = KMC_NAME(capped_error),
    .box_distance = KMC_NAME(box_distance),
    .enclose = KMC_NAME(enclose),
    .sum_where = KMC_NAME(sum_where),
};

const kmc_kernels KMC_NAME(kmc_kernels) = {
    .name = KMC_VARIANT,
    .codec = &KMC_NAME(codec_kernels),
    .colors = &KMC_NAME(colors_kernels),
    .dither = &KMC_NAME(dither_kernels),
    .kmeans = &KMC_NAME(kmeans_kernels),
};
