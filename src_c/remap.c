/* Pixels to palette indices, through the labels of the distinct colours. */
#include "kmc.h"

kmc_status kmc_remap(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *colors,
                     const uint16_t *labels, size_t n_colors, void *indices, int index_bytes)
{
    kmc_status status = KMC_OK;
    uint32_t *keys = kmc_alloc(n_colors, sizeof *keys);
    if (keys == NULL)
        return KMC_NO_MEMORY;
    run->kernels->keys(colors, n_colors, channels, keys);
    for (size_t i = 0; i < n && status == KMC_OK; i++) {
        uint32_t key;
        run->kernels->keys(pixels + i * (size_t)channels, 1, channels, &key);
        size_t low = 0, high = n_colors;
        while (high - low > 1) {
            size_t const middle = low + (high - low) / 2;
            if (keys[middle] <= key)
                low = middle;
            else
                high = middle;
        }
        if (index_bytes == 1)
            ((uint8_t *)indices)[i] = (uint8_t)labels[low];
        else
            ((uint16_t *)indices)[i] = labels[low];
        if (i % 65536 == 0 && run->poll != NULL && run->poll(run->poll_arg))
            status = KMC_INTERRUPTED;
    }
    kmc_free(keys);
    return status;
}
