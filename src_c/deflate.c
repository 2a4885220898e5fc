/* Compression by shortest paths: each way to put the bytes as literals and matches is a path, each symbol has a cost.
 *
 * The data is cut into segments, which are worked on by themselves, with the 32 kilobytes before them to refer to. Of a
 * segment all matches are found first; a path by guessed costs shows how the statistics change along it, and so where to
 * begin a new block; then each block has its path found anew by the costs that the path before left, a few times. */
#include "deflate.h"
#include "deflate_block.h"
#include "parallel.h"

#include <string.h>

enum {
    SEGMENT = 1 << 18,
    CHUNK = 1 << 12, /* blocks begin at multiples of it */
    MOST_CHUNKS = SEGMENT / CHUNK,
    WAVE = 16,       /* segments at a time: what their paths take is all that grows with the data */
    DEPTH = 32,      /* earlier positions looked at */
    DEEP = 256,      /* where all is repetition: there the trees are deep, and little data is left to spoil */
    PASSES = 3,      /* paths found for a block */
    LONG_MATCH = 48, /* goes on from the position before: is taken whole or not at all, or runs would take long */
    THREAD_BYTES = 1 << 17
};

typedef struct segment {
    size_t begin, end;
    kmc_match *steps;              /* from each position that the path meets; segment follows segment */
    int n_blocks;
    uint32_t ends[MOST_CHUNKS];    /* of the blocks, from the segment's beginning */
} segment;

/* What one thread needs. */
typedef struct workspace {
    kmc_match_finder finder;
    kmc_match *found;              /* KMC_MATCHES_KEPT for each position */
    uint8_t *n_found;
    uint32_t *cost;                /* of the cheapest path to each position */
    kmc_match *arrival;            /* its last step */
    kmc_symbol_counts chunks[MOST_CHUNKS];
    kmc_symbol_costs costs;
} workspace;

typedef struct deflation {
    const kmc_run *run;
    const uint8_t *data;
    segment segments[WAVE];
    kmc_match *steps;              /* of all these segments */
    workspace **workspaces;        /* by thread, made when needed */
} deflation;

size_t kmc_deflate_bound(size_t n)
{
    return n + n / 512 + 256;
}

static void workspace_free(workspace *w)
{
    if (!w) return;
    kmc_free(w->found);
    kmc_free(w->n_found);
    kmc_free(w->cost);
    kmc_free(w->arrival);
    kmc_free(w);
}

static workspace *workspace_new(void)
{
    workspace *const w = kmc_alloc_zeroed(1, sizeof *w);
    if (!w) return NULL;
    w->found = kmc_alloc((size_t)SEGMENT * KMC_MATCHES_KEPT, sizeof *w->found);
    w->n_found = kmc_alloc(SEGMENT, 1);
    w->cost = kmc_alloc(SEGMENT + 1, sizeof *w->cost);
    w->arrival = kmc_alloc(SEGMENT + 1, sizeof *w->arrival);
    if (w->found && w->n_found && w->cost && w->arrival) return w;
    workspace_free(w);
    return NULL;
}

static void find_matches(workspace *w, const uint8_t *data, const segment *s, int depth)
{
    const size_t before = s->begin < KMC_MATCH_FARTHEST ? s->begin : KMC_MATCH_FARTHEST, n = s->end - s->begin;
    kmc_match_finder_start(&w->finder, data + s->begin - before, before + n);
    for (size_t i = 0; i < before; i++) kmc_match_finder_enter(&w->finder, i, depth, NULL);
    for (size_t i = 0; i < n; i++)
        w->n_found[i] = (uint8_t)kmc_match_finder_enter(&w->finder, before + i, depth, w->found + i * KMC_MATCHES_KEPT);
}

/* The cheapest way from `begin` to `end`, positions in the segment, by the costs at hand. */
static void find_path(workspace *w, const uint8_t *data, kmc_match *steps, size_t begin, size_t end)
{
    uint32_t *const cost = w->cost;
    memset(cost + begin, 0xff, (end + 1 - begin) * sizeof *cost);
    cost[begin] = 0;
    for (size_t i = begin; i < end; i++) {
        const uint32_t here = cost[i], literal = here + w->costs.literals[data[i]];
        if (literal < cost[i + 1]) {
            cost[i + 1] = literal;
            w->arrival[i + 1] = (kmc_match){1, 0};
        }
        int length = KMC_MATCH_LEAST;
        const int n_before = i > begin ? w->n_found[i - 1] : 0;
        const int distance_before = n_before ? w->found[(i - 1) * KMC_MATCHES_KEPT + (size_t)n_before - 1].distance : 0;
        for (int j = 0; j < w->n_found[i]; j++) {
            const kmc_match match = w->found[i * KMC_MATCHES_KEPT + (size_t)j];
            const uint32_t there = here + w->costs.distances[kmc_distance_slot(match.distance)];
            const int longest = match.length < end - i ? match.length : (int)(end - i);
            if (longest >= LONG_MATCH && distance_before == match.distance) length = longest;
            for (; length <= longest; length++) {
                const uint32_t total = there + w->costs.lengths[length];
                if (total >= cost[i + (size_t)length]) continue;
                cost[i + (size_t)length] = total;
                w->arrival[i + (size_t)length] = (kmc_match){(uint16_t)length, match.distance};
            }
        }
    }
    for (size_t i = end; i > begin;) {
        const kmc_match step = w->arrival[i];
        i -= step.length;
        steps[i] = step;
    }
}

