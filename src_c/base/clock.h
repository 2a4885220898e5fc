/* A clock that never goes back, and waiting. */
#ifndef KMC_BASE_CLOCK_H
#define KMC_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment. */
int64_t kmc_clock_ns(void);

/* Leaves the processor to others for about so long, or less. */
void kmc_clock_sleep(int64_t ns);

#endif
