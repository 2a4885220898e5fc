/* Choosing symbols by what the index model asks for them: the cost of a bit. */
#include "codec/choice.h"

/* log2 of x >= 1 in units of 1/256, rounded: its square's integer part gives one more bit each time. */
static uint32_t log2_of(uint32_t x)
{
    uint32_t exponent = 0;
    while (x >> exponent > 1) exponent++;
    uint64_t mantissa = (uint64_t)x << (31 - exponent);
    for (int i = 0; i < 9; i++) {
        mantissa = mantissa * mantissa >> 31;
        exponent = exponent << 1 | (uint32_t)(mantissa >> 32);
        mantissa >>= mantissa >> 32;
    }
    return (exponent + 1) >> 1;
}

void kmc_chooser_init(kmc_chooser *chooser)
{
    for (uint32_t i = 1; i <= 1 << KMC_COSTS_BITS; i++)
        chooser->costs[i] = (uint16_t)(KMC_COSTS_BITS * KMC_COST_ONE - log2_of(i));
    chooser->costs[0] = chooser->costs[1] + KMC_COST_ONE; /* half of the least probability */
    for (int i = 0; i < KMC_SLOT; i++) chooser->empty[i] = KMC_COUNTER_NEW;
}
