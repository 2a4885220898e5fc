/* A clock that never goes back. */
#ifndef KMC_BASE_CLOCK_H
#define KMC_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment. */
int64_t kmc_clock_ns(void);

#endif
