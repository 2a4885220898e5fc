/* An order grown from the pair that meets most often, each further entry put to the end where it has met more (after
 * Zeng, Li and Lei, "An efficient color re-indexing scheme for palette-based compression", ICIP 2000; modified by Pinho
 * and Neves, 2004), then improved by exchanges of two entries while these lower the sum over all meetings of
 * log2(1 + difference of the places), about the bits that such a difference takes. */
#include "png/palette_order.h"
#include "png/deflate_block.h"

#include <string.h>

enum {
    ROUNDS = 12,        /* of exchanges, at most: later ones gain next to nothing */
    MOST_MEETINGS = 32767,
    POLL_PIXELS = 1 << 18
};

typedef struct arrangement {
    size_t k;
    int16_t *meetings;  /* scaled, by place */
    int16_t *bits;      /* log2(1 + |p - q|) in 16ths */
} arrangement;

/* Counts the pairs of a row, and those with the row above unless that is NULL. There are counts for 2^bits indices, and
 * of an index no more bits are looked at. */
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
            if (x) count_row(row + x - 1, NULL, 2, bits, counts); /* the pair that was cut */
            counted += n;
            if (counted < POLL_PIXELS) continue;
            counted = 0;
            status = kmc_poll(run);
        }
    }
    return status;
}

kmc_status kmc_meetings(const kmc_run *run, const uint8_t *indices, size_t height, size_t width, size_t k,
                        int64_t *meetings)
{
    int bits = 0;
    if (k < 1 || k > KMC_MOST_ARRANGED) return KMC_BAD_ARGUMENT;
    while ((size_t)1 << bits < k) bits++;
    int64_t *const counts = kmc_alloc_zeroed((size_t)1 << 2 * bits, sizeof *counts);
    if (!counts) return KMC_NO_MEMORY;
    const kmc_status status = count_rows(run, indices, height, width, bits, counts);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            meetings[i * k + j] = i == j ? 0 : counts[i << bits | j] + counts[j << bits | i];
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

/* Whether an entry, set before all others, would be nearer to those it meets than set behind them. */
static int belongs_before(const int64_t *meetings, const int32_t *placed, size_t n)
{
    int64_t before = 0, behind = 0;
    for (size_t p = 0; p < n; p++) {
        before += meetings[placed[p]] * (int64_t)p;
        behind += meetings[placed[p]] * (int64_t)(n - 1 - p);
    }
    return before <= behind;
}

static void grow(const int64_t *meetings, size_t k, int32_t *order)
{
    int64_t met[KMC_MOST_ARRANGED]; /* how often an entry met another one most; then, those in place */
    uint8_t taken[KMC_MOST_ARRANGED] = {0};
    const uint8_t none[KMC_MOST_ARRANGED] = {0};
    for (size_t i = 0; i < k; i++) met[i] = meetings[i * k + highest(meetings + i * k, none, k)];
    for (size_t n = 0; n < k; n++) {
        const size_t entry = highest(met, taken, k);
        size_t place = n;
        if (n == 0) memset(met, 0, sizeof met);
        if (n && belongs_before(meetings + entry * k, order, n)) {
            memmove(order + 1, order, n * sizeof *order);
            place = 0;
        }
        order[place] = (int32_t)entry;
        taken[entry] = 1;
        for (size_t i = 0; i < k; i++) met[i] += meetings[entry * k + i];
    }
}

/* Meetings between places, the highest becoming MOST_MEETINGS. */
static void scale(const int64_t *meetings, const int32_t *order, arrangement *a)
{
    const size_t k = a->k;
    int64_t most = 1;
    for (size_t i = 0; i < k * k; i++) most = meetings[i] > most ? meetings[i] : most;
    for (size_t p = 0; p < k; p++)
        for (size_t q = 0; q < k; q++) {
            const int64_t count = meetings[(size_t)order[p] * k + (size_t)order[q]];
            const uint32_t apart = (uint32_t)(p < q ? q - p : p - q);
            a->meetings[p * k + q] = (int16_t)(count * MOST_MEETINGS / most);
            a->bits[p * k + q] = (int16_t)(kmc_log2(1 + apart) / 4);
        }
}

/* What exchanging two places adds to the sum: 256 products under 2^15 * 2^7 each fit. */
static int32_t change(const arrangement *a, size_t p, size_t q)
{
    const int16_t *const meet_p = a->meetings + p * a->k, *const meet_q = a->meetings + q * a->k;
    const int16_t *const bits_p = a->bits + p * a->k, *const bits_q = a->bits + q * a->k;
    int32_t sum = 2 * meet_p[q] * bits_p[q]; /* the two stay as far apart as they are */
    for (size_t i = 0; i < a->k; i++)
        sum += (int16_t)(meet_p[i] - meet_q[i]) * (int16_t)(bits_q[i] - bits_p[i]);
    return sum;
}

static void exchange(arrangement *a, size_t p, size_t q, int32_t *order)
{
    const size_t k = a->k;
    const int32_t entry = order[p];
    order[p] = order[q];
    order[q] = entry;
    for (size_t i = 0; i < k; i++) {
        const int16_t met = a->meetings[p * k + i];
        a->meetings[p * k + i] = a->meetings[q * k + i];
        a->meetings[q * k + i] = met;
    }
    for (size_t i = 0; i < k; i++) {
        const int16_t met = a->meetings[i * k + p];
        a->meetings[i * k + p] = a->meetings[i * k + q];
        a->meetings[i * k + q] = met;
    }
}

static kmc_status improve(const kmc_run *run, arrangement *a, int32_t *order)
{
    int changed = 1;
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

kmc_status kmc_arrange(const kmc_run *run, const int64_t *meetings, size_t k, int32_t *order)
{
    arrangement a = {k, NULL, NULL};
    if (k < 1 || k > KMC_MOST_ARRANGED) return KMC_BAD_ARGUMENT;
    a.meetings = kmc_alloc(k * k, sizeof *a.meetings);
    a.bits = kmc_alloc(k * k, sizeof *a.bits);
    kmc_status status = a.meetings && a.bits ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        grow(meetings, k, order);
        scale(meetings, order, &a);
        status = improve(run, &a, order);
    }
    kmc_free(a.meetings);
    kmc_free(a.bits);
    return status;
}
