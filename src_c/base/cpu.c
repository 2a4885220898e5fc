/* Features of the processor by CPUID and XGETBV, and the load of the machine by /proc. */
#define _GNU_SOURCE /* for O_CLOEXEC and syscall */
#include "base/cpu.h"

#ifdef KMC_X86

#ifdef _MSC_VER
#include <intrin.h>
#else
#include <cpuid.h>
#endif

enum { EAX, EBX, ECX, EDX };

static void cpuid(unsigned leaf, unsigned registers[4])
{
#ifdef _MSC_VER
    __cpuidex((int *)registers, (int)leaf, 0);
#else
    __cpuid_count(leaf, 0, registers[EAX], registers[EBX], registers[ECX], registers[EDX]);
#endif
}

/* Which registers the operating system saves on a context switch (XCR0). */
static unsigned saved_states(void)
{
#ifdef _MSC_VER
    return (unsigned)_xgetbv(0);
#else
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
#endif
}

static int has(unsigned value, unsigned bits)
{
    return (value & bits) == bits;
}

unsigned kmc_cpu_features(void)
{
    const unsigned popcnt = 1u << 23, osxsave = 1u << 27, lzcnt = 1u << 5;
    const unsigned avx2 = 1u << 3 | 1u << 5 | 1u << 8;     /* BMI1, AVX2, BMI2 */
    const unsigned avx512 = 1u << 16 | 1u << 30 | 1u << 31; /* F, BW, VL */
    const unsigned ymm = 1u << 1 | 1u << 2, zmm = ymm | 1u << 5 | 1u << 6 | 1u << 7;
    unsigned basic[4], extended[4], leaf[4];
    cpuid(0, leaf);
    if (leaf[EAX] < 7) return 0;
    cpuid(1, basic);
    cpuid(7, leaf);
    cpuid(0x80000001u, extended);
    if (!has(basic[ECX], popcnt | osxsave) || !has(extended[ECX], lzcnt)) return 0;
    if (!has(leaf[EBX], avx2) || !has(saved_states(), ymm)) return 0;
    return has(leaf[EBX], avx512) && has(saved_states(), zmm) ? KMC_CPU_AVX2 | KMC_CPU_AVX512 : KMC_CPU_AVX2;
}

#else

unsigned kmc_cpu_features(void)
{
    return 0;
}

#endif

#ifdef __linux__

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reads the beginning of a file. Returns its length, 0 if it cannot be read. */
static size_t read_start(const char *path, char *text, size_t room)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t n = read(file, text, room);
    close(file);
    return n > 0 ? (size_t)n : 0;
}

/* The numerator of the fourth field of /proc/loadavg, as in "0.08 0.03 0.01 2/116 12901". */
int kmc_cpu_running(void)
{
    char text[128];
    const size_t n = read_start("/proc/loadavg", text, sizeof text);
    int spaces = 0, running = 0;
    for (size_t i = 0; i < n && spaces <= 3 && text[i] != '/'; i++) {
        const int digit = text[i] >= '0' && text[i] <= '9';
        if (text[i] == ' ') spaces++;
        else if (spaces == 3 && digit && running < 1 << 20) running = 10 * running + text[i] - '0';
    }
    return running;
}

int kmc_cpu_thread(void)
{
    return (int)syscall(SYS_gettid);
}

/* The state, after the name, in /proc/self/task/N/stat, as in "12901 (python) R 1 ...". */
int kmc_cpu_runs(int thread)
{
    char path[64] = "/proc/self/task/", text[64] = "", digits[16];
    size_t end = strlen(path), n = 0;
    for (int rest = thread; rest > 0; rest /= 10) digits[n++] = (char)('0' + rest % 10);
    while (n > 0) path[end++] = digits[--n];
    memcpy(path + end, "/stat", sizeof "/stat");
    n = read_start(path, text, sizeof text);
    while (n > 0 && text[n - 1] != ')') n--;
    return n > 0 && n + 1 < sizeof text && text[n + 1] == 'R';
}

#else

int kmc_cpu_running(void)
{
    return 0;
}

int kmc_cpu_thread(void)
{
    return 0;
}

int kmc_cpu_runs(int thread)
{
    (void)thread;
    return 0;
}

#endif
