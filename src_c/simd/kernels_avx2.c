/* The kernels in AVX2. */
#include "simd/targets.h"

#ifdef KMC_X86

#define KMC_TARGET KMC_TARGET_OF("avx2,bmi,bmi2,lzcnt,popcnt")
#define KMC_NAME(kernel) kernel##_avx2
#define KMC_VARIANT "avx2"
#include "simd/lanes_avx2.h"
#include "simd/quads_avx2.h"
#include "simd/vec_avx2.h"

#include "simd/pixels_avx2.h"

#include "colors/pixel_kernels_tpl.h"
#include "simd/kernels_tpl.h"

#endif
