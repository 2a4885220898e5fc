/* Indices chosen by the model of .kmc files: bands of rows, as the coder has them, one on each thread. */
#include "codec/choice.h"
#include "codec/index_model.h"
#include "codec/kernels.h"
#include "kmeans/points.h"
#include "lossy/lossy.h"
#include "base/indices.h"
#include "base/parallel.h"

enum { ROUND_PIXELS = 1 << 13 }; /* between two polls, and of a whole row where it is narrower */

typedef struct choosing {
    const kmc_run *run;
    const kmc_choice *choice;
    const kmc_plane *plane;
    const void *nearest;
    void *indices;
    kmc_palette_tree tree;
    kmc_chooser chooser;
    int16_t (*entries)[4]; /* by symbol, as in `chooser` */
    uint8_t *kinds;
    uint16_t (*near)[KMC_NEAR];
    uint16_t *symbol_of; /* of each index below 2^8 or 2^16: k, which is none, beyond the palette */
    uint16_t *symbols;   /* ROUND_PIXELS of each thread */
} choosing;

/* ---- entries by symbol ------------------------------------------------------------------------------------------- */

/* The nearest other symbols of the same kind, the lowest first among equally near ones. */
static void find_near(const choosing *job, size_t symbol)
{
    uint16_t *const near = job->near[symbol];
    int32_t distances[KMC_NEAR];
    int n = 0;
    for (size_t i = 0; i < job->choice->k; i++) {
        if (i == symbol || job->kinds[i] != job->kinds[symbol]) continue;
        const int32_t d = kmc_squared_distance(job->entries[i], job->entries[symbol]);
        if (n == KMC_NEAR && d >= distances[n - 1]) continue;
        int at = n < KMC_NEAR ? n++ : n - 1;
        for (; at > 0 && distances[at - 1] > d; at--) {
            distances[at] = distances[at - 1];
            near[at] = near[at - 1];
        }
        distances[at] = d;
        near[at] = (uint16_t)i;
    }
    for (; n < KMC_NEAR; n++) near[n] = (uint16_t)symbol;
}

static kmc_status prepare_entries(choosing *job)
{
    const kmc_choice *const choice = job->choice;
    const size_t k = choice->k, n = (size_t)1 << 8 * choice->index_bytes;
    job->entries = kmc_alloc(k, sizeof *job->entries);
    job->kinds = kmc_alloc(k, sizeof *job->kinds);
    job->near = kmc_alloc(k, sizeof *job->near);
    job->symbol_of = kmc_alloc(n, sizeof *job->symbol_of);
    if (!job->entries || !job->kinds || !job->near || !job->symbol_of) return KMC_NO_MEMORY;
    for (size_t i = 0; i < n; i++) job->symbol_of[i] = (uint16_t)k;
    for (size_t i = 0; i < k; i++) {
        const size_t index = job->tree.order[i];
        for (int c = 0; c < 4; c++) job->entries[i][c] = choice->entries[4 * index + (size_t)c];
        job->kinds[i] = choice->kinds[index];
        if (index < n) job->symbol_of[index] = (uint16_t)i;
    }
    for (size_t i = 0; i < k; i++) {
        const kmc_status status = i % 64 ? KMC_OK : kmc_poll(job->run);
        if (status != KMC_OK) return status;
        find_near(job, i);
    }
    kmc_chooser_init(&job->chooser);
    job->chooser.entries = (const int16_t(*)[4])job->entries;
    job->chooser.kinds = job->kinds;
    job->chooser.near = (const uint16_t(*)[KMC_NEAR])job->near;
    job->chooser.lambda = choice->lambda;
    job->chooser.reach = choice->reach;
    return KMC_OK;
}

/* ---- bands ------------------------------------------------------------------------------------------------------- */

