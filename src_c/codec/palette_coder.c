/* Palettes to bytes and back: each channel as its residual from a prediction, by one of several predictors. */
#include "codec/arithmetic_coder.h"
#include "codec/adaptive_probability.h"
#include "codec/codec.h"

#include <string.h>

enum { CHANNELS = 4, LIMIT = 60, P_MIN = 64, HALF = 1 << 15, LENGTHS = 4 };

/* The predictors. DELTA: a channel changes as the one before it does. LINEAR: each channel continues its last step.
 * ODOMETER: the channels are the digits of a number that counts up, as in colour cubes. RAW: none, bytes are stored. */
typedef enum palette_mode { DELTA, LINEAR, ODOMETER, RAW, MODES } palette_mode;

/* The initial counters of a residual's length: 7/8 for another bit, with the weight of two updates; where the
 * prediction is usually right, 1/8 for the first one. */
static const kmc_counter LONGER = (kmc_counter)7 << 29 | 2, SHORTER = (kmc_counter)1 << 29 | 2;

/* For each channel: counters of the residual's length in unary, by the previous length (which DELTA ignores), and of
 * its bits below the highest one. For ODOMETER: the successor of each value, -1 if unknown, and the last step. */
typedef struct palette_model {
    kmc_rates rates;
    palette_mode mode;
    kmc_counter lengths[CHANNELS][LENGTHS][8], bits[CHANNELS][9][8];
    int previous_length[CHANNELS];
    int16_t next[CHANNELS][256];
    int step[CHANNELS];
} palette_model;

static kmc_status new_model(palette_mode mode, palette_model **model)
{
    *model = kmc_alloc_zeroed(1, sizeof **model);
    if (!*model) return KMC_NO_MEMORY;
    kmc_rates_fill(&(*model)->rates);
    (*model)->mode = mode;
    memset((*model)->next, 0xFF, sizeof(*model)->next);
    for (int c = 0; c < CHANNELS; c++)
        for (int i = 0; i < 8; i++) {
            const kmc_counter longer = i == 0 && mode != DELTA ? SHORTER : LONGER;
            for (int n = 0; n < LENGTHS; n++) (*model)->lengths[c][n][i] = longer;
            for (int n = 0; n < 9; n++) (*model)->bits[c][n][i] = KMC_COUNTER_NEW;
        }
    return KMC_OK;
}

static int code_bit(palette_model *model, kmc_coder *coder, int reading, kmc_counter *counter, int bit)
{
    bit = kmc_coder_code(coder, reading, bit, kmc_counter_p(*counter, P_MIN));
    kmc_counter_learn(counter, &model->rates, bit, LIMIT);
    return bit;
}

/* Codes a number from 0 to 255: its length in bits, then the bits below the highest one. */
static int code_number(palette_model *model, kmc_coder *coder, int reading, int channel, int number)
{
    kmc_counter *const lengths = model->lengths[channel][model->previous_length[channel]];
    int length = 0;
    while (length < 8 && code_bit(model, coder, reading, &lengths[length], number >> length != 0)) length++;
    if (model->mode != DELTA) model->previous_length[channel] = length < LENGTHS ? length : LENGTHS - 1;
    if (length == 0) return 0;
    int read = 1;
    for (int i = length - 2; i >= 0; i--)
        read = 2 * read + code_bit(model, coder, reading, &model->bits[channel][length][i], number >> i & 1);
    return read;
}

/* Codes a channel as its residual, 0, -1, 1, -2, 2, ... as numbers 0, 1, 2, 3, 4, ... */
static void code_channel(palette_model *model, kmc_coder *coder, int reading, int c, int prediction, uint8_t *value)
{
    const int residual = (int8_t)(uint8_t)(*value - prediction);
    const int number = code_number(model, coder, reading, c, residual >= 0 ? 2 * residual : -2 * residual - 1);
    if (reading) *value = (uint8_t)(prediction + (number % 2 == 0 ? number / 2 : -(number + 1) / 2));
}

/* A colour by LINEAR or DELTA. */
static void code_color(palette_model *model, kmc_coder *coder, int reading, uint8_t *color, const uint8_t *before,
                       const uint8_t *earlier, int channels, palette_mode mode)
{
    for (int c = 0; c < channels; c++) {
        const int change = c == 1 || c == 2 ? color[c - 1] - before[c - 1] : 0;
        const int prediction = before[c] + (mode == LINEAR ? before[c] - earlier[c] : change);
        code_channel(model, coder, reading, c, prediction < 0 ? 0 : prediction > 255 ? 255 : prediction, color + c);
    }
}

