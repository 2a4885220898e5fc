/* Index planes to bytes and back: bands of rows that are coded independently, one on each thread. */
#include "codec/index_model.h"
#include "codec/kernels.h"
#include "codec/codec.h"
#include "base/indices.h"
#include "base/parallel.h"
#include "codec/order0_model.h"
#include "codec/repeats.h"

enum { ROUND_PIXELS = KMC_REPEATS_WIDTH_MAX }; /* between two polls: at most some 40 ms */

/* A band being coded. */
typedef struct band {
    kmc_index_model *model;
    kmc_order0_model *order0; /* the one or the other */
    kmc_coder coder;
    size_t begin, end; /* the pixels not yet coded */
    uint16_t symbols[ROUND_PIXELS];
} band;

typedef struct plane_job {
    const kmc_run *run;
    const kmc_plane *plane;
    kmc_bytes *coded; /* by band */
    int reading, index_bytes;
    const void *from; /* indices */
    void *to;
    kmc_palette_tree tree;
    uint16_t *symbol_of; /* of every index that fits into index_bytes: k, which is none, beyond the palette */
    band *bands;         /* by thread */
} plane_job;

static void code_symbols(const plane_job *job, band *b, size_t n)
{
    if (b->order0)
        kmc_order0_model_code(b->order0, &b->coder, job->reading, b->symbols, n);
    else if (job->reading)
        job->run->kernels->codec->read_indices(b->model, &b->coder, b->symbols, n);
    else
        job->run->kernels->codec->write_indices(b->model, &b->coder, b->symbols, n);
}

/* Indices belong to the caller, who may change them meanwhile: each is read once, and its symbol is what is checked. */
static kmc_status write_symbols(const plane_job *job, band *b, size_t n)
{
    uint32_t beyond = 0;
    for (size_t i = 0; i < n; i++) {
        b->symbols[i] = job->symbol_of[kmc_index_get(job->from, job->index_bytes, b->begin + i)];
        beyond |= b->symbols[i] >= job->plane->k;
    }
    if (beyond) return KMC_BAD_ARGUMENT;
    code_symbols(job, b, n);
    return b->coder.failed ? KMC_NO_MEMORY : KMC_OK;
}

static void read_symbols(const plane_job *job, band *b, size_t n)
{
    code_symbols(job, b, n);
    for (size_t i = 0; i < n; i++)
        kmc_index_set(job->to, job->index_bytes, b->begin + i, job->tree.order[b->symbols[i]]);
}

/* Codes some pixels of a band: whole rows, if they are narrow enough for repeated rows to be recognised. */
static kmc_status code_round(const plane_job *job, band *b)
{
    const size_t left = b->end - b->begin, width = job->plane->width;
    const size_t most = width <= KMC_REPEATS_WIDTH_MAX ? ROUND_PIXELS / width * width : ROUND_PIXELS;
    const size_t n = kmc_smaller(left, most);
    kmc_status status = KMC_OK;
    if (job->reading)
        read_symbols(job, b, n);
    else
        status = write_symbols(job, b, n);
    b->begin += n;
    return status;
}

static kmc_status start_band(const plane_job *job, size_t i, band *b)
{
    const kmc_plane *const plane = job->plane;
    const size_t top = kmc_plane_row(plane, i), bottom = kmc_plane_row(plane, i + 1);
    const kmc_model_options options = {plane->contexts, plane->slot_bits};
    if (job->reading)
        kmc_coder_start_reading(&b->coder, job->coded[i].data, job->coded[i].size);
    else
        kmc_coder_start_writing(&b->coder);
    b->begin = top * plane->width;
    b->end = job->reading && !job->coded[i].data ? b->begin : bottom * plane->width;
    if (b->begin == b->end) return KMC_OK; /* a lost band is left out */
    if (plane->slot_bits == 0) {
        b->order0 = kmc_order0_model_new(&job->tree, plane->width, plane->contexts);
        return b->order0 ? KMC_OK : KMC_NO_MEMORY;
    }
    return kmc_index_model_new(&job->tree, plane->width, bottom - top, options, &b->model);
}

static kmc_status end_band(const plane_job *job, size_t i, band *b, kmc_status status)
{
    kmc_index_model_free(b->model);
    b->model = NULL;
    kmc_order0_model_free(b->order0);
    b->order0 = NULL;
    if (job->reading) return status;
    if (status == KMC_OK) kmc_coder_finish(&b->coder);
    job->coded[i] = (kmc_bytes){b->coder.bytes, b->coder.n};
    return b->coder.failed ? KMC_NO_MEMORY : status;
}

