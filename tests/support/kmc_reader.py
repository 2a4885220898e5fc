"""A reader of .kmc files in plain Python, slow, written from docs/kmc-format.md alone."""

import struct
import zlib

from kmc_block import read_block
from kmc_coder import bit_of_half, clamp, code_bit, learned, new_counter, start_code
from kmc_model import Band
from kmc_tree import Order0Band, Tree

SIGNATURE = bytes.fromhex("8b6b6d63") + b"\x01"
SHORT_MODELS = {0: (0, 0), 1: (0x0BC38B, 14), 2: (0xFFC38B, 14), 3: (1, 0)}


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def read_chunks(data):
    assert data[:5] == SIGNATURE
    at, chunks = 5, []
    while data[at : at + 1] != b"E":
        size, start = read_varint(data, at + 1)
        end = start + size
        assert struct.unpack("<I", data[end : end + 4])[0] == zlib.crc32(data[at:end])
        chunks.append((data[at : at + 1], data[start:end]))
        at = end + 4
    assert at + 1 == len(data)
    return chunks


def read_palette(data, k, channels):
    """A list of k tuples."""
    code = start_code(data)
    mode = 0
    while mode < 3 and bit_of_half(code):
        mode += 1
    first = (7 << 19 if mode == 0 else 1 << 19), 2
    lengths = [[[first] + [(7 << 19, 2)] * 7 for _ in range(4)] for _ in range(4)]
    last = [0] * 4
    bits = [[[new_counter()] * 8 for _ in range(9)] for _ in range(4)]
    then, step = {}, [0] * 4

    def bit_of(counters, i):
        p, _ = counters[i]
        bit = code_bit(code, clamp(p >> 6, 64, 65472))
        counters[i] = learned(counters[i], bit, 60)
        return bit

    def number(c):
        length = 0
        while length < 8 and bit_of(lengths[c][last[c]], length):
            length += 1
        if mode > 0:
            last[c] = min(3, length)
        u = min(length, 1)
        for i in range(length - 2, -1, -1):
            u = 2 * u + bit_of(bits[c][length], i)
        return u // 2 if u % 2 == 0 else -(u + 1) // 2

    def by_odometer():
        color, carry = [0] * 4, True
        for c in [c for c in (2, 1, 0, 3) if c < channels]:
            prediction = before[c]
            if carry:
                prediction = then.get((c, prediction), (prediction + step[c]) % 256)
            color[c] = (prediction + number(c)) % 256
            if carry:
                then[c, before[c]], step[c] = color[c], color[c] - before[c]
                carry = color[c] <= before[c]
        return color[:channels]

    def by_steps():
        color = []
        for c in range(channels):
            prediction = before[c]
            if mode == 1:
                prediction = clamp(2 * prediction - earlier[c], 0, 255)
            elif c in (1, 2):
                prediction = clamp(prediction + color[c - 1] - before[c - 1], 0, 255)
            color.append((prediction + number(c)) % 256)
        return color

    if mode == 3:
        n = k * channels
        read = [sum(bit_of_half(code) << i for i in range(7, -1, -1)) for _ in range(n)]
        return [tuple(read[i : i + channels]) for i in range(0, n, channels)]
    palette, earlier, before = [], (0, 0, 0, 255), (0, 0, 0, 255)
    for _ in range(k):
        earlier, before = before, tuple(by_odometer() if mode == 2 else by_steps())
        palette.append(before)
    return palette


def read_metadata(data):
    """The blocks of metadata, by the type of their chunks."""
    blocks = {}
    for type, content in read_chunks(data):
        if type in (b"c", b"e", b"x", b"t"):
            size, at = read_varint(content, 0)
            code = content[at:]
            assert size <= 64 * len(code)
            blocks[type] = read_block(code, size) if size else code
    return blocks


def read(data):
    """Rows of indices, and the palette as a list of tuples."""
    chunks = read_chunks(data)
    assert chunks[0][0] == b"H"
    head = chunks[0][1]
    channels, name, several = head[0] % 4 + 1, head[0] // 4 % 32, head[0] // 128
    width, at = read_varint(head, 1)
    height, at = read_varint(head, at)
    k, at = read_varint(head, at)
    width, height, k = width + 1, height + 1, k + 1
    n_bands = int(k > 1)
    if several:
        n_bands, at = read_varint(head, at)
    contexts, slot_bits = SHORT_MODELS.get(name, (0, name))
    if name > 3:
        contexts, at = int.from_bytes(head[at : at + 3], "little"), at + 3
    palette = read_palette(head[at:], k, channels)
    if k == 1:
        return [[0] * width for _ in range(height)], palette
    tree = Tree(palette)
    rows = []
    codes = [code for type, code in chunks if type == b"I"]
    assert len(codes) == n_bands
    for i, code in enumerate(codes):
        number, start = read_varint(code, 0) if several else (0, 0)
        assert number == i
        n_rows = height * (i + 1) // n_bands - height * i // n_bands
        if slot_bits:
            band = Band(tree, width, n_rows, contexts, slot_bits, code[start:])
        else:
            band = Order0Band(tree, width, n_rows, contexts, code[start:])
        rows += [[tree.order[symbol] for symbol in row] for row in band.rows()]
    return rows, palette
