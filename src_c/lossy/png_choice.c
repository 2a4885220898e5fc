/* Indices for PNG: what deflate can copy costs less.
 *
 * Deflate writes a row of indices as literals and matches, copies of at least three bytes among the last 32768. A row
 * is divided into them by dynamic programming, as encoders do that parse optimally, but here a match may be inexact:
 * its pixels get the copied indices, if that raises the error by less than the saved bits are worth. The node before
 * pixel x has the lowest cost of the pixels up to it, errors and bits, and how it was reached.
 *
 * Tried as sources are places of the same three indices as the next pixels may have, those in the row above, and the
 * pixels right before, which are known of the best way to a node. What a symbol costs follows from how often it was
 * chosen so far. */
#include "lossy/png_choice.h"
#include "lossy/pixel_costs.h"
#include "base/bits.h"

#include <string.h>

enum {
    MIN_LENGTH = 3,
    MAX_LENGTH = 258,
    WINDOW = 1 << 15,
    LENGTHS = 29,       /* codes of lengths, and of distances */
    DISTANCES = 30,
    SYMBOLS = 256 + LENGTHS + DISTANCES,
    SEGMENT = 1 << 9,   /* pixels that are divided at a time, at most */
    HASH_BITS = 13,
    LIKELY = 3,         /* of these, the ones that are looked up in triples */
    PLACES = 2,         /* in the stream that are kept of a triple */
    RUNS = 2,           /* pixels right before, as sources */
    ABOVE = 1,          /* rows above, and pixels to either side of the one above, as sources */
    NICE = 48,          /* matches of so many pixels that cost little are taken without a search within them */
    PER_SYMBOL = 32,    /* what a symbol adds to its count */
    MEMORY = 6,         /* counts lose a 64th in each update */
    UPDATE = 1 << 8,    /* pixels between updates of costs, at least */
    MIN_BITS = 64,      /* of a symbol without its extra bits, in 64ths */
    MAX_BITS = 14 * 64,
    UNREACHED = 1 << 30
};

typedef struct node {
    uint32_t cost;
    uint32_t recent;   /* the last four indices on the way to this node, the latest one lowest */
    uint32_t last;     /* the distance of the latest match; 0: none */
    uint16_t length;   /* of the step that ends here, in pixels */
    uint16_t is_match; /* that step: a match from `last`, or a literal */
} node;

typedef struct chooser {
    const kmc_run *run;
    const kmc_choice *choice;
    uint8_t *out;
    uint8_t *stream;             /* what is compressed: rows with a 0, the number of the filter, before each */
    size_t stride;               /* of rows in the stream */
    size_t y, begin, n;          /* the segment: its row, its first pixel, its pixels */
    uint32_t since;              /* pixels since the last update */
    uint32_t counts[SYMBOLS];    /* of literals, lengths, distances */
    uint32_t literal[256], length[MAX_LENGTH + 1], distance[DISTANCES]; /* what they cost */
    uint32_t buckets[1 << HASH_BITS][PLACES]; /* of each hash, the latest ones first: 8 more bits of it, the index
                                               * after the triple, and its position modulo 2^16 */
    kmc_pixel_costs errors_of;
    uint16_t costs[SEGMENT][256]; /* of each pixel in the segment: what the error of each entry costs */
    uint8_t likely[SEGMENT][LIKELY]; /* the entries of the least errors, and what these cost */
    uint32_t errors[SEGMENT][LIKELY];
    uint8_t literals[SEGMENT];   /* the best one, and what literals cost up to here */
    uint32_t by_literals[SEGMENT + 1];
    node nodes[SEGMENT + 1];
    uint16_t steps[SEGMENT];
} chooser;

static int length_code(int length)
{
    const int over = length - MIN_LENGTH;
    if (length == MAX_LENGTH) return LENGTHS - 1;
    if (over < 8) return over;
    const int bit = kmc_highest_bit((uint32_t)over);
    return 4 * (bit - 1) + ((over >> (bit - 2)) & 3);
}

static int distance_code(uint32_t distance)
{
    if (distance <= 4) return (int)distance - 1;
    const int bit = kmc_highest_bit(distance - 1);
    return 2 * bit + (int)(((distance - 1) >> (bit - 1)) & 1);
}

/* ---- what bits cost ---------------------------------------------------------------------------------------------- */

static uint32_t cost_of_bits(const chooser *c, uint32_t bits)
{
    return (uint32_t)((uint64_t)bits * c->errors_of.bit >> 10);
}

