/* The kernels in NEON, which every 64-bit ARM has. */
#include "simd/targets.h"

#ifdef KMC_ARM

#define KMC_TARGET
#define KMC_NAME(kernel) kernel##_neon
#define KMC_VARIANT "neon"
#include "simd/lanes_c.h"
#include "simd/quads_c.h"
#include "simd/vec_neon.h"

#include "simd/pixels_neon.h"

#include "colors/pixel_kernels_tpl.h"
#include "simd/kernels_tpl.h"

#endif
