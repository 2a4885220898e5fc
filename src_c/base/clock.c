/* A monotonic clock, and sleeping. */
#define _POSIX_C_SOURCE 200809L /* for clock_gettime and nanosleep */
#include "base/clock.h"

#ifdef _WIN32
#include <windows.h>

int64_t kmc_clock_ns(void)
{
    LARGE_INTEGER ticks, per_second;
    QueryPerformanceCounter(&ticks);
    QueryPerformanceFrequency(&per_second);
    int64_t const seconds = ticks.QuadPart / per_second.QuadPart;
    int64_t const rest = ticks.QuadPart % per_second.QuadPart;
    return seconds * 1000000000 + rest * 1000000000 / per_second.QuadPart;
}

void kmc_clock_sleep(int64_t ns)
{
    (void)ns;
    SwitchToThread(); /* Sleep would take at least one tick of the system timer */
}
#else
#include <time.h>

int64_t kmc_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void kmc_clock_sleep(int64_t ns)
{
    const struct timespec time = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
    nanosleep(&time, NULL);
}
#endif
