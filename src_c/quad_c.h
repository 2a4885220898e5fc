/* One place of four int16 coordinates: the operations of kernels_dither_tpl.h in plain C, and what they mean. */

typedef struct quad {
    int16_t at[4];
} quad;

static inline quad quad_load(const int16_t *from)
{
    return (quad){{from[0], from[1], from[2], from[3]}};
}

static inline void quad_store(int16_t *to, quad a)
{
    for (int c = 0; c < 4; c++) to[c] = a.at[c];
}

static inline quad quad_set(int16_t all)
{
    return (quad){{all, all, all, all}};
}

static inline quad quad_sub(quad a, quad b)
{
    for (int c = 0; c < 4; c++) a.at[c] = (int16_t)(a.at[c] - b.at[c]);
    return a;
}

static inline quad quad_add(quad a, quad b)
{
    for (int c = 0; c < 4; c++) a.at[c] = (int16_t)(a.at[c] + b.at[c]);
    return a;
}

static inline quad quad_min(quad a, quad b)
{
    for (int c = 0; c < 4; c++) a.at[c] = a.at[c] < b.at[c] ? a.at[c] : b.at[c];
    return a;
}

static inline quad quad_max(quad a, quad b)
{
    for (int c = 0; c < 4; c++) a.at[c] = a.at[c] > b.at[c] ? a.at[c] : b.at[c];
    return a;
}

/* The first three coordinates alone. */
static inline quad quad_first_three(quad a)
{
    a.at[3] = 0;
    return a;
}

/* Sums of products in 32 bits. */
typedef struct quad_sums {
    int32_t of[4];
} quad_sums;

/* a * weight_a + b * weight_b. */
static inline quad_sums quad_weigh(quad a, int weight_a, quad b, int weight_b)
{
    quad_sums s;
    for (int c = 0; c < 4; c++) s.of[c] = a.at[c] * weight_a + b.at[c] * weight_b;
    return s;
}

static inline quad_sums quad_sums_add(quad_sums a, quad_sums b)
{
    for (int c = 0; c < 4; c++) a.of[c] += b.of[c];
    return a;
}

/* Divided by 16 and rounded; it fits. */
static inline quad quad_sums_sixteenth(quad_sums a)
{
    quad p;
    for (int c = 0; c < 4; c++) p.at[c] = (int16_t)((a.of[c] + 8) >> 4);
    return p;
}

/* Times share / 256 and rounded, share in [0, 256). */
static inline quad quad_share(quad a, int share)
{
    for (int c = 0; c < 4; c++) a.at[c] = (int16_t)((a.at[c] * share + 128) >> 8);
    return a;
}

/* The sum of weights times coordinates shifted right. */
static inline uint32_t quad_number(quad a, int shift, const int16_t *weights)
{
    uint32_t number = 0;
    for (int c = 0; c < 4; c++) number += (uint32_t)weights[c] * (uint32_t)(a.at[c] >> shift);
    return number;
}

/* Four times the least squared distance to four places, and the first of these that is as near. */
static inline uint32_t quad_nearest(quad a, const int16_t (*places)[4])
{
    uint32_t least = UINT32_MAX;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t distance = 0;
        for (int c = 0; c < 4; c++) {
            const int32_t off = a.at[c] - places[i][c];
            distance += (uint32_t)(off * off);
        }
        if ((distance << 2 | i) < least) least = distance << 2 | i;
    }
    return least;
}
