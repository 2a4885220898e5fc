/* What the machine under us can do, and how busy it is. */
#ifndef KMC_BASE_CPU_H
#define KMC_BASE_CPU_H

/* Bits of kmc_cpu_features. A bit stands for all that its kernels file is compiled for. */
enum { KMC_CPU_AVX2 = 1, KMC_CPU_AVX512 = 2 };

unsigned kmc_cpu_features(void);

/* How many threads on the whole machine are running or waiting for a processor at this moment, the caller among them;
 * 0 where the system does not say. Takes some 20 us. */
int kmc_cpu_running(void);

/* The calling thread's number, 0 where the system does not say; and whether the thread of this process with such a
 * number is running or waiting for a processor. */
int kmc_cpu_thread(void);
int kmc_cpu_runs(int thread);

#endif
