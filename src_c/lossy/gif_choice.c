/* Indices for GIF: what LZW has a string for costs less.
 *
 * LZW writes a code for the longest string of its table that comes next, and then adds this string with one more index.
 * So the strings that may begin at a pixel are ways down a tree. Of those that are near enough to the pixels, the one
 * is chosen that gains most over what as many pixels cost on average, errors and bits. A string does not begin with an
 * index by which the last one could go on, since the encoder would go on with it. */
#include "lossy/gif_choice.h"
#include "lossy/pixel_costs.h"

#include <string.h>

enum {
    TABLE = 4096,         /* codes */
    FIRST = 258,          /* code that the table gets: after all indices, its own end and that of the file */
    NONE = 0,             /* the end of a list of children: codes of indices are not among them */
    MAX_LENGTH = 256,     /* of a string */
    RING = 512,           /* pixels whose costs are known; a power of two */
    FINE = 256,           /* parts of a cost in which averages are kept */
    MEMORY = 32,          /* pixels that an average is of, nearly */
    SLACK = 4,            /* bits by which a string may be behind that goes on */
    POLL = 1 << 12        /* pixels between two polls */
};

/* A way down the tree. */
typedef struct way {
    uint32_t error; /* what its errors cost */
    uint16_t code, length;
    uint8_t first;  /* its first index */
} way;

typedef struct chooser {
    uint8_t *out;
    size_t n, at, loaded;  /* pixels of the picture, those that are chosen, and those whose costs are known */
    int bits;              /* of the next code: codes grow with the table */
    uint32_t next;         /* code that the table gets */
    uint32_t before;       /* code of the last string; TABLE: none in this table */
    int64_t average;       /* what a pixel costs, in parts */
    uint16_t child[TABLE], sibling[TABLE], parent[TABLE];
    uint8_t last[TABLE];   /* the last index of each string */
    kmc_pixel_costs errors_of;
    uint16_t costs[RING][256];
    uint8_t alternatives[RING][KMC_ALTERNATIVES];
    int n_alternatives[RING];
    way best;
    int64_t gain;          /* of the best way */
    way stack[TABLE];
} chooser;

static void clear(chooser *c)
{
    c->bits = 9;
    c->next = FIRST;
    c->before = TABLE;
    memset(c->child, 0, sizeof c->child);
}

/* What bits cost, as averages are kept. */
static int64_t fine_cost(const chooser *c, int bits)
{
    return (int64_t)bits * c->errors_of.bit * (FINE / 16);
}

static void load(chooser *c)
{
    const size_t end = kmc_smaller(c->n, c->at + MAX_LENGTH);
    for (; c->loaded < end; c->loaded++) {
        const size_t i = c->loaded % RING;
        const uint8_t *const near = kmc_pixel_costs_set(&c->errors_of, c->loaded, c->costs[i], &c->n_alternatives[i]);
        memcpy(c->alternatives[i], near, KMC_ALTERNATIVES);
    }
}

static void add_string(chooser *c, uint32_t code, uint32_t parent, uint8_t last)
{
    c->last[code] = last;
    c->parent[code] = (uint16_t)parent;
    c->child[code] = NONE;
    c->sibling[code] = c->child[parent];
    c->child[parent] = (uint16_t)code;
}

/* Whether a string with this error may go on. */
static int is_near(const chooser *c, uint32_t error, size_t length)
{
    return (int64_t)error * FINE <= c->average * (int64_t)length + fine_cost(c, SLACK);
}

/* Looks at all ways down from a string of one index. */
static void look_from(chooser *c, uint8_t index, uint32_t error)
{
    size_t n = 0;
    if (!is_near(c, error, 1)) return;
    c->stack[n++] = (way){error, index, 1, index};
    while (n) {
        const way own = c->stack[--n];
        const int64_t gain = c->average * own.length - (int64_t)own.error * FINE;
        if (gain > c->gain || (gain == c->gain && own.code < c->best.code)) {
            c->gain = gain;
            c->best = own;
        }
        const size_t at = c->at + own.length;
        if (at >= c->loaded) continue;
        const uint16_t *const costs = c->costs[at % RING];
        for (uint32_t code = c->child[own.code]; code != NONE; code = c->sibling[code]) {
            const uint32_t cost = costs[c->last[code]], sum = own.error + cost;
            if (cost == KMC_FORBIDDEN || !is_near(c, sum, own.length + 1u)) continue;
            c->stack[n++] = (way){sum, (uint16_t)code, (uint16_t)(own.length + 1), index};
        }
    }
}

