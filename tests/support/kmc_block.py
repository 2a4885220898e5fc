"""How metadata of .kmc files is decoded, in plain Python, written from docs/kmc-format.md alone."""

from kmc_coder import (
    SQUASH,
    STRETCH,
    clamp,
    code_bit,
    find_slot,
    learned,
    mix,
    start_code,
    trust,
)

MASKS = 0, 0xFF, 0xFFFF, 0xFFFFFFFF, 0xFF00, 0xFF00FF00


def read_block(code, size):
    """The `size` bytes of a block."""
    coder, slots, weights = start_code(code), {}, [18000] * 7
    slot_bits = next(s for s in range(8, 17) if 1 << s >= 8 * size or s == 16)
    block, history = bytearray(), 0
    for _ in range(size):
        high = nibble(coder, slots, slot_bits, weights, history, 0)
        byte = 16 * high + nibble(coder, slots, slot_bits, weights, history, 16 + high)
        block.append(byte)
        history = (history << 8 | byte) % (1 << 64)
    return bytes(block)


def nibble(coder, slots, slot_bits, weights, history, prefix):
    keys = [mix(i, history & mask, prefix) for i, mask in enumerate(MASKS)]
    found = [find_slot(slots, slot_bits, key) for key in keys]
    path = 1
    for _ in range(4):
        counters = [slot[path] for slot in found]
        inputs = [STRETCH[p >> 10] * trust(n) >> 8 for p, n in counters] + [256]
        total = sum(x * w >> 4 for x, w in zip(inputs, weights, strict=True))
        p = SQUASH[clamp(total >> 12, -2047, 2047)]
        bit = code_bit(coder, clamp(p, 4, 65532))
        error = ((bit << 16) - p) * 24 >> 4
        for i, x in enumerate(inputs):
            weights[i] = clamp(weights[i] + ((x * error + 8192) >> 14), -524287, 524287)
        for slot in found:
            slot[path] = learned(slot[path], bit, 250)
        path = 2 * path + bit
    return path - 16
