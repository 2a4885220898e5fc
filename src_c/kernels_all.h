/* The variants that exist; which of them can run is for kernels.c to say. */
#ifndef KMC_KERNELS_ALL_H
#define KMC_KERNELS_ALL_H

#include "kernels.h"

extern const kmc_kernels kmc_kernels_c;

#endif
