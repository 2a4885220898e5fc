"""Indexed images to be written to .kmc files."""

import numpy as np

import kmc
from kmc.formats.kmc import codec
from kmc.formats.kmc.container import END
from kmc.formats.kmc.signature import SIGNATURE

BEGINNING = SIGNATURE + b"\x01"


def indexed(
    height: int, width: int, k: int, channels: int = 3, seed: int = 0, smooth: bool = False
) -> kmc.IndexedImage:
    """Indices at random, or in bands with a little noise."""
    random = np.random.default_rng(seed)
    colors = random.integers(0, 256, (k, channels), np.uint8)
    indices = random.integers(0, k, (height, width))
    if smooth:
        y, x = np.indices((height, width))
        noise = random.random((height, width)) < 0.05
        indices = np.where(noise, indices, (y // 5 + x // 9) % k)
    dtype = np.uint8 if k <= 256 else np.uint16
    return kmc.IndexedImage(indices.astype(dtype), kmc.Palette(colors), 0.0)


def assert_same(a: kmc.IndexedImage, b: kmc.IndexedImage) -> None:
    assert a.indices.dtype == b.indices.dtype
    assert np.array_equal(a.indices, b.indices)
    assert np.array_equal(a.palette.colors, b.palette.colors)
    assert (a.metadata or kmc.Metadata()) == (b.metadata or kmc.Metadata())


def with_metadata() -> kmc.IndexedImage:
    """A small one that has a bit of everything."""
    made = indexed(20, 30, 7, smooth=True)
    made.metadata = kmc.Metadata(icc_profile=b"profile" * 9, dpi=(300.0, 72.5), xmp=b"<x/>")
    return made


def file_of(image: kmc.IndexedImage, contexts: int, slot_bits: int, n_bands: int = 1) -> bytes:
    """Its file by this model, in so many bands."""
    colors = np.ascontiguousarray(image.palette.colors)
    header = codec.Header(*image.indices.shape, colors, n_bands, contexts, slot_bits)
    return b"".join([BEGINNING, *codec.picture_chunks(image.indices, header, 1), END])


def encode(image: kmc.IndexedImage, *, level: int = 5, threads: int | None = None) -> bytes:
    """Its file as the writer makes it."""
    arrays = image.indices, image.palette.colors
    return codec.encode(*arrays, image.metadata, level=level, threads=threads)
