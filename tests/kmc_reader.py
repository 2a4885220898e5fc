"""A reader of .kmc files in plain Python, slow, written from docs/kmc-format.md alone."""

import struct
import zlib

from kmc_model import Band, Tree, code_bit, learned, new_counter, start_code

SIGNATURE = bytes.fromhex("8b6b6d630d0a1a") + b"\x01"


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def read_chunks(data):
    assert data[:8] == SIGNATURE
    at, chunks = 8, []
    while True:
        size, start = read_varint(data, at + 1)
        end = start + size
        assert struct.unpack("<I", data[end : end + 4])[0] == zlib.crc32(data[at:end])
        chunks.append((data[at : at + 1], data[start:end]))
        at = end + 4
        if chunks[-1][0] == b"E":
            assert at == len(data)
            return chunks


def clamp(x, low, high):
    return max(low, min(high, x))


def read_palette(data, k, channels):
    """A list of k tuples."""
    code = start_code(data)
    lengths = [[(7 << 19, 2)] * 8 for _ in range(4)]
    bits = [[[new_counter()] * 8 for _ in range(9)] for _ in range(4)]

    def bit_of(counters, i):
        p, _ = counters[i]
        bit = code_bit(code, clamp(p >> 6, 64, 65472))
        counters[i] = learned(counters[i], bit, 60)
        return bit

    def number(c):
        length = 0
        while length < 8 and bit_of(lengths[c], length):
            length += 1
        u = min(length, 1)
        for i in range(length - 2, -1, -1):
            u = 2 * u + bit_of(bits[c][length], i)
        return u // 2 if u % 2 == 0 else -(u + 1) // 2

    palette, before = [], (0, 0, 0, 255)
    for _ in range(k):
        color = []
        for c in range(channels):
            guess = before[c]
            if c in (1, 2):
                guess = clamp(guess + color[c - 1] - before[c - 1], 0, 255)
            color.append((guess + number(c)) % 256)
        before = tuple(color)
        palette.append(before)
    return palette


def read(data):
    """Rows of indices, and the palette as a list of tuples."""
    chunks = read_chunks(data)
    assert chunks[0][0] == b"H"
    head = chunks[0][1]
    channels, at = head[0], 1
    width, at = read_varint(head, at)
    height, at = read_varint(head, at)
    k, at = read_varint(head, at)
    n_bands, at = read_varint(head, at)
    if n_bands == 0:
        return [[0] * width for _ in range(height)], read_palette(head[at:], k, channels)
    contexts, slot_bits = int.from_bytes(head[at : at + 3], "little"), head[at + 3]
    palette = read_palette(head[at + 4 :], k, channels)
    tree = Tree(palette)
    rows = []
    codes = [code for type, code in chunks if type == b"I"]
    assert len(codes) == n_bands
    for i, code in enumerate(codes):
        number, start = read_varint(code, 0)
        assert number == i
        n_rows = height * (i + 1) // n_bands - height * i // n_bands
        band = Band(tree, width, n_rows, contexts, slot_bits, code[start:])
        rows += [[tree.order[symbol] for symbol in row] for row in band.rows()]
    return rows, palette
