/* The vector operations of dither/dither_kernels_tpl.h in plain C. This file defines what they do: a vector of four
 * points with four int16 coordinates each. */

typedef struct quads {
    int16_t at[16];
} quads;

static inline quads quads_load(const int16_t *from)
{
    quads q;
    for (int i = 0; i < 16; i++) q.at[i] = from[i];
    return q;
}

static inline void quads_store(int16_t *to, quads a)
{
    for (int i = 0; i < 16; i++) to[i] = a.at[i];
}

/* Coordinates from 8-bit levels, of which the fourth is ignored. */
static inline quads quads_levels(const uint8_t *from)
{
    quads q;
    for (int i = 0; i < 16; i++) q.at[i] = (int16_t)(i % 4 == 3 ? 0 : from[i] << 6);
    return q;
}

static inline quads quads_set(int16_t all)
{
    quads q;
    for (int i = 0; i < 16; i++) q.at[i] = all;
    return q;
}

/* One point, four times. */
static inline quads quads_repeat(const int16_t *one)
{
    quads q;
    for (int i = 0; i < 16; i++) q.at[i] = one[i % 4];
    return q;
}

static inline quads quads_gather(const int16_t *a, const int16_t *b, const int16_t *c, const int16_t *d)
{
    quads q;
    for (int i = 0; i < 4; i++) {
        q.at[i] = a[i];
        q.at[4 + i] = b[i];
        q.at[8 + i] = c[i];
        q.at[12 + i] = d[i];
    }
    return q;
}

static inline quads quads_add(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] = (int16_t)(a.at[i] + b.at[i]);
    return a;
}

static inline quads quads_sub(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] = (int16_t)(a.at[i] - b.at[i]);
    return a;
}

static inline quads quads_min(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] = a.at[i] < b.at[i] ? a.at[i] : b.at[i];
    return a;
}

static inline quads quads_max(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] = a.at[i] > b.at[i] ? a.at[i] : b.at[i];
    return a;
}

/* The absolute differences of the coordinates. */
static inline quads quads_distance(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] = (int16_t)(a.at[i] > b.at[i] ? a.at[i] - b.at[i] : b.at[i] - a.at[i]);
    return a;
}

/* a * share / 2^15, rounded; share >= 0. */
static inline quads quads_share(quads a, int16_t share)
{
    for (int i = 0; i < 16; i++) a.at[i] = (int16_t)((a.at[i] * share + (1 << 14)) >> 15);
    return a;
}

/* a * b / 2^15, rounded, each by each; nothing is negative. */
static inline quads quads_share_each(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] = (int16_t)((a.at[i] * b.at[i] + (1 << 14)) >> 15);
    return a;
}

/* Four values, each repeated for all four coordinates of a point. */
static inline quads quads_spread(const int16_t *four)
{
    quads q;
    for (int i = 0; i < 16; i++) q.at[i] = four[i / 4];
    return q;
}

/* A mask with all bits of the points whose fourth coordinate is `value`. */
static inline quads quads_fourth_is(quads a, int16_t value)
{
    quads q;
    for (int i = 0; i < 16; i++) q.at[i] = a.at[i | 3] == value ? -1 : 0;
    return q;
}

static inline quads quads_and(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] &= b.at[i];
    return a;
}

/* The bits of b that are not in a. */
static inline quads quads_and_not(quads a, quads b)
{
    for (int i = 0; i < 16; i++) a.at[i] = (int16_t)(b.at[i] & ~a.at[i]);
    return a;
}

/* The indices of four cells. */
typedef struct quads_cells {
    uint32_t of[4];
} quads_cells;

/* The sum of each point's coordinates, shifted right, times weights. */
static inline quads_cells quads_number(quads a, int shift, quads weights)
{
    quads_cells n;
    for (int i = 0; i < 4; i++) {
        n.of[i] = 0;
        for (int c = 0; c < 4; c++) n.of[i] += (uint32_t)((a.at[4 * i + c] >> shift) * weights.at[4 * i + c]);
    }
    return n;
}

/* if_set for the points in the mask, otherwise for the others. */
static inline quads_cells quads_cells_select(quads mask, quads_cells if_set, quads_cells otherwise)
{
    for (int i = 0; i < 4; i++) otherwise.of[i] = mask.at[4 * i] ? if_set.of[i] : otherwise.of[i];
    return otherwise;
}

static inline quads_cells quads_cells_add(quads_cells n, uint32_t all)
{
    for (int i = 0; i < 4; i++) n.of[i] += all;
    return n;
}

static inline quads_cells quads_cells_set(uint32_t all)
{
    return (quads_cells){{all, all, all, all}};
}

static inline uint32_t quads_cell(quads_cells n, int i)
{
    return n.of[i];
}

/* Sums of squared coordinates, two coordinates each, of at most four vectors. */
typedef struct quads_squares {
    uint32_t of[8];
} quads_squares;

static inline quads_squares quads_no_squares(void)
{
    return (quads_squares){{0}};
}

static inline quads_squares quads_add_squares(quads_squares sum, quads a)
{
    for (int i = 0; i < 8; i++) sum.of[i] += (uint32_t)(a.at[2 * i] * a.at[2 * i] + a.at[2 * i + 1] * a.at[2 * i + 1]);
    return sum;
}

/* Sums of quads_squares in 64 bits. */
typedef uint64_t quads_sums;

static inline quads_sums quads_no_sums(void)
{
    return 0;
}

static inline quads_sums quads_add_sums(quads_sums sums, quads_squares more)
{
    for (int i = 0; i < 8; i++) sums += more.of[i];
    return sums;
}

static inline uint64_t quads_total(quads_sums sums)
{
    return sums;
}

/* One 16-bit value for each of 16 points, in an order that only quads_fold and folded_spread know. */
typedef struct folded {
    uint16_t of[16];
} folded;

static inline folded folded_load(const uint16_t *from)
{
    folded f;
    for (int i = 0; i < 16; i++) f.of[i] = from[i];
    return f;
}

static inline void folded_store(uint16_t *to, folded a)
{
    for (int i = 0; i < 16; i++) to[i] = a.of[i];
}

/* The sums of the coordinates of 16 points, limited to `max`; the sums must be in [0, 2^16). */
static inline folded quads_fold(const quads *a, uint16_t max)
{
    folded f;
    for (int i = 0; i < 16; i++) {
        const int16_t *const at = &a[i / 4].at[i % 4 * 4];
        const int32_t sum = at[0] + at[1] + at[2] + at[3];
        f.of[i] = (uint16_t)(sum < max ? sum : max);
    }
    return f;
}

static inline folded folded_add(folded a, folded b)
{
    for (int i = 0; i < 16; i++) a.of[i] = (uint16_t)(a.of[i] + b.of[i]);
    return a;
}

/* a * share / 2^16. */
static inline folded folded_share(folded a, uint16_t share)
{
    for (int i = 0; i < 16; i++) a.of[i] = (uint16_t)((uint32_t)a.of[i] * share >> 16);
    return a;
}

static inline int folded_any_zero(folded a)
{
    int any = 0;
    for (int i = 0; i < 16; i++) any |= a.of[i] == 0;
    return any;
}

/* The values of the points of vector i, each repeated for all four coordinates. */
static inline quads folded_spread(folded a, int i)
{
    quads q;
    for (int j = 0; j < 16; j++) q.at[j] = (int16_t)a.of[4 * i + j / 4];
    return q;
}
