"""How bits of .kmc files are decoded, in plain Python, written from docs/kmc-format.md alone."""

ONE32, ONE64 = 1 << 32, 1 << 64


def clamp(x, low, high):
    return max(low, min(high, x))


# ---- the arithmetic decoder and counters ---------------------------------------------------------


def start_code(data):
    """[range, code, the bytes still to come]"""
    rest = iter(data)
    code = 0
    for _ in range(4):
        code = code << 8 | next(rest, 0)
    return [ONE32 - 1, code, rest]


def code_bit(coder, p):
    ones = coder[0] * p >> 16
    bit = int(coder[1] < ones)
    if bit:
        coder[0] = ones
    else:
        coder[0] -= ones
        coder[1] -= ones
    while coder[0] < 1 << 24:
        coder[0] <<= 8
        coder[1] = coder[1] << 8 | next(coder[2], 0)
    return bit


def bit_of_half(coder):
    return code_bit(coder, 1 << 15)


def new_counter():
    return 1 << 21, 0


def learned(counter, bit, limit):
    p, n = counter
    rate = 655360 // (10 * n + 16)
    p = p + (((1 << 22) - 1 - p) * rate >> 16) if bit else p - (p * rate >> 16)
    return p, n + (n < limit)


def tables():
    squash, power = {}, ONE32
    for x in range(2048):
        squash[x] = ((1 << 48) + (ONE32 + power) // 2) // (ONE32 + power)
        squash[-x] = 65536 - squash[x]
        power = (power * 4278222805 + (1 << 31)) >> 32
    stretch, x = [], -2047
    for i in range(4096):
        while x < 2047 and squash[x] < 16 * i + 8:
            x += 1
        stretch.append(x)
    return squash, stretch


SQUASH, STRETCH = tables()


def trust(n):
    return 150 if n == 1 else 2560 * n // (10 * n + 4)


def mix(h, *values):
    for v in values:
        h = (h ^ v) * 0x9E3779B97F4A7C15 % ONE64
        h ^= h >> 32
    return h


def new_row(asked):
    return [(64 * SQUASH[clamp((j - 16) * 128, -2047, 2047)], asked) for j in range(33)]


def read_row(row, t, step):
    j, part = divmod(t, step)
    return (row[j][0] * (step - part) + row[j + 1][0] * part) // step


def learn_row(row, t, step, bit, limit):
    j, part = divmod(t, step)
    j += 2 * part >= step
    row[j] = learned(row[j], bit, limit)


def find_slot(slots, slot_bits, h):
    """A list of a check and fifteen counters."""
    number, check = h >> (64 - slot_bits), h % ONE32 | 1
    pair = [slots.setdefault(i, [0] + [(0, 0)] * 15) for i in (number, number ^ 1)]
    for slot in pair:
        if slot[0] == check:
            return slot
    slot = pair[1] if pair[1][1][1] < pair[0][1][1] else pair[0]
    slot[:] = [check] + [new_counter()] * 15
    return slot
