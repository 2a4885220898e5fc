/* The inner loops in AVX2. */
#include "kernels_all.h"

#ifdef KMC_X86

#include "bits.h"
#include "candidates.h"
#include "pixels.h"

#define KMC_TARGET KMC_TARGET_OF("avx2,bmi,bmi2,lzcnt,popcnt")
#define KMC_NAME(kernel) kernel##_avx2
#define KMC_VARIANT "avx2"
#include "lanes_avx2.h"
#include "quads_avx2.h"
#include "vec_avx2.h"

#include "pixels_avx2.h"

#include "kernels_pixels_tpl.h"
#include "kernels_tpl.h"

#endif
