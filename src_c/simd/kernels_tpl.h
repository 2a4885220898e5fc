/* All inner loops of one instruction set and their table: the including file defines KMC_TARGET, KMC_NAME, and
 * KMC_VARIANT, the name of the set, and includes its vec_*.h, pixels_*.h and quads_*.h before this. */
#include "colors/assign_kernels_tpl.h"
#include "dither/dither_kernels_tpl.h"
#include "codec/index_kernels_tpl.h"
#include "kmeans/kmeans_kernels_tpl.h"

const kmc_kernels KMC_NAME(kmc_kernels) = {
    .name = KMC_VARIANT,
    .keys = KMC_NAME(keys),
    .colors = KMC_NAME(colors),
    .occupied = KMC_NAME(occupied),
    .assign = KMC_NAME(assign),
    .accumulate = KMC_NAME(accumulate),
    .filter = KMC_NAME(filter),
    .nearest_point = KMC_NAME(nearest_point),
    .capped_error = KMC_NAME(capped_error),
    .box_distance = KMC_NAME(box_distance),
    .enclose = KMC_NAME(enclose),
    .sum_where = KMC_NAME(sum_where),
    .measure = KMC_NAME(measure),
    .diffuse = KMC_NAME(diffuse),
    .mix = KMC_NAME(mix),
    .write_indices = KMC_NAME(write_indices),
    .read_indices = KMC_NAME(read_indices),
};
