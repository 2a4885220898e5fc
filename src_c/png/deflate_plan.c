/* Compression by shortest paths: each way to put the bytes as literals and matches is a path, each symbol has a cost.
 *
 * All matches are found first. A first path by guessed costs shows how the statistics change along it, and so where to
 * begin a new block; then each block has its path found anew by the costs that the path before left, a few times. Where
 * the guess matters, which is in little data and in much repetition, several are followed. */
#include "png/deflate_plan.h"
#include "png/matches.h"
#include "base/parallel.h"

#include <string.h>

enum {
    SMALL = 1 << 15, /* so little data that all is tried */
    CHUNK = 1 << 9,  /* blocks begin at multiples of it in small data, */
    LONG_CHUNK = 1 << 12, /* and in large data of this: there is time for KMC_MOST_BLOCKS of them in a segment */
    DEPTH = 32,      /* earlier positions looked at */
    DEEP = 256,      /* in small or repetitive data: there the trees are deep, and no more than that is spoilt */
    PASSES = 3,      /* paths found for a block */
    MORE_PASSES = 6, /* in small data */
    FROM_CODES = 4,  /* the last passes take the bits of codes for costs; those before, entropy, which changes gently */
    LONG_MATCH = 48  /* goes on from the position before: is taken whole or not at all, or runs would take long */
};

/* What the first path goes by. */
typedef enum guess {
    BY_BYTES,   /* literals by how often the bytes occur, matches by rule of thumb */
    BY_NUMBER,  /* all steps alike, which is near the best where all is repetition */
    BY_FORMAT,  /* the fixed codes */
    BY_LENGTH,  /* no costs: the longest match, unless the next position has a longer one */
    GUESSES
} guess;

struct kmc_planner {
    kmc_match_finder finder;
    kmc_match *found;              /* KMC_MATCHES_KEPT for each position */
    uint8_t *n_found;
    uint32_t *cost;                /* of the cheapest path to each position */
    kmc_match *arrival;            /* its last step */
    kmc_match *steps, *kept;       /* of the path at hand, and of the best so far */
    size_t chunk;                  /* its bytes */
    kmc_symbol_counts chunks[KMC_MOST_BLOCKS];
    kmc_symbol_costs costs;
};

void kmc_planner_free(kmc_planner *p)
{
    if (!p) return;
    kmc_free(p->found);
    kmc_free(p->n_found);
    kmc_free(p->cost);
    kmc_free(p->arrival);
    kmc_free(p->steps);
    kmc_free(p->kept);
    kmc_free(p);
}

kmc_planner *kmc_planner_new(void)
{
    kmc_planner *const p = kmc_alloc_zeroed(1, sizeof *p);
    if (!p) return NULL;
    p->found = kmc_alloc((size_t)KMC_SEGMENT * KMC_MATCHES_KEPT, sizeof *p->found);
    p->n_found = kmc_alloc(KMC_SEGMENT, 1);
    p->cost = kmc_alloc(KMC_SEGMENT + 1, sizeof *p->cost);
    p->arrival = kmc_alloc(KMC_SEGMENT + 1, sizeof *p->arrival);
    p->steps = kmc_alloc(KMC_SEGMENT, sizeof *p->steps);
    p->kept = kmc_alloc(KMC_SEGMENT, sizeof *p->kept);
    if (p->found && p->n_found && p->cost && p->arrival && p->steps && p->kept) return p;
    kmc_planner_free(p);
    return NULL;
}

static void find_matches(kmc_planner *p, const uint8_t *data, const kmc_deflate_plan *plan, int depth)
{
    const size_t before = plan->begin < KMC_MATCH_FARTHEST ? plan->begin : KMC_MATCH_FARTHEST;
    const size_t n = plan->end - plan->begin;
    kmc_match_finder_start(&p->finder, data + plan->begin - before, before + n);
    for (size_t i = 0; i < before; i++) kmc_match_finder_enter(&p->finder, i, depth, NULL);
    for (size_t i = 0; i < n; i++)
        p->n_found[i] = (uint8_t)kmc_match_finder_enter(&p->finder, before + i, depth, p->found + i * KMC_MATCHES_KEPT);
}