/* The bits of each of n symbols with these counts, in 64ths. */
static void count_bits(const uint32_t *counts, size_t n, uint32_t *bits)
{
    uint32_t total = 1;
    for (size_t i = 0; i < n; i++) total += counts[i];
    const uint32_t whole = kmc_log2(total);
    for (size_t i = 0; i < n; i++) {
        const uint32_t exact = whole - kmc_log2(counts[i] ? counts[i] : 1);
        bits[i] = exact < MIN_BITS ? MIN_BITS : exact > MAX_BITS ? MAX_BITS : exact;
    }
}

static void update_costs(chooser *c)
{
    uint32_t bits[SYMBOLS];
    const uint32_t codes = 256 + LENGTHS;
    count_bits(c->counts, codes, bits);
    count_bits(c->counts + codes, DISTANCES, bits + codes);
    for (int i = 0; i < 256; i++) c->literal[i] = cost_of_bits(c, bits[i]);
    for (int length = MIN_LENGTH; length <= MAX_LENGTH; length++) {
        const int code = length_code(length), extra = code < 8 || code == LENGTHS - 1 ? 0 : code / 4 - 1;
        c->length[length] = cost_of_bits(c, bits[256 + code] + 64 * (uint32_t)extra);
    }
    for (int code = 0; code < DISTANCES; code++) {
        const int extra = code < 4 ? 0 : code / 2 - 1;
        c->distance[code] = cost_of_bits(c, bits[codes + (uint32_t)code] + 64 * (uint32_t)extra);
    }
    for (int i = 0; i < SYMBOLS; i++) c->counts[i] -= c->counts[i] >> MEMORY;
    c->since = 0;
}

/* Before anything was chosen: literals as the given indices are, half of all symbols matches, short ones mostly. */
static void guess_counts(chooser *c)
{
    const kmc_choice *const choice = c->choice;
    const size_t n = kmc_smaller(choice->height * choice->width, 1 << 16);
    uint32_t *const lengths = c->counts + 256, *const distances = lengths + LENGTHS;
    memset(c->counts, 0, sizeof c->counts);
    for (size_t i = 0; i < n; i++) c->counts[c->errors_of.nearest[i]] += 1 + (1 << 16) / (uint32_t)n;
    for (uint32_t i = 0; i < LENGTHS; i++) lengths[i] = (1 << 14) / (i + 1);
    for (uint32_t i = 0; i < DISTANCES; i++) distances[i] = (1 << 10) * (i + 1);
}

/* ---- a segment --------------------------------------------------------------------------------------------------- */

/* The likely entries of pixel i among n near ones, and its best literal. Returns what this costs. */
static uint32_t look_at(chooser *c, size_t i, const uint8_t *near, int n)
{
    uint8_t *const likely = c->likely[i];
    uint32_t *const errors = c->errors[i];
    uint32_t best = UNREACHED;
    for (int j = 0; j < LIKELY; j++) errors[j] = UNREACHED;
    for (int j = 0; j < n; j++) {
        const uint32_t cost = c->costs[i][near[j]];
        if (cost == KMC_FORBIDDEN) continue;
        if (cost + c->literal[near[j]] < best) {
            best = cost + c->literal[near[j]];
            c->literals[i] = near[j];
        }
        if (cost >= errors[LIKELY - 1]) continue;
        int at = LIKELY - 1;
        for (; at > 0 && errors[at - 1] > cost; at--) {
            errors[at] = errors[at - 1];
            likely[at] = likely[at - 1];
        }
        errors[at] = cost;
        likely[at] = near[j];
    }
    return best;
}

static void load_segment(chooser *c)
{
    const size_t first = c->y * c->choice->width + c->begin;
    c->by_literals[0] = 0;
    for (size_t i = 0; i < c->n; i++) {
        int n;
        const uint8_t *const near = kmc_pixel_costs_set(&c->errors_of, first + i, c->costs[i], &n);
        c->by_literals[i + 1] = c->by_literals[i] + look_at(c, i, near, n);
        c->nodes[i + 1].cost = UNREACHED;
    }
    c->nodes[0] = (node){0};
}

static void reach(node *to, const node *from, uint32_t cost, uint32_t recent, uint32_t distance, size_t length)
{
    to->cost = cost;
    to->recent = recent;
    to->last = distance ? distance : from->last;
    to->length = (uint16_t)length;
    to->is_match = distance != 0;
}

/* The error from pixel x on that a copy may have: what literals cost, and a few bits more. */
static uint32_t most_error(const chooser *c, size_t x, size_t length)
{
    return c->by_literals[x + length] - c->by_literals[x] + c->errors_of.bit / 4;
}

/* Tries copies from pixel x of the segment on, of up to `most` pixels from `source`, or from `distance` pixels before
 * if it is NULL. The first `length` ones have this error together. Returns the pixels of a nice match, or 0. */
