/* How many colours are near each other, for balanced weights. */
#include "colors/colors.h"
#include "base/parallel.h"

/* A cell is selected by the upper bits of the 14 of each coordinate: it is 8 levels wide. */
enum { BITS = 5, SHIFT = 9, POLL_COLORS = 1 << 16 };

/* The number of the cell of a colour. */
static inline uint32_t cell_of(const int16_t *at, int axes)
{
    uint32_t cell = 0;
    for (int c = 0; c < axes; c++) cell = cell << BITS | ((uint32_t)at[c] >> SHIFT & ((1u << BITS) - 1));
    return cell;
}

kmc_status kmc_crowds(const kmc_run *run, const int16_t *coordinates, size_t n, int axes, uint32_t *crowds)
{
    if (axes != 3 && axes != 4) return KMC_BAD_ARGUMENT;
    uint32_t *const cells = kmc_alloc_zeroed((size_t)1 << BITS * axes, sizeof *cells);
    kmc_status status = cells ? KMC_OK : KMC_NO_MEMORY;
    for (size_t begin = 0; begin < n && status == KMC_OK; begin += POLL_COLORS) {
        const size_t end = kmc_smaller(n, begin + POLL_COLORS);
        for (size_t i = begin; i < end; i++) {
            crowds[i] = cell_of(coordinates + 4 * i, axes);
            cells[crowds[i]]++;
        }
        status = kmc_poll(run);
    }
    for (size_t i = 0; i < n && status == KMC_OK; i++) crowds[i] = cells[crowds[i]];
    kmc_free(cells);
    return status;
}