/* A colour by ODOMETER: blue steps on; each further digit does when the one before it has wrapped around. */
static void code_odometer(palette_model *model, kmc_coder *coder, int reading, uint8_t *color, const uint8_t *before,
                       int channels)
{
    static const int DIGITS[CHANNELS] = {2, 1, 0, 3};
    int carry = 1;
    for (int i = 0; i < CHANNELS; i++) {
        const int c = DIGITS[i];
        if (c >= channels) continue;
        const int value = before[c], next = model->next[c][value];
        const int counted = next >= 0 ? next : (value + model->step[c]) & 255;
        code_channel(model, coder, reading, c, carry ? counted : value, color + c);
        if (carry) {
            model->next[c][value] = color[c];
            model->step[c] = color[c] - value;
        }
        carry = carry && color[c] <= value;
    }
}

static void code_bytes(kmc_coder *coder, int reading, uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int byte = 1;
        for (int j = 7; j >= 0; j--) byte = 2 * byte + kmc_coder_code(coder, reading, bytes[i] >> j & 1, HALF);
        if (reading) bytes[i] = (uint8_t)byte;
    }
}

/* Codes the mode in unary. */
static palette_mode code_mode(kmc_coder *coder, int reading, palette_mode mode)
{
    int coded = DELTA;
    while (coded < RAW && kmc_coder_code(coder, reading, coded != (int)mode, HALF)) coded++;
    return (palette_mode)coded;
}

static kmc_status code_palette(kmc_coder *coder, int reading, uint8_t *palette, size_t k, int channels,
                               palette_mode mode)
{
    static const uint8_t BEFORE_ALL[CHANNELS] = {0, 0, 0, 255};
    const uint8_t *before = BEFORE_ALL, *earlier = BEFORE_ALL;
    palette_model *model;
    mode = code_mode(coder, reading, mode);
    if (mode == RAW) {
        code_bytes(coder, reading, palette, k * (size_t)channels);
        return KMC_OK;
    }
    const kmc_status status = new_model(mode, &model);
    if (status != KMC_OK) return status;
    for (size_t i = 0; i < k; i++) {
        uint8_t *const color = palette + i * (size_t)channels;
        if (mode == ODOMETER)
            code_odometer(model, coder, reading, color, before, channels);
        else
            code_color(model, coder, reading, color, before, earlier, channels, mode);
        earlier = before;
        before = color;
    }
    kmc_free(model);
    return KMC_OK;
}

static kmc_status write_palette(const uint8_t *palette, size_t k, int channels, palette_mode mode, kmc_bytes *coded)
{
    kmc_coder coder;
    kmc_coder_start_writing(&coder);
    kmc_status status = code_palette(&coder, 0, (uint8_t *)palette, k, channels, mode);
    if (status == KMC_OK) kmc_coder_finish(&coder);
    if (coder.failed) status = KMC_NO_MEMORY;
    *coded = (kmc_bytes){coder.bytes, coder.n};
    if (status != KMC_OK) kmc_bytes_free(coded, 1);
    return status;
}

kmc_status kmc_palette_write(const uint8_t *palette, size_t k, int channels, kmc_bytes *coded)
{
    kmc_status status = write_palette(palette, k, channels, DELTA, coded);
    for (int i = LINEAR; i < MODES && status == KMC_OK; i++) {
        kmc_bytes other;
        status = write_palette(palette, k, channels, (palette_mode)i, &other);
        if (status == KMC_OK && other.size < coded->size) {
            const kmc_bytes larger = *coded;
            *coded = other;
            other = larger;
        }
        kmc_bytes_free(&other, 1);
    }
    if (status != KMC_OK) kmc_bytes_free(coded, 1);
    return status;
}

kmc_status kmc_palette_read(const uint8_t *data, size_t size, uint8_t *palette, size_t k, int channels)
{
    kmc_coder coder;
    kmc_coder_start_reading(&coder, data, size);
    return code_palette(&coder, 1, palette, k, channels, DELTA);
}