static size_t extend(chooser *c, size_t x, const uint8_t *source, uint32_t distance, size_t most, size_t length,
                     uint32_t error)
{
    const node *const from = &c->nodes[x];
    const uint32_t some = c->errors_of.bit, base = from->cost + c->distance[distance_code(distance)];
    uint32_t recent = from->recent;
    most = kmc_smaller(most, kmc_smaller(MAX_LENGTH, c->n - x));
    for (size_t i = 0; i < length; i++) recent = recent << 8 | source[i];
    while (length < most) {
        const uint8_t entry = (uint8_t)(source ? source[length] : recent >> (8 * (distance - 1)));
        const uint32_t cost = c->costs[x + length][entry];
        if (cost == KMC_FORBIDDEN) break;
        error += cost;
        recent = recent << 8 | entry;
        length++;
        if (error > most_error(c, x, length)) return 0;
        if (length < MIN_LENGTH) continue;
        node *const to = &c->nodes[x + length];
        const uint32_t total = base + error + c->length[length];
        if (total < to->cost) reach(to, from, total, recent, distance, length);
        else if (total > to->cost + some) return 0;
    }
    return length >= NICE && 128 * (uint64_t)error <= (uint64_t)length * some ? length : 0;
}

/* The position of pixel x of the segment in the stream. */
static size_t position(const chooser *c, size_t x)
{
    return c->y * c->stride + 1 + c->begin + x;
}

/* The same from a distance in the stream, if that is before the segment. */
static size_t extend_from(chooser *c, size_t x, uint32_t distance)
{
    const size_t at = position(c, x);
    if (distance <= x || distance > WINDOW || distance > at) return 0;
    return extend(c, x, c->stream + at - distance, distance, distance - x, 0, 0);
}

/* A place in the stream and the index after its triple, as they are kept in the bucket of this triple. */
static uint32_t *bucket_of(chooser *c, const uint8_t *triple, uint32_t *tag)
{
    const uint32_t whole = (uint32_t)triple[0] << 16 | (uint32_t)triple[1] << 8 | triple[2];
    const uint32_t hash = whole * UINT32_C(2654435761);
    *tag = hash << 24;
    return c->buckets[hash >> (32 - HASH_BITS)];
}

/* Tries the places of one triple, which has this error. */
static size_t extend_from_places(chooser *c, size_t x, const uint8_t *triple, uint32_t error)
{
    const size_t at = position(c, x);
    const uint16_t *const fourth = c->costs[x + 3];
    const uint32_t most = most_error(c, x, 4);
    uint32_t tag;
    const uint32_t *const places = bucket_of(c, triple, &tag);
    for (int i = 0; i < PLACES; i++) {
        const uint32_t place = places[i];
        if ((place ^ tag) >> 24 || error + fourth[place >> 16 & 255] > most) continue;
        const uint32_t distance = ((uint32_t)at - place) & 0xFFFF;
        if (distance <= x + 3 || distance > WINDOW || distance > at) continue;
        const uint8_t *const source = c->stream + at - distance;
        if (memcmp(source, triple, 3) != 0) continue;
        const size_t nice = extend(c, x, source, distance, distance - x, 3, error);
        if (nice) return nice;
    }
    return 0;
}

/* Tries the places of all triples of likely entries, the likeliest ones first. */
static size_t extend_from_triples(chooser *c, size_t x)
{
    if (x + 3 >= c->n) return 0;
    const uint8_t(*const likely)[LIKELY] = &c->likely[x];
    const uint32_t(*const errors)[LIKELY] = &c->errors[x];
    const uint32_t most = most_error(c, x, 3);
    for (int i = 0; i < LIKELY && errors[0][i] <= most; i++) {
        const uint32_t first = errors[0][i];
        for (int j = 0; j < LIKELY && first + errors[1][j] <= most; j++) {
            const uint32_t two = first + errors[1][j];
            for (int k = 0; k < LIKELY && two + errors[2][k] <= most; k++) {
                const uint8_t triple[3] = {likely[0][i], likely[1][j], likely[2][k]};
                const size_t nice = extend_from_places(c, x, triple, two + errors[2][k]);
                if (nice) return nice;
            }
        }
    }
    return 0;
}