static kmc_status band_task(void *context, ptrdiff_t task, int thread)
{
    const plane_job *const job = context;
    band *const b = &job->bands[thread];
    kmc_status status = start_band(job, (size_t)task, b);
    while (status == KMC_OK && b->begin != b->end) {
        status = code_round(job, b);
        if (status == KMC_OK) status = kmc_check_in(job->run, thread);
    }
    return end_band(job, (size_t)task, b, status);
}

static kmc_status prepare(plane_job *job, size_t threads)
{
    const kmc_plane *const plane = job->plane;
    job->bands = kmc_alloc_zeroed(threads, sizeof *job->bands);
    if (!job->bands) return KMC_NO_MEMORY;
    const kmc_status status = kmc_palette_tree_new(plane->palette, plane->k, plane->channels, &job->tree);
    if (status != KMC_OK || job->reading) return status;
    const size_t n = (size_t)1 << 8 * job->index_bytes;
    job->symbol_of = kmc_alloc(n, sizeof *job->symbol_of);
    if (!job->symbol_of) return KMC_NO_MEMORY;
    for (size_t i = 0; i < n; i++) job->symbol_of[i] = (uint16_t)plane->k; /* if k = 65536, every index has a symbol */
    for (size_t i = 0; i < plane->k; i++)
        if (job->tree.order[i] < n) job->symbol_of[job->tree.order[i]] = (uint16_t)i;
    return KMC_OK;
}

kmc_status kmc_plane_check(const kmc_plane *plane)
{
    if (plane->width == 0 || plane->height == 0 || plane->k == 0 || plane->k > KMC_PALETTE_MAX) return KMC_BAD_ARGUMENT;
    if (plane->n_bands == 0 || plane->n_bands > plane->height) return KMC_BAD_ARGUMENT;
    if (plane->slot_bits == 0) return KMC_OK; /* the order-0 model needs no more */
    if (plane->contexts & ~KMC_CONTEXT_BITS || !(plane->contexts & KMC_FIRST_PREDICTION)) return KMC_BAD_ARGUMENT;
    if (plane->slot_bits < KMC_SLOT_BITS_MIN || plane->slot_bits > KMC_SLOT_BITS_MAX) return KMC_BAD_ARGUMENT;
    const uint64_t rows = (uint64_t)plane->height / plane->n_bands + 4; /* positions in a band are 32 bits */
    if ((uint64_t)plane->width + 8 > UINT32_MAX / rows) return KMC_BAD_ARGUMENT;
    return KMC_OK;
}

uint64_t kmc_plane_bytes(const kmc_plane *plane)
{
    const kmc_model_options options = {plane->contexts, plane->slot_bits};
    if (plane->slot_bits == 0) return sizeof(band) + kmc_order0_model_bytes(plane->width);
    return sizeof(band) + kmc_index_model_bytes(plane->width, plane->height / plane->n_bands + 1, options);
}

static kmc_status code_plane(plane_job *job)
{
    const kmc_plane *const plane = job->plane;
    const size_t threads = kmc_smaller(plane->n_bands, (size_t)job->run->threads);
    kmc_status status = kmc_plane_check(plane);
    if (status == KMC_OK) status = prepare(job, threads);
    if (status == KMC_OK) status = kmc_parallel(job->run, (int)threads, (ptrdiff_t)plane->n_bands, band_task, job);
    kmc_free(job->bands);
    kmc_free(job->symbol_of);
    kmc_palette_tree_free(&job->tree);
    return status;
}

kmc_status kmc_plane_write(const kmc_run *run, const kmc_plane *plane, const void *indices, int index_bytes,
                           kmc_bytes *coded)
{
    plane_job job = {.run = run, .plane = plane, .coded = coded, .index_bytes = index_bytes, .from = indices};
    for (size_t i = 0; i < plane->n_bands; i++) coded[i] = (kmc_bytes){NULL, 0};
    const kmc_status status = code_plane(&job);
    if (status != KMC_OK) kmc_bytes_free(coded, plane->n_bands);
    return status;
}

kmc_status kmc_plane_read(const kmc_run *run, const kmc_plane *plane, const kmc_bytes *coded, void *indices,
                          int index_bytes)
{
    plane_job job = {.run = run, .plane = plane, .coded = (kmc_bytes *)coded, .reading = 1, .index_bytes = index_bytes,
                     .to = indices};
    return code_plane(&job);
}

void kmc_bytes_free(kmc_bytes *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        kmc_free(bytes[i].data);
        bytes[i] = (kmc_bytes){NULL, 0};
    }
}
