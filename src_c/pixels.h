/* Colours and their Morton keys: the bits of the channels interleaved from the top bit down, first channel first. */
#ifndef KMC_PIXELS_H
#define KMC_PIXELS_H

#include <stdint.h>

uint32_t kmc_morton_key(const uint8_t *color, int channels);
void kmc_morton_color(uint32_t key, int channels, uint8_t *color);

#endif
