/* The kernels in AVX-512 (F, BW, VL). */
#include "simd/targets.h"

#ifdef KMC_X86

#define KMC_TARGET KMC_TARGET_OF("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt")
#define KMC_NAME(kernel) kernel##_avx512
#define KMC_VARIANT "avx512"
#include "simd/lanes_avx2.h"
#include "simd/quads_avx2.h"
#include "simd/vec_avx512.h"

#include "simd/pixels_avx512.h"

#include "colors/pixel_kernels_tpl.h"
#include "simd/kernels_tpl.h"

#endif