/* The cheapest way from `begin` to `end`, positions in the plan, by the costs at hand. */
static void find_path(kmc_planner *p, const uint8_t *data, size_t begin, size_t end)
{
    uint32_t *const cost = p->cost;
    memset(cost + begin, 0xff, (end + 1 - begin) * sizeof *cost);
    cost[begin] = 0;
    for (size_t i = begin; i < end; i++) {
        const uint32_t here = cost[i], literal = here + p->costs.literals[data[i]];
        if (literal < cost[i + 1]) {
            cost[i + 1] = literal;
            p->arrival[i + 1] = (kmc_match){1, 0};
        }
        int length = KMC_MATCH_LEAST;
        const int n_before = i > begin ? p->n_found[i - 1] : 0;
        const int distance_before = n_before ? p->found[(i - 1) * KMC_MATCHES_KEPT + (size_t)n_before - 1].distance : 0;
        for (int j = 0; j < p->n_found[i]; j++) {
            const kmc_match match = p->found[i * KMC_MATCHES_KEPT + (size_t)j];
            const uint32_t there = here + p->costs.distances[kmc_distance_slot(match.distance)];
            const int longest = match.length < end - i ? match.length : (int)(end - i);
            if (longest >= LONG_MATCH && distance_before == match.distance) length = longest;
            for (; length <= longest; length++) {
                const uint32_t total = there + p->costs.lengths[length];
                if (total >= cost[i + (size_t)length]) continue;
                cost[i + (size_t)length] = total;
                p->arrival[i + (size_t)length] = (kmc_match){(uint16_t)length, match.distance};
            }
        }
    }
    for (size_t i = end; i > begin;) {
        const kmc_match step = p->arrival[i];
        i -= step.length;
        p->steps[i] = step;
    }
}

/* From each position its longest match, or a literal where that is no shorter than waiting for the next one. */
static void take_longest(kmc_planner *p, size_t n)
{
    kmc_match next = {1, 0};
    for (size_t i = n; i-- > 0;) {
        const int n_found = p->n_found[i];
        const kmc_match here = n_found ? p->found[i * KMC_MATCHES_KEPT + (size_t)n_found - 1] : (kmc_match){1, 0};
        p->steps[i] = here.length < next.length ? (kmc_match){1, 0} : here;
        next = here;
    }
}

/* Costs to begin with. */
static void guess_costs(kmc_planner *p, const uint8_t *data, size_t n, int alike)
{
    kmc_symbol_counts counts = {{0}, {0}, 0};
    for (size_t i = 0; i < n; i++) counts.literals[data[i]]++;
    kmc_find_costs(&counts, 0, &p->costs);
    for (int i = 0; alike && i < 256; i++) p->costs.literals[i] = 8 * KMC_COST_ONE_BIT;
    for (int length = KMC_MATCH_LEAST; length <= KMC_MATCH_MOST; length++)
        p->costs.lengths[length] = (uint32_t)(5 + (alike ? 0 : kmc_length_extra(length))) * KMC_COST_ONE_BIT;
    for (int slot = 0; slot < KMC_DISTANCES; slot++)
        p->costs.distances[slot] = (uint32_t)(4 + (alike || slot < 4 ? 0 : slot / 2 - 1)) * KMC_COST_ONE_BIT;
}

static void find_first_path(kmc_planner *p, const uint8_t *data, size_t n, guess by)
{
    if (by == BY_LENGTH) {
        take_longest(p, n);
        return;
    }
    if (by == BY_FORMAT)
        kmc_fixed_costs(&p->costs);
    else
        guess_costs(p, data, n, by == BY_NUMBER);
    find_path(p, data, 0, n);
}

void kmc_add_counts(kmc_symbol_counts *sum, const kmc_symbol_counts *more)
{
    for (int i = 0; i < KMC_LITERALS; i++) sum->literals[i] += more->literals[i];
    for (int i = 0; i < KMC_DISTANCES; i++) sum->distances[i] += more->distances[i];
    sum->extra_bits += more->extra_bits;
}

static void count_chunks(kmc_planner *p, const uint8_t *data, size_t n)
{
    size_t at = 0;
    p->chunk = n <= SMALL ? CHUNK : LONG_CHUNK;
    memset(p->chunks, 0, sizeof p->chunks);
    for (size_t end = 0; end < n;) {
        kmc_symbol_counts *const counts = &p->chunks[end / p->chunk];
        const size_t begin = at;
        end = end + p->chunk < n ? end + p->chunk : n;
        while (at < end) at += p->steps[at].length;
        kmc_count_steps(counts, data + begin, p->steps + begin, at - begin);
    }
}

