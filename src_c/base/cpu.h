/* The processor, its features, and the load of the machine. */
#ifndef KMC_BASE_CPU_H
#define KMC_BASE_CPU_H

/* The architectures that have kernels of their own. */
#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))
#define KMC_X86
#elif (defined(__aarch64__) && !defined(__AARCH64EB__)) || defined(_M_ARM64)
#define KMC_ARM
#endif

/* Bits of kmc_cpu_features: each means that all instructions of the kernels of this name can be used. */
enum { KMC_CPU_AVX2 = 1, KMC_CPU_AVX512 = 2 };

unsigned kmc_cpu_features(void);

/* The number of threads on the whole machine that are running or ready to run, including the caller; 0 if unknown. It
 * reads a file, so not for inner loops. */
int kmc_cpu_running(void);

/* The id of the calling thread, 0 if unknown; and whether the thread of this process with this id is running or ready
 * to run, 0 if unknown. */
int kmc_cpu_thread(void);
int kmc_cpu_runs(int thread);

#endif
