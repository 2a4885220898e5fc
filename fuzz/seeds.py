"""Inputs to start fuzzing from, a folder for each target: python fuzz/seeds.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from kmc import core

CONTEXTS = (0x080000, 0x0B800B, 0xFFC38B, 0xFFFFFF)


def main(folder: Path) -> None:
    """Write planes of all kinds, coded for the one target and as they are for the other."""
    random = np.random.default_rng(1)
    for target in ("decode", "round_trip"):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for i in range(48):
        height, width = random.integers(1, 25, 2)
        k = int(random.choice([1, 2, 4, 16, 100, 256, 257, 1000]))
        channels = int(random.integers(0, 3))
        contexts, slot_bits = CONTEXTS[i % 4], (6, 7, 8, 9, 10, 0)[i % 6]
        n_bands = min(int(height), 1 + i % 3)
        colors = random.integers(0, 256, (k, (1, 3, 4)[channels]), np.uint8)
        y, x = np.indices((height, width))
        noise = random.random((height, width)) < 0.1 * (i % 5)
        indices = np.where(noise, random.integers(0, k, (height, width)), (x // 5 + y // 3) % k)
        indices = indices.astype(np.uint8 if k <= 256 else np.uint16)
        palette = core.codec.palette_write(colors)[:255]
        head = bytes([width - 1, height - 1, (k - 1) & 255, (k - 1) >> 8, channels])
        head += contexts.to_bytes(3, "little") + bytes([i % 6, n_bands - 1])
        bands = core.codec.plane_write(indices, colors, contexts, slot_bits, n_bands, 1)
        share = max(map(len, bands))
        coded = b"".join(band.ljust(share, b"\0") for band in bands)
        name = f"{i:02}"
        (folder / "decode" / name).write_bytes(head + bytes([len(palette), 255]) + palette + coded)
        (folder / "round_trip" / name).write_bytes(head + b"\0\0" + indices.tobytes()[:500])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