/* Where blocks end so that their costs add up to least, by the costs of all runs of chunks. */
static int split(kmc_planner *p, size_t n, uint32_t *ends)
{
    const int n_chunks = (int)((n + p->chunk - 1) / p->chunk);
    uint64_t least[KMC_MOST_BLOCKS + 1] = {0};
    int from[KMC_MOST_BLOCKS + 1] = {0}, n_blocks = 0;
    for (int end = 1; end <= n_chunks; end++) {
        kmc_symbol_counts counts = {{0}, {0}, 0};
        least[end] = UINT64_MAX;
        for (int begin = end - 1; begin >= 0; begin--) {
            kmc_add_counts(&counts, &p->chunks[begin]);
            const uint64_t total = least[begin] + kmc_block_cost(&counts);
            if (total >= least[end]) continue;
            least[end] = total;
            from[end] = begin;
        }
    }
    for (int end = n_chunks; end > 0; end = from[end]) n_blocks++;
    int block = n_blocks;
    for (int end = n_chunks; end > 0; end = from[end])
        ends[--block] = (uint32_t)(end == n_chunks ? n : (size_t)end * p->chunk);
    return n_blocks;
}

/* The best path of a block that comes of taking costs from the path before; keeps it, and returns the bits it takes.
 * `counts` are those of the first path, which is one of them if the block is `whole`: no step leads out of it. */
static uint64_t settle(kmc_planner *p, const uint8_t *data, size_t begin, size_t end, kmc_symbol_counts counts,
                       int whole, int passes)
{
    uint64_t least = UINT64_MAX;
    for (int pass = 0, worse = 0;; pass++) {
        counts.literals[KMC_BLOCK_END] = 1;
        const uint64_t size = pass || whole ? kmc_block_size(&counts) : UINT64_MAX;
        if (size < least) {
            memcpy(p->kept + begin, p->steps + begin, (end - begin) * sizeof *p->kept);
            least = size;
            worse = 0;
        } else if (pass && ++worse > 1) {
            return least;
        }
        if (pass == passes) return least;
        kmc_find_costs(&counts, pass >= FROM_CODES || pass + 1 == PASSES, &p->costs);
        find_path(p, data, begin, end);
        memset(&counts, 0, sizeof counts);
        kmc_count_steps(&counts, data + begin, p->steps + begin, end - begin);
    }
}

/* The blocks that follow from a guess, and their steps, into the plan if they take less
 * than `least`. Returns the less. */
static uint64_t follow(kmc_planner *p, const uint8_t *data, kmc_deflate_plan *plan, guess by, int passes,
                       uint64_t least)
{
    const size_t n = plan->end - plan->begin;
    uint64_t total = 0;
    uint32_t ends[KMC_MOST_BLOCKS];
    find_first_path(p, data, n, by);
    count_chunks(p, data, n);
    const int n_blocks = split(p, n, ends);
    size_t begin = 0;
    for (int block = 0; block < n_blocks; begin = ends[block++]) {
        const size_t end = ends[block];
        kmc_symbol_counts counts = {{0}, {0}, 0};
        for (size_t chunk = begin / p->chunk; chunk * p->chunk < end; chunk++) {
            kmc_add_counts(&counts, &p->chunks[chunk]);
        }
        total += settle(p, data, begin, end, counts, n_blocks == 1, passes);
    }
    if (total >= least) return least;
    plan->n_blocks = n_blocks;
    memcpy(plan->ends, ends, (size_t)n_blocks * sizeof *ends);
    memcpy(plan->steps, p->kept, n * sizeof *plan->steps);
    return total;
}

kmc_status kmc_make_plan(kmc_planner *p, const kmc_run *run, int thread, const uint8_t *all, int quick,
                         kmc_deflate_plan *plan)
{
    const uint8_t *const data = all + plan->begin;
    const size_t n = plan->end - plan->begin;
    const int small = n <= SMALL, passes = small && !quick ? MORE_PASSES : PASSES;
    uint64_t least = UINT64_MAX;
    find_matches(p, all, plan, small ? DEEP : DEPTH);
    least = follow(p, data, plan, BY_BYTES, passes, least);
    if (quick || (!small && least >= n)) return KMC_OK;
    for (guess by = small ? BY_NUMBER : BY_BYTES; by < GUESSES; by++) {
        const kmc_status status = kmc_check_in(run, thread);
        if (status != KMC_OK) return status;
        if (by == BY_BYTES) find_matches(p, all, plan, DEEP);
        least = follow(p, data, plan, by, passes, least);
    }
    return KMC_OK;
}
