/* Colours and their Morton keys. */
#include "pixels.h"

uint32_t kmc_morton_key(const uint8_t *color, int channels)
{
    uint32_t key = 0;
    for (int bit = 7; bit >= 0; bit--)
        for (int c = 0; c < channels; c++)
            key = key << 1 | (color[c] >> bit & 1);
    return key;
}

void kmc_morton_color(uint32_t key, int channels, uint8_t *color)
{
    for (int c = 0; c < channels; c++) {
        color[c] = 0;
        for (int bit = 7; bit >= 0; bit--)
            color[c] = (uint8_t)(color[c] << 1 | (key >> (bit * channels + channels - 1 - c) & 1));
    }
}
