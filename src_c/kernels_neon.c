/* The inner loops in NEON, which every 64-bit ARM has. */
#include "kernels_all.h"

#ifdef KMC_ARM

#include "bits.h"
#include "candidates.h"
#include "pixels.h"

#define KMC_TARGET
#define KMC_NAME(kernel) kernel##_neon
#define KMC_VARIANT "neon"
#include "lanes_c.h"
#include "quads_c.h"
#include "vec_neon.h"

#include "pixels_neon.h"

#include "kernels_pixels_tpl.h"
#include "kernels_tpl.h"

#endif