/* Costs to begin with: literals by how often the bytes occur, matches by guess; or all the same, for the fewest steps,
 * which is nearer to the best where all is repetition. */
static void guess_costs(kmc_symbol_costs *costs, const uint8_t *data, size_t n, int flat)
{
    kmc_symbol_counts counts = {{0}, {0}, 0};
    for (size_t i = 0; i < n; i++) counts.literals[data[i]]++;
    kmc_find_costs(&counts, 0, costs);
    for (int i = 0; flat && i < 256; i++) costs->literals[i] = 8 * KMC_COST_ONE_BIT;
    for (int length = KMC_MATCH_LEAST; length <= KMC_MATCH_MOST; length++)
        costs->lengths[length] = (uint32_t)(5 + (flat ? 0 : kmc_length_extra(length))) * KMC_COST_ONE_BIT;
    for (int slot = 0; slot < KMC_DISTANCES; slot++)
        costs->distances[slot] = (uint32_t)(4 + (flat || slot < 4 ? 0 : slot / 2 - 1)) * KMC_COST_ONE_BIT;
}

static void count_chunks(workspace *w, const uint8_t *data, const kmc_match *steps, size_t n)
{
    size_t at = 0;
    memset(w->chunks, 0, sizeof w->chunks);
    for (size_t end = 0; end < n;) {
        kmc_symbol_counts *const counts = &w->chunks[end / CHUNK];
        const size_t begin = at;
        end = end + CHUNK < n ? end + CHUNK : n;
        while (at < end) at += steps[at].length;
        kmc_count_steps(counts, data + begin, steps + begin, at - begin);
    }
}

static void add_counts(kmc_symbol_counts *sum, const kmc_symbol_counts *more)
{
    for (int i = 0; i < KMC_LITERALS; i++) sum->literals[i] += more->literals[i];
    for (int i = 0; i < KMC_DISTANCES; i++) sum->distances[i] += more->distances[i];
    sum->extra_bits += more->extra_bits;
}

/* Where blocks end so that their costs add up to least, by the costs of all runs of chunks. */
static void split(workspace *w, segment *s)
{
    const size_t n = s->end - s->begin;
    const int n_chunks = (int)((n + CHUNK - 1) / CHUNK);
    uint64_t least[MOST_CHUNKS + 1] = {0};
    int from[MOST_CHUNKS + 1] = {0};
    for (int end = 1; end <= n_chunks; end++) {
        kmc_symbol_counts counts = {{0}, {0}, 0};
        least[end] = UINT64_MAX;
        for (int begin = end - 1; begin >= 0; begin--) {
            add_counts(&counts, &w->chunks[begin]);
            const uint64_t total = least[begin] + kmc_block_cost(&counts);
            if (total >= least[end]) continue;
            least[end] = total;
            from[end] = begin;
        }
    }
    s->n_blocks = 0;
    for (int end = n_chunks; end > 0; end = from[end]) s->n_blocks++;
    int block = s->n_blocks;
    for (int end = n_chunks; end > 0; end = from[end])
        s->ends[--block] = (uint32_t)(end == n_chunks ? n : (size_t)end * CHUNK);
}

/* The blocks of a segment and the steps of each. Returns about what they take. */
static uint64_t find_blocks(workspace *w, const uint8_t *data, segment *s, int flat)
{
    const size_t n = s->end - s->begin;
    uint64_t total = 0;
    size_t begin = 0;
    guess_costs(&w->costs, data, n, flat);
    find_path(w, data, s->steps, 0, n);
    count_chunks(w, data, s->steps, n);
    split(w, s);
    for (int block = 0; block < s->n_blocks; begin = s->ends[block++]) {
        const size_t end = s->ends[block];
        kmc_symbol_counts counts = {{0}, {0}, 0};
        for (size_t chunk = begin / CHUNK; chunk * CHUNK < end; chunk++) add_counts(&counts, &w->chunks[chunk]);
        for (int pass = 0; pass < PASSES; pass++) {
            kmc_find_costs(&counts, pass + 1 == PASSES, &w->costs);
            find_path(w, data, s->steps, begin, end);
            memset(&counts, 0, sizeof counts);
            kmc_count_steps(&counts, data + begin, s->steps + begin, end - begin);
            counts.literals[KMC_BLOCK_END] = 1;
        }
        total += kmc_block_cost(&counts);
    }
    return total;
}

