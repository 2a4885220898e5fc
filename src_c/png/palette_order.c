/* An order grown from the pair that is adjacent most often, each further entry put to the better end (after
 * Zeng, Li and Lei, "An efficient color re-indexing scheme for palette-based compression", ICIP 2000; modified by Pinho
 * and Neves, 2004), then improved by exchanges of two entries while these lower the sum over all pairs of
 * log2(1 + difference of the positions), about the bits that such a difference takes. */
#include "png/palette_order.h"
#include "base/bits.h"

#include <string.h>

enum {
    ROUNDS = 12,        /* of exchanges, at most: later ones gain next to nothing */
    ADJACENCY_MAX = 32767,
    POLL_PIXELS = 1 << 18
};

typedef struct ordering {
    size_t k;
    int16_t *adjacency; /* scaled, by position */
    int16_t *bits;      /* log2(1 + |p - q|) in 16ths */
} ordering;

/* Counts the pairs of a row, and those with the row above unless that is NULL. Only the lowest `bits` bits of an index
 * are used. */
static void count_row(const uint8_t *row, const uint8_t *above, size_t width, int bits, int64_t *counts)
{
    const size_t mask = ((size_t)1 << bits) - 1;
    size_t before = row[0] & mask;
    for (size_t x = 1; x < width; x++) {
        const size_t here = row[x] & mask;
        counts[here << bits | before]++;
        before = here;
    }
    for (size_t x = 0; above && x < width; x++) counts[(row[x] & mask) << bits | (above[x] & mask)]++;
}

static kmc_status count_rows(const kmc_run *run, const uint8_t *indices, size_t height, size_t width, int bits,
                             int64_t *counts)
{
    kmc_status status = KMC_OK;
    size_t counted = 0;
    for (size_t y = 0; y < height && status == KMC_OK; y++) {
        const uint8_t *const row = indices + y * width;
        for (size_t x = 0; x < width && status == KMC_OK; x += POLL_PIXELS) {
            const size_t n = kmc_smaller(width - x, POLL_PIXELS);
            count_row(row + x, y ? row + x - width : NULL, n, bits, counts);
            if (x) count_row(row + x - 1, NULL, 2, bits, counts); /* the pair across the block boundary */
            counted += n;
            if (counted < POLL_PIXELS) continue;
            counted = 0;
            status = kmc_poll(run);
        }
    }
    return status;
}

kmc_status kmc_count_adjacency(const kmc_run *run, const uint8_t *indices, size_t height, size_t width, size_t k,
                               int64_t *adjacency)
{
    int bits = 0;
    if (k < 1 || k > KMC_PALETTE_ORDER_MAX) return KMC_BAD_ARGUMENT;
    while ((size_t)1 << bits < k) bits++;
    int64_t *const counts = kmc_alloc_zeroed((size_t)1 << 2 * bits, sizeof *counts);
    if (!counts) return KMC_NO_MEMORY;
    const kmc_status status = count_rows(run, indices, height, width, bits, counts);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            adjacency[i * k + j] = i == j ? 0 : counts[i << bits | j] + counts[j << bits | i];
    kmc_free(counts);
    return status;
}

static size_t highest(const int64_t *values, const uint8_t *taken, size_t n)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (!taken[i] && (best == n || values[i] > values[best])) best = i;
    return best;
}

/* Whether an entry is nearer to the entries that it is adjacent to at the front of the order than at the end. */
static int belongs_before(const int64_t *adjacency, const int32_t *order, size_t n)
{
    int64_t before = 0, behind = 0;
    for (size_t p = 0; p < n; p++) {
        before += adjacency[order[p]] * (int64_t)p;
        behind += adjacency[order[p]] * (int64_t)(n - 1 - p);
    }
    return before <= behind;
}

