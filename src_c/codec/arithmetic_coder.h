/* The binary arithmetic coder: a 32-bit range is divided in proportion to the probability of each bit. */
#ifndef KMC_CODEC_ARITHMETIC_CODER_H
#define KMC_CODEC_ARITHMETIC_CODER_H

#include "base/base.h"

/* An encoder or a decoder. The encoder owns `bytes`, which grow; the decoder reads zeros behind the end of `input`. */
typedef struct kmc_coder {
    uint32_t range, code; /* code: of the decoder, its offset within the range */
    uint64_t low;         /* of the encoder; bit 32 is a carry */
    uint8_t *bytes;
    const uint8_t *input;
    size_t n, capacity; /* bytes so far; room for them, or the size of the input */
    int failed;         /* memory ran out while writing */
} kmc_coder;

/* Appends the top byte of `low`, after propagating its carry. */
static inline void kmc_coder_put(kmc_coder *coder)
{
    if (coder->low >> 32)
        for (size_t i = coder->n; i-- > 0 && ++coder->bytes[i] == 0;) {}
    if (coder->n == coder->capacity) {
        const size_t capacity = 2 * coder->capacity + 1024;
        uint8_t *const more = kmc_grown(coder->bytes, coder->n, capacity, 1);
        if (!more) {
            coder->failed = 1;
            coder->low &= 0xFFFFFFFF;
            return;
        }
        coder->bytes = more;
        coder->capacity = capacity;
    }
    coder->bytes[coder->n++] = (uint8_t)(coder->low >> 24);
    coder->low = coder->low << 8 & 0xFFFFFFFF;
}

/* Encodes a bit that is 1 with probability p / 65536, 0 < p < 65536. */
static inline void kmc_coder_write(kmc_coder *coder, int bit, uint32_t p)
{
    const uint32_t ones = (uint32_t)((uint64_t)coder->range * p >> 16);
    if (bit) {
        coder->range = ones;
    } else {
        coder->low += ones;
        coder->range -= ones;
    }
    while (coder->range < (uint32_t)1 << 24) {
        kmc_coder_put(coder);
        coder->range <<= 8;
    }
}

static inline uint32_t kmc_coder_byte(kmc_coder *coder)
{
    return coder->n < coder->capacity ? coder->input[coder->n++] : 0;
}

/* Decodes a bit that was encoded with p. */
static inline int kmc_coder_read(kmc_coder *coder, uint32_t p)
{
    const uint32_t ones = (uint32_t)((uint64_t)coder->range * p >> 16);
    const int bit = coder->code < ones;
    if (bit) {
        coder->range = ones;
    } else {
        coder->code -= ones;
        coder->range -= ones;
    }
    while (coder->range < (uint32_t)1 << 24) {
        coder->code = coder->code << 8 | kmc_coder_byte(coder);
        coder->range <<= 8;
    }
    return bit;
}

/* Whether all bits from here on are 1, whatever their probabilities: only zeros are left. */
static inline int kmc_coder_only_ones(const kmc_coder *coder)
{
    return coder->code == 0 && coder->n == coder->capacity;
}

/* Decodes a bit, or encodes this one; returns it. */
static inline int kmc_coder_code(kmc_coder *coder, int reading, int bit, uint32_t p)
{
    if (reading) return kmc_coder_read(coder, p);
    kmc_coder_write(coder, bit, p);
    return bit;
}

static inline void kmc_coder_start_writing(kmc_coder *coder)
{
    *coder = (kmc_coder){.range = 0xFFFFFFFF};
}

/* Reads n bytes, which stay the caller's. Zeros at their end are dropped, since they are read behind it anyway. */
static inline void kmc_coder_start_reading(kmc_coder *coder, const uint8_t *bytes, size_t n)
{
    while (n != 0 && bytes[n - 1] == 0) n--;
    *coder = (kmc_coder){.range = 0xFFFFFFFF, .input = bytes, .capacity = n};
    for (int i = 0; i < 4; i++) coder->code = coder->code << 8 | kmc_coder_byte(coder);
}

/* Flushes the encoder: one byte identifies the last range, and zeros at the end are dropped. */
static inline void kmc_coder_finish(kmc_coder *coder)
{
    coder->low = (coder->low + 0xFFFFFF) & ~(uint64_t)0xFFFFFF;
    kmc_coder_put(coder);
    while (coder->n != 0 && coder->bytes[coder->n - 1] == 0) coder->n--;
}

#endif
