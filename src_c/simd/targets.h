/* The kernel variants of this build, and compiler-specific attributes. */
#ifndef KMC_SIMD_TARGETS_H
#define KMC_SIMD_TARGETS_H

#include "base/cpu.h"
#include "simd/kernels.h"

/* Compiles a single function for an instruction set. MSVC allows all intrinsics everywhere. */
#if defined(__GNUC__)
#define KMC_TARGET_OF(features) __attribute__((target(features)))
#else
#define KMC_TARGET_OF(features)
#endif

/* For rarely called functions, which would only enlarge the loops that call them. */
#if defined(__GNUC__)
#define KMC_NOINLINE __attribute__((noinline))
#elif defined(_MSC_VER)
#define KMC_NOINLINE __declspec(noinline)
#else
#define KMC_NOINLINE
#endif

/* For functions whose callers pass constants, which are to become code of their own. */
#if defined(__GNUC__)
#define KMC_INLINE inline __attribute__((always_inline))
#elif defined(_MSC_VER)
#define KMC_INLINE __forceinline
#else
#define KMC_INLINE inline
#endif

/* Unrolls the next loop, of at most four iterations. */
#if defined(__clang__)
#define KMC_UNROLL _Pragma("clang loop unroll_count(4)")
#elif defined(__GNUC__)
#define KMC_UNROLL _Pragma("GCC unroll 4")
#else
#define KMC_UNROLL
#endif

extern const kmc_kernels kmc_kernels_c;
#ifdef KMC_X86
extern const kmc_kernels kmc_kernels_avx2, kmc_kernels_avx512;
#endif
#ifdef KMC_ARM
extern const kmc_kernels kmc_kernels_neon;
#endif

#endif