static void grow(const int64_t *adjacency, size_t k, int32_t *order)
{
    int64_t count[KMC_PALETTE_ORDER_MAX]; /* the highest of each entry with another one; then, with those in order */
    uint8_t taken[KMC_PALETTE_ORDER_MAX] = {0};
    const uint8_t none[KMC_PALETTE_ORDER_MAX] = {0};
    for (size_t i = 0; i < k; i++) count[i] = adjacency[i * k + highest(adjacency + i * k, none, k)];
    for (size_t n = 0; n < k; n++) {
        const size_t entry = highest(count, taken, k);
        size_t position = n;
        if (n == 0) memset(count, 0, sizeof count);
        if (n && belongs_before(adjacency + entry * k, order, n)) {
            memmove(order + 1, order, n * sizeof *order);
            position = 0;
        }
        order[position] = (int32_t)entry;
        taken[entry] = 1;
        for (size_t i = 0; i < k; i++) count[i] += adjacency[entry * k + i];
    }
}

/* Adjacency of positions, the highest becoming ADJACENCY_MAX. */
static void scale(const int64_t *adjacency, const int32_t *order, ordering *a)
{
    const size_t k = a->k;
    int64_t most = 1;
    for (size_t i = 0; i < k * k; i++) most = adjacency[i] > most ? adjacency[i] : most;
    for (size_t p = 0; p < k; p++)
        for (size_t q = 0; q < k; q++) {
            const int64_t count = adjacency[(size_t)order[p] * k + (size_t)order[q]];
            const uint32_t apart = (uint32_t)(p < q ? q - p : p - q);
            a->adjacency[p * k + q] = (int16_t)(count * ADJACENCY_MAX / most);
            a->bits[p * k + q] = (int16_t)(kmc_log2(1 + apart) / 4);
        }
}

/* What exchanging two positions adds to the sum: 256 products under 2^15 * 2^7 each fit. */
static int32_t change(const ordering *a, size_t p, size_t q)
{
    const int16_t *const with_p = a->adjacency + p * a->k, *const with_q = a->adjacency + q * a->k;
    const int16_t *const bits_p = a->bits + p * a->k, *const bits_q = a->bits + q * a->k;
    int32_t sum = 2 * with_p[q] * bits_p[q]; /* the two stay as far apart as they are */
    for (size_t i = 0; i < a->k; i++)
        sum += (int16_t)(with_p[i] - with_q[i]) * (int16_t)(bits_q[i] - bits_p[i]);
    return sum;
}

static void exchange(ordering *a, size_t p, size_t q, int32_t *order)
{
    const size_t k = a->k;
    const int32_t entry = order[p];
    order[p] = order[q];
    order[q] = entry;
    for (size_t i = 0; i < k; i++) {
        const int16_t count = a->adjacency[p * k + i];
        a->adjacency[p * k + i] = a->adjacency[q * k + i];
        a->adjacency[q * k + i] = count;
    }
    for (size_t i = 0; i < k; i++) {
        const int16_t count = a->adjacency[i * k + p];
        a->adjacency[i * k + p] = a->adjacency[i * k + q];
        a->adjacency[i * k + q] = count;
    }
}

static kmc_status improve(const kmc_run *run, ordering *a, int32_t *order)
{
    int changed = 1;
    /* Terminates: the number of rounds is limited, and every exchange lowers an integer sum. */
    for (int round = 0; round < ROUNDS && changed; round++) {
        changed = 0;
        for (size_t p = 0; p < a->k; p++) {
            size_t best = p;
            int32_t least = 0;
            for (size_t q = 0; q < a->k; q++) {
                const int32_t added = q == p ? 0 : change(a, p, q);
                if (added >= least) continue;
                least = added;
                best = q;
            }
            if (best == p) continue;
            exchange(a, p, best, order);
            changed = 1;
        }
        const kmc_status status = kmc_poll(run);
        if (status != KMC_OK) return status;
    }
    return KMC_OK;
}

kmc_status kmc_order_palette(const kmc_run *run, const int64_t *adjacency, size_t k, int32_t *order)
{
    ordering a = {k, NULL, NULL};
    if (k < 1 || k > KMC_PALETTE_ORDER_MAX) return KMC_BAD_ARGUMENT;
    a.adjacency = kmc_alloc(k * k, sizeof *a.adjacency);
    a.bits = kmc_alloc(k * k, sizeof *a.bits);
    kmc_status status = a.adjacency && a.bits ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        grow(adjacency, k, order);
        scale(adjacency, order, &a);
        status = improve(run, &a, order);
    }
    kmc_free(a.adjacency);
    kmc_free(a.bits);
    return status;
}
