/* Blocks of bytes (ICC profiles, EXIF, XMP) to fewer bytes and back, one bit at a time: six contexts of the bytes
 * before predict each bit, and a mixer weighs their predictions. This is lpaq without its match model and its final
 * stages, which blocks of a few kilobytes do not repay. */
#include "codec/arithmetic_coder.h"
#include "codec/adaptive_probability.h"
#include "codec/mixer.h"
#include "codec/codec.h"

enum {
    CONTEXTS = 6,
    INPUTS = CONTEXTS + 1, /* and a constant */
    FIRST_WEIGHT = 18000,
    LEARNING_RATE = 24,
    P_MIN = 4,
    SLOT_BITS_MIN = 8,
    SLOT_BITS_MAX = 16,
    POLL_BYTES = 4096
};

/* Which of the eight bytes before each context looks at, the last one lowest. Orders 0, 1, 2 and 4 suit text; the byte
 * two back, alone and with the one four back, suits the tables of 16-bit numbers in ICC profiles. */
static const uint64_t MASKS[CONTEXTS] = {0, 0xFF, 0xFFFF, 0xFFFFFFFF, 0xFF00, 0xFF00FF00};

typedef struct block_model {
    kmc_logistic logistic;
    kmc_rates rates;
    kmc_counter *slots;
    int slot_bits;
    int32_t weights[INPUTS];
    uint64_t history; /* the last eight bytes */
} block_model;

static int slot_bits_for(size_t n)
{
    int bits = SLOT_BITS_MIN;
    while (bits < SLOT_BITS_MAX && (size_t)1 << bits >> 3 < n) bits++;
    return bits;
}

static void free_model(block_model *model)
{
    if (!model) return;
    kmc_free(model->slots);
    kmc_free(model);
}

static block_model *new_model(size_t n)
{
    block_model *const m = kmc_alloc_zeroed(1, sizeof *m);
    if (!m) return NULL;
    m->slot_bits = slot_bits_for(n);
    m->slots = kmc_alloc_zeroed((size_t)1 << m->slot_bits, KMC_SLOT * sizeof *m->slots);
    if (!m->slots) {
        free_model(m);
        return NULL;
    }
    kmc_logistic_fill(&m->logistic);
    kmc_rates_fill(&m->rates);
    for (int i = 0; i < INPUTS; i++) m->weights[i] = FIRST_WEIGHT;
    return m;
}

/* The counters learn one after the other: two of them may be the same. */
static int code_bit(block_model *m, kmc_coder *coder, int reading, kmc_counter *const counters[CONTEXTS], int bit)
{
    int32_t inputs[INPUTS], sum = 0;
    for (int i = 0; i < CONTEXTS; i++) {
        const uint32_t confidence = m->rates.by_count[*counters[i] & 1023] & 0xFFFF;
        inputs[i] = m->logistic.stretch[*counters[i] >> 20] * (int32_t)confidence >> 8;
    }
    inputs[CONTEXTS] = 256;
    for (int i = 0; i < INPUTS; i++) sum += inputs[i] * m->weights[i] >> 4;
    const int32_t p = kmc_squash(&m->logistic, kmc_clamp_stretched(sum >> 12));
    bit = kmc_coder_code(coder, reading, bit, (uint32_t)(p < P_MIN ? P_MIN : p > 65536 - P_MIN ? 65536 - P_MIN : p));
    const int32_t error = ((bit << 16) - p) * LEARNING_RATE >> 4;
    for (int i = 0; i < INPUTS; i++)
        m->weights[i] = kmc_clamp_weight(m->weights[i] + ((inputs[i] * error + (1 << 13)) >> 14), KMC_WEIGHT_MAX);
    for (int i = 0; i < CONTEXTS; i++) kmc_counter_learn(counters[i], &m->rates, bit, KMC_LIMIT_CONTEXT);
    return bit;
}

/* Codes four bits, the highest first. Their counters are in one slot of each context. */
static uint32_t code_nibble(block_model *m, kmc_coder *coder, int reading, uint32_t prefix, uint32_t nibble)
{
    kmc_counter *slots[CONTEXTS], *counters[CONTEXTS];
    uint32_t coded = 1;
    for (int i = 0; i < CONTEXTS; i++) {
        const uint64_t key = kmc_mix(kmc_mix((uint64_t)i, m->history & MASKS[i]), prefix);
        slots[i] = kmc_slot_find(m->slots, m->slot_bits, key);
    }
    for (int j = 3; j >= 0; j--) {
        for (int i = 0; i < CONTEXTS; i++) counters[i] = slots[i] + coded;
        coded = 2 * coded + (uint32_t)code_bit(m, coder, reading, counters, nibble >> j & 1);
    }
    return coded - 16;
}

static uint8_t code_byte(block_model *m, kmc_coder *coder, int reading, uint8_t byte)
{
    const uint32_t high = code_nibble(m, coder, reading, 0, byte >> 4);
    const uint32_t low = code_nibble(m, coder, reading, 16 + high, byte & 15);
    const uint8_t coded = (uint8_t)(high << 4 | low);
    m->history = m->history << 8 | coded;
    return coded;
}

/* Codes n bytes: those of `from` are written, or those read go to `to`. */
static kmc_status code_block(const kmc_run *run, kmc_coder *coder, const uint8_t *from, uint8_t *to, size_t n)
{
    block_model *const model = new_model(n);
    kmc_status status = model ? KMC_OK : KMC_NO_MEMORY;
    for (size_t i = 0; i < n && status == KMC_OK; i++) {
        const uint8_t byte = code_byte(model, coder, to != NULL, to ? 0 : from[i]);
        if (to) to[i] = byte;
        if (coder->failed) status = KMC_NO_MEMORY;
        if (i % POLL_BYTES == POLL_BYTES - 1 && status == KMC_OK) status = kmc_poll(run);
    }
    free_model(model);
    return status;
}

uint64_t kmc_block_bytes(size_t n)
{
    return sizeof(block_model) + ((uint64_t)KMC_SLOT * sizeof(kmc_counter) << slot_bits_for(n));
}

kmc_status kmc_block_write(const kmc_run *run, const uint8_t *block, size_t n, kmc_bytes *coded)
{
    kmc_coder coder;
    kmc_coder_start_writing(&coder);
    kmc_status status = code_block(run, &coder, block, NULL, n);
    if (status == KMC_OK) kmc_coder_finish(&coder);
    if (coder.failed) status = KMC_NO_MEMORY;
    *coded = (kmc_bytes){coder.bytes, coder.n};
    if (status != KMC_OK) kmc_bytes_free(coded, 1);
    return status;
}

kmc_status kmc_block_read(const kmc_run *run, const uint8_t *coded, size_t size, uint8_t *block, size_t n)
{
    kmc_coder coder;
    kmc_coder_start_reading(&coder, coded, size);
    return code_block(run, &coder, NULL, block, n);
}