static kmc_status segment_task(void *job, ptrdiff_t task, int thread)
{
    deflation *const d = job;
    segment *const s = &d->segments[task];
    const uint8_t *const data = d->data + s->begin;
    if (!d->workspaces[thread]) d->workspaces[thread] = workspace_new();
    workspace *const w = d->workspaces[thread];
    if (!w) return KMC_NO_MEMORY;
    find_matches(w, d->data, s, DEPTH);
    uint64_t least = find_blocks(w, data, s, 0);
    if (least >= (s->end - s->begin) * (KMC_COST_ONE_BIT / 2)) return KMC_OK;
    /* The better of two beginnings; the last one is what remains. This takes long enough for a caller to be asked. */
    for (int round = 0; round < 3; round++) {
        const int flat = round != 1;
        if (thread == 0 && kmc_poll(d->run) != KMC_OK) return KMC_INTERRUPTED;
        if (round == 0) find_matches(w, d->data, s, DEEP);
        if (thread == 0 && kmc_poll(d->run) != KMC_OK) return KMC_INTERRUPTED;
        const uint64_t cost = find_blocks(w, data, s, flat);
        if (round == 1 && cost <= least) break;
        least = cost;
    }
    return KMC_OK;
}

static uint32_t adler32(const uint8_t *data, size_t n)
{
    uint32_t a = 1, b = 0;
    while (n > 0) {
        size_t part = n < 5552 ? n : 5552; /* as long as the sums fit */
        for (n -= part; part > 0; part--) {
            a += *data++;
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

/* A block that is not written yet, since the next segment may go on as it ends. */
typedef struct open_block {
    const uint8_t *data;
    const kmc_match *steps;
    size_t n;
    kmc_symbol_counts counts;
} open_block;

/* Puts a further block behind the open one: into it, if that makes them shorter, or else in its place. */
static void append_block(open_block *open, const open_block *next, kmc_bit_writer *writer)
{
    kmc_symbol_counts both = open->counts;
    add_counts(&both, &next->counts);
    if (open->n && kmc_block_cost(&both) < kmc_block_cost(&open->counts) + kmc_block_cost(&next->counts)) {
        open->n += next->n;
        open->counts = both;
        return;
    }
    if (open->n) kmc_write_block(writer, open->data, open->steps, open->n, 0);
    *open = *next;
}

static void write_wave(const deflation *d, size_t n_segments, int last, kmc_bit_writer *writer)
{
    open_block open = {NULL, NULL, 0, {{0}, {0}, 0}};
    for (size_t i = 0; i < n_segments; i++) {
        const segment *const s = &d->segments[i];
        size_t begin = 0;
        for (int block = 0; block < s->n_blocks; begin = s->ends[block++]) {
            open_block next = {d->data + s->begin + begin, s->steps + begin, s->ends[block] - begin, {{0}, {0}, 0}};
            kmc_count_steps(&next.counts, next.data, next.steps, next.n);
            append_block(&open, &next, writer);
        }
    }
    kmc_write_block(writer, open.data, open.steps, open.n, last);
}

/* Compresses a few segments at a time; their bits follow each other, so that writing them is one thread's work. */
static kmc_status compress(deflation *d, const kmc_run *run, size_t n, kmc_bit_writer *writer)
{
    const size_t n_segments = (n + SEGMENT - 1) / SEGMENT;
    const int threads = kmc_threads_for(run, n, THREAD_BYTES);
    for (size_t first = 0; first < n_segments; first += WAVE) {
        const size_t wave = n_segments - first < WAVE ? n_segments - first : WAVE;
        for (size_t i = 0; i < wave; i++) {
            segment *const s = &d->segments[i];
            s->begin = (size_t)((uint64_t)n * (first + i) / n_segments);
            s->end = (size_t)((uint64_t)n * (first + i + 1) / n_segments);
            s->steps = d->steps + (s->begin - d->segments[0].begin);
        }
        const kmc_status status = kmc_parallel(run, threads, (ptrdiff_t)wave, segment_task, d);
        if (status != KMC_OK) return status;
        write_wave(d, wave, first + wave == n_segments, writer);
    }
    return KMC_OK;
}

kmc_status kmc_deflate(const kmc_run *run, const uint8_t *data, size_t n, uint8_t *out, size_t *size)
{
    kmc_bit_writer writer = {out, 0, 0, 0};
    deflation d = {.run = run, .data = data};
    kmc_status status = n ? KMC_OK : KMC_BAD_ARGUMENT;
    d.workspaces = kmc_alloc_zeroed((size_t)run->threads, sizeof *d.workspaces);
    d.steps = kmc_alloc(n < (size_t)WAVE * SEGMENT ? n : (size_t)WAVE * SEGMENT, sizeof *d.steps);
    if (!d.workspaces || !d.steps) status = KMC_NO_MEMORY;
    if (status == KMC_OK) {
        kmc_write_bits(&writer, 0xDA78, 16);
        status = compress(&d, run, n, &writer);
    }
    if (status == KMC_OK) {
        const uint32_t check = adler32(data, n);
        kmc_write_rest(&writer);
        for (int byte = 3; byte >= 0; byte--) kmc_write_bits(&writer, check >> 8 * byte & 0xff, 8);
        *size = writer.size;
    }
    for (int i = 0; d.workspaces && i < run->threads; i++) workspace_free(d.workspaces[i]);
    kmc_free(d.workspaces);
    kmc_free(d.steps);
    return status;
}
