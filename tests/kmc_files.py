"""Indexed images to be written to .kmc files."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import kmc
from kmc.formats.kmc import codec
from kmc.formats.kmc.container import END, SIGNATURE
from kmc.formats.kmc.header import Header
from kmc.images import lossless

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


def of(indices: NDArray[Any], k: int) -> kmc.IndexedImage:
    """These indices, with k colours at random."""
    dtype = np.uint8 if k <= 256 else np.uint16
    return kmc.IndexedImage(indices.astype(dtype), indexed(1, 1, k).palette, 0.0)


def described(image: kmc.IndexedImage, metadata: kmc.Metadata) -> kmc.IndexedImage:
    """The same one with metadata."""
    return kmc.IndexedImage(image.indices, image.palette, 0.0, metadata)


def with_metadata() -> kmc.IndexedImage:
    """A small one that has a bit of everything."""
    metadata = kmc.Metadata(icc_profile=b"profile" * 9, dpi=(300.0, 72.5), xmp=b"<x/>")
    return described(indexed(20, 30, 7, smooth=True), metadata)


def as_it_is(picture: Image.Image) -> kmc.IndexedImage:
    """A picture of few colours, not quantized."""
    found = lossless.indexed(picture)
    return kmc.IndexedImage(found.indices, kmc.Palette(found.colors), 0.0, found.metadata)


def file_of(image: kmc.IndexedImage, contexts: int, slot_bits: int, n_bands: int = 1) -> bytes:
    """Its file by this model, in so many bands."""
    colors = np.ascontiguousarray(image.palette.colors)
    header = Header(*image.indices.shape, colors, n_bands, contexts, slot_bits)
    return b"".join([BEGINNING, *codec.picture_chunks(image.indices, header, 1), END])


def encode(image: kmc.IndexedImage, *, level: int = 5, threads: int | None = None) -> bytes:
    """Its file as the writer makes it."""
    arrays = image.indices, image.palette.colors
    return codec.encode(*arrays, image.metadata, level=level, threads=threads)
