/* Palettes to bytes and back: each colour as its difference from the one before, in the bits of a small number. */
#include "coder.h"
#include "counters.h"
#include "kmc.h"

enum { CHANNELS = 4, LIMIT = 60, P_MIN = 64 };

/* Numbers are more often long than short: 7/8 to begin with, as if asked twice. */
static const kmc_counter LONGER = (kmc_counter)7 << 29 | 2;

/* For each channel: how many bits the number has, counted up one by one; and those below its highest one. */
typedef struct palette_model {
    kmc_rates rates;
    kmc_counter lengths[CHANNELS][8], bits[CHANNELS][9][8];
} palette_model;

static kmc_status new_model(palette_model **model)
{
    *model = kmc_alloc(1, sizeof **model);
    if (!*model) return KMC_NO_MEMORY;
    kmc_rates_fill(&(*model)->rates);
    for (int c = 0; c < CHANNELS; c++)
        for (int i = 0; i < 8; i++) {
            (*model)->lengths[c][i] = LONGER;
            for (int n = 0; n < 9; n++) (*model)->bits[c][n][i] = KMC_COUNTER_NEW;
        }
    return KMC_OK;
}

static int code_bit(palette_model *model, kmc_coder *coder, int reading, kmc_counter *counter, int bit)
{
    uint32_t p = *counter >> 16;
    p = p < P_MIN ? P_MIN : p > 65536 - P_MIN ? 65536 - P_MIN : p;
    if (reading)
        bit = kmc_coder_read(coder, p);
    else
        kmc_coder_write(coder, bit, p);
    kmc_counter_learn(counter, &model->rates, bit, LIMIT);
    return bit;
}

/* A number from 0 to 255. */
static int code_number(palette_model *model, kmc_coder *coder, int reading, int channel, int number)
{
    int length = 0;
    while (length < 8 && code_bit(model, coder, reading, &model->lengths[channel][length], number >> length != 0)) length++;
    if (length == 0) return 0;
    int read = 1;
    for (int i = length - 2; i >= 0; i--)
        read = 2 * read + code_bit(model, coder, reading, &model->bits[channel][length][i], number >> i & 1);
    return read;
}

/* What a channel is expected to be: it moves as the one before it did, alpha stays. */
static int expected(const uint8_t *color, const uint8_t *before, int c)
{
    const int moved = c == 1 || c == 2 ? color[c - 1] - before[c - 1] : 0, value = before[c] + moved;
    return value < 0 ? 0 : value > 255 ? 255 : value;
}

static void code_color(palette_model *model, kmc_coder *coder, int reading, uint8_t *color, const uint8_t *before,
                       int channels)
{
    for (int c = 0; c < channels; c++) {
        const int guess = expected(color, before, c), off = (int8_t)(uint8_t)(color[c] - guess);
        const int number = code_number(model, coder, reading, c, off >= 0 ? 2 * off : -2 * off - 1);
        if (reading) color[c] = (uint8_t)(guess + (number % 2 == 0 ? number / 2 : -(number + 1) / 2));
    }
}

static kmc_status code_palette(kmc_coder *coder, int reading, uint8_t *palette, size_t k, int channels)
{
    static const uint8_t BEFORE_ALL[CHANNELS] = {0, 0, 0, 255};
    palette_model *model;
    const kmc_status status = new_model(&model);
    if (status != KMC_OK) return status;
    for (size_t i = 0; i < k; i++) {
        uint8_t *const color = palette + i * (size_t)channels;
        code_color(model, coder, reading, color, i == 0 ? BEFORE_ALL : color - channels, channels);
    }
    kmc_free(model);
    return KMC_OK;
}

kmc_status kmc_palette_write(const uint8_t *palette, size_t k, int channels, kmc_bytes *coded)
{
    kmc_coder coder;
    kmc_coder_start_writing(&coder);
    kmc_status status = code_palette(&coder, 0, (uint8_t *)palette, k, channels);
    if (status == KMC_OK) kmc_coder_finish(&coder);
    if (coder.failed) status = KMC_NO_MEMORY;
    *coded = (kmc_bytes){coder.bytes, coder.n};
    if (status != KMC_OK) kmc_bytes_free(coded, 1);
    return status;
}

kmc_status kmc_palette_read(const uint8_t *data, size_t size, uint8_t *palette, size_t k, int channels)
{
    kmc_coder coder;
    kmc_coder_start_reading(&coder, data, size);
    return code_palette(&coder, 1, palette, k, channels);
}