/* The string that goes on after the last one by an index; NONE if there is none. */
static uint32_t going_on(const chooser *c, uint8_t index)
{
    if (c->before == TABLE) return NONE;
    uint32_t code = c->child[c->before];
    while (code != NONE && c->last[code] != index) code = c->sibling[code];
    return code;
}

/* Finds the best string that begins here. The table has the last string with its first index already. */
static int find_string(chooser *c)
{
    const size_t i = c->at % RING;
    c->gain = INT64_MIN;
    for (int j = 0; j < c->n_alternatives[i]; j++) {
        const uint8_t index = c->alternatives[i][j];
        if (c->costs[i][index] == KMC_FORBIDDEN || going_on(c, index) != NONE) continue;
        if (c->before == TABLE) {
            look_from(c, index, c->costs[i][index]);
            continue;
        }
        add_string(c, c->next, c->before, index);
        look_from(c, index, c->costs[i][index]);
        c->child[c->before] = c->sibling[c->next];
    }
    return c->gain != INT64_MIN;
}

/* Lets the last string go on by one index, the nearest one by which it can. */
static void go_on(chooser *c)
{
    const size_t i = c->at % RING;
    uint32_t best = NONE, least = KMC_FORBIDDEN;
    for (int j = 0; j < c->n_alternatives[i]; j++) {
        const uint8_t index = c->alternatives[i][j];
        const uint32_t code = going_on(c, index);
        if (code == NONE || c->costs[i][index] >= least) continue;
        least = c->costs[i][index];
        best = code;
    }
    c->out[c->at++] = c->last[best];
    c->before = best;
}

/* Adds the last string with an index to the table. */
static void update_table(chooser *c, uint8_t index)
{
    add_string(c, c->next, c->before, index);
    c->next++;
    if (c->next > (uint32_t)1 << c->bits && c->bits < 12) c->bits++;
}

static void choose_string(chooser *c)
{
    load(c);
    if (c->next == TABLE) clear(c);
    if (!find_string(c)) {
        go_on(c);
        return;
    }
    const way best = c->best;
    const int64_t cost = (int64_t)best.error * FINE + fine_cost(c, c->bits);
    c->average += (cost / best.length - c->average) * (best.length < MEMORY / 2 ? best.length : MEMORY / 2) / MEMORY;
    if (c->before != TABLE) update_table(c, best.first);
    uint32_t code = best.code;
    for (size_t i = best.length; i-- > 1; code = c->parent[code]) c->out[c->at + i] = c->last[code];
    c->out[c->at] = best.first;
    c->at += best.length;
    c->before = best.code;
}

static kmc_status choose(chooser *c, const kmc_run *run)
{
    size_t polled = 0;
    clear(c);
    c->average = fine_cost(c, c->bits);
    while (c->at < c->n) {
        if (c->at >= polled) {
            const kmc_status status = kmc_poll(run);
            if (status != KMC_OK) return status;
            polled = c->at + POLL;
        }
        choose_string(c);
    }
    return KMC_OK;
}

kmc_status kmc_choose_gif(const kmc_run *run, const kmc_choice *choice, const void *nearest, void *indices)
{
    const size_t n = choice->height * choice->width;
    if (choice->index_bytes != 1 || choice->k > 256) return KMC_BAD_ARGUMENT;
    if (choice->lambda <= 0) {
        memcpy(indices, nearest, n);
        return KMC_OK;
    }
    chooser *const c = kmc_alloc_zeroed(1, sizeof *c);
    if (!c) return KMC_NO_MEMORY;
    c->out = indices;
    c->n = n;
    kmc_pixel_costs_init(&c->errors_of, choice, nearest);
    const kmc_status status = choose(c, run);
    kmc_free(c);
    return status;
}