/* Indices belong to the caller, who may change them meanwhile: each is read once, and its symbol is what is checked. */
static kmc_status choose_some(const choosing *job, kmc_index_model *model, kmc_coder *coder, uint16_t *symbols,
                              size_t begin, size_t n)
{
    const kmc_choice *const choice = job->choice;
    uint32_t beyond = 0;
    for (size_t i = 0; i < n; i++) {
        symbols[i] = job->symbol_of[kmc_index_get(job->nearest, choice->index_bytes, begin + i)];
        beyond |= symbols[i] >= choice->k;
    }
    if (beyond) return KMC_BAD_ARGUMENT;
    const int16_t(*const points)[4] = (const int16_t(*)[4])choice->points + begin;
    const uint16_t *const weights = choice->weights ? choice->weights + begin : NULL;
    job->run->kernels->codec->choose_indices(model, coder, &job->chooser, points, weights, symbols, n);
    for (size_t i = 0; i < n; i++)
        kmc_index_set(job->indices, choice->index_bytes, begin + i, job->tree.order[symbols[i]]);
    return coder->failed ? KMC_NO_MEMORY : KMC_OK;
}

static kmc_status choose_band(void *context, ptrdiff_t task, int thread)
{
    const choosing *const job = context;
    const kmc_plane *const plane = job->plane;
    const size_t top = kmc_plane_row(plane, (size_t)task), bottom = kmc_plane_row(plane, (size_t)task + 1);
    const size_t width = plane->width, end = bottom * width;
    const size_t most = width <= ROUND_PIXELS ? ROUND_PIXELS / width * width : ROUND_PIXELS;
    const kmc_model_options options = {plane->contexts, plane->slot_bits};
    kmc_index_model *model;
    kmc_coder coder;
    kmc_status status = kmc_index_model_new(&job->tree, width, bottom - top, options, &model);
    if (status != KMC_OK) return status;
    kmc_coder_start_writing(&coder);
    for (size_t at = top * width; status == KMC_OK && at < end;) {
        const size_t n = kmc_smaller(end - at, most);
        status = choose_some(job, model, &coder, job->symbols + (size_t)thread * ROUND_PIXELS, at, n);
        if (status == KMC_OK) status = kmc_check_in(job->run, thread);
        at += n;
    }
    kmc_free(coder.bytes);
    kmc_index_model_free(model);
    return status;
}

static kmc_status check(const kmc_choice *choice, const kmc_plane *plane)
{
    if (choice->k < 2 || choice->k > KMC_CHOICE_COLORS_MAX || plane->slot_bits == 0) return KMC_BAD_ARGUMENT;
    if (plane->k != choice->k || plane->width != choice->width || plane->height != choice->height)
        return KMC_BAD_ARGUMENT;
    if (choice->lambda < 0 || choice->lambda > (int64_t)1 << 38 || choice->reach < 0) return KMC_BAD_ARGUMENT;
    return kmc_plane_check(plane);
}

static kmc_status choose(choosing *job)
{
    const kmc_plane *const plane = job->plane;
    const size_t threads = kmc_smaller(plane->n_bands, (size_t)job->run->threads);
    kmc_status status = kmc_palette_tree_new(plane->palette, plane->k, plane->channels, &job->tree);
    if (status == KMC_OK) status = prepare_entries(job);
    if (status != KMC_OK) return status;
    job->symbols = kmc_alloc(threads, ROUND_PIXELS * sizeof *job->symbols);
    if (!job->symbols) return KMC_NO_MEMORY;
    return kmc_parallel(job->run, (int)threads, (ptrdiff_t)plane->n_bands, choose_band, job);
}

kmc_status kmc_choose_kmc(const kmc_run *run, const kmc_choice *choice, const kmc_plane *plane, const void *nearest,
                          void *indices)
{
    choosing job = {.run = run, .choice = choice, .plane = plane, .nearest = nearest, .indices = indices};
    kmc_status status = check(choice, plane);
    if (status == KMC_OK) status = choose(&job);
    kmc_palette_tree_free(&job.tree);
    kmc_free(job.entries);
    kmc_free(job.kinds);
    kmc_free(job.near);
    kmc_free(job.symbol_of);
    kmc_free(job.symbols);
    return status;
}
