/* A monotonic clock, and sleeping. */
#ifndef KMC_BASE_CLOCK_H
#define KMC_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since an arbitrary but fixed time. */
int64_t kmc_clock_ns(void);

/* Gives up the processor for at most about this time; a signal may end it earlier. */
void kmc_clock_sleep(int64_t ns);

#endif
