/* What the processor and the operating system under us can do. */
#ifndef KMC_CPU_H
#define KMC_CPU_H

/* Bits of kmc_cpu_features. A bit stands for all that its kernels file is compiled for. */
enum { KMC_CPU_AVX2 = 1, KMC_CPU_AVX512 = 2 };

unsigned kmc_cpu_features(void);

#endif
