/* The inner loops in AVX-512 (F, BW, VL). */
#include "kernels_all.h"

#ifdef KMC_X86

#include "bits.h"
#include "candidates.h"
#include "pixels.h"

#define KMC_TARGET KMC_TARGET_OF("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt")
#define KMC_NAME(kernel) kernel##_avx512
#define KMC_VARIANT "avx512"
#include "lanes_avx2.h"
#include "quads_avx2.h"
#include "vec_avx512.h"

#include "pixels_avx512.h"

#include "kernels_pixels_tpl.h"
#include "kernels_tpl.h"

#endif