/* Tries all matches from pixel x on. */
static size_t extend_all(chooser *c, size_t x)
{
    size_t nice = 0;
    for (uint32_t distance = 1; distance <= RUNS && distance <= x && !nice; distance++) {
        nice = extend(c, x, NULL, distance, MAX_LENGTH, 0, 0);
    }
    if (!nice) nice = extend_from(c, x, c->nodes[x].last);
    for (int row = 1; row <= ABOVE; row++) {
        for (int aside = 0; aside <= 2 * ABOVE && !nice; aside++) {
            const size_t distance = c->stride * (size_t)row + (size_t)aside - ABOVE;
            if (distance <= WINDOW) nice = extend_from(c, x, (uint32_t)distance);
        }
    }
    return nice ? nice : extend_from_triples(c, x);
}

static void divide(chooser *c)
{
    size_t skipped = 0;
    for (size_t x = 0; x < c->n; x++) {
        const node *const from = &c->nodes[x];
        const uint32_t cost = from->cost + c->by_literals[x + 1] - c->by_literals[x];
        if (cost < c->nodes[x + 1].cost) {
            reach(&c->nodes[x + 1], from, cost, from->recent << 8 | c->literals[x], 0, 1);
        }
        if (x >= skipped) skipped = x + extend_all(c, x);
    }
}

/* ---- what was chosen --------------------------------------------------------------------------------------------- */

/* Writes the indices of the best way to the end, and counts its symbols. */
static void write_segment(chooser *c)
{
    uint8_t *const out = c->stream + position(c, 0);
    uint32_t *const lengths = c->counts + 256, *const distances = lengths + LENGTHS;
    size_t n_steps = 0;
    for (size_t x = c->n; x > 0; x -= c->nodes[x].length) c->steps[n_steps++] = (uint16_t)x;
    while (n_steps--) {
        const size_t end = c->steps[n_steps];
        const node *const step = &c->nodes[end];
        size_t x = end - step->length;
        if (!step->is_match) {
            out[x] = c->literals[x];
            c->counts[c->literals[x]] += PER_SYMBOL;
            continue;
        }
        lengths[length_code(step->length)] += PER_SYMBOL;
        distances[distance_code(step->last)] += PER_SYMBOL;
        for (; x < end; x++) out[x] = (out - step->last)[x];
    }
}

/* Lets the triples be found whose next index is the last one of this segment or before it. */
static void insert_triples(chooser *c)
{
    const size_t end = position(c, c->n), begin = position(c, 0) - kmc_smaller(c->begin, 3);
    for (size_t at = begin; at + 3 < end; at++) {
        uint32_t tag, *const places = bucket_of(c, c->stream + at, &tag);
        memmove(places + 1, places, (PLACES - 1) * sizeof *places);
        places[0] = tag | (uint32_t)c->stream[at + 3] << 16 | (uint32_t)(at & 0xFFFF);
    }
}

static void choose_segment(chooser *c)
{
    load_segment(c);
    divide(c);
    write_segment(c);
    insert_triples(c);
    c->since += (uint32_t)c->n;
    if (c->since >= UPDATE) update_costs(c);
}

/* The length of the next segment of a row: they are nearly equal. */
static size_t next_segment(size_t rest)
{
    const size_t segments = (rest + SEGMENT - 1) / SEGMENT;
    return (rest + segments - 1) / segments;
}

static kmc_status choose(chooser *c)
{
    const kmc_choice *const choice = c->choice;
    memset(c->buckets, 0, sizeof c->buckets);
    guess_counts(c);
    update_costs(c);
    for (c->y = 0; c->y < choice->height; c->y++) {
        for (c->begin = 0; c->begin < choice->width; c->begin += c->n) {
            c->n = next_segment(choice->width - c->begin);
            const kmc_status status = c->since ? KMC_OK : kmc_poll(c->run);
            if (status != KMC_OK) return status;
            choose_segment(c);
        }
        memcpy(c->out + c->y * choice->width, c->stream + c->y * c->stride + 1, choice->width);
    }
    return KMC_OK;
}

kmc_status kmc_choose_png(const kmc_run *run, const kmc_choice *choice, const void *nearest, void *indices)
{
    if (choice->index_bytes != 1 || choice->k > 256) return KMC_BAD_ARGUMENT;
    if (choice->lambda <= 0) {
        memcpy(indices, nearest, choice->height * choice->width);
        return KMC_OK;
    }
    const size_t stride = choice->width + 1;
    chooser *const c = kmc_alloc(1, sizeof *c);
    uint8_t *const stream = kmc_alloc_zeroed(choice->height, stride);
    kmc_status status = c && stream ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        c->run = run;
        c->choice = choice;
        c->out = indices;
        c->stream = stream;
        c->stride = stride;
        kmc_pixel_costs_init(&c->errors_of, choice, nearest);
        status = choose(c);
    }
    kmc_free(c);
    kmc_free(stream);
    return status;
}
