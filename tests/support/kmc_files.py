"""Indexed images to be written to .kmc files."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import kmc
from kmc.formats.kmc import codec
from kmc.formats.kmc.codec import picture_chunks
from kmc.formats.kmc.container import END, SIGNATURE
from kmc.formats.kmc.header import Header
from kmc.formats.palette_order import image_order, renumbered
from kmc.images.reading import read_indexed

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


def described(image: kmc.IndexedImage, metadata: kmc.Metadata) -> kmc.IndexedImage:
    """The same image with metadata."""
    return kmc.IndexedImage(image.indices, image.palette, 0.0, metadata)


def with_metadata() -> kmc.IndexedImage:
    """A small one that has a bit of everything."""
    made = indexed(20, 30, 7, smooth=True)
    metadata = kmc.Metadata(icc_profile=b"profile" * 9, dpi=(300.0, 72.5), xmp=b"<x/>")
    return kmc.IndexedImage(made.indices, made.palette, 0.0, metadata)


def with_indices(image: kmc.IndexedImage, indices: NDArray[np.integer[Any]]) -> kmc.IndexedImage:
    """The image with other indices into its palette."""
    made = np.array(np.broadcast_to(indices, image.indices.shape), image.indices.dtype)
    return kmc.IndexedImage(made, image.palette, image.mse, image.metadata)


def lossless_image(picture: Image.Image) -> kmc.IndexedImage:
    """The indices and palette that a Pillow picture already has."""
    found = read_indexed(picture)
    return kmc.IndexedImage(found.indices, kmc.Palette(found.colors), 0.0, found.metadata)


def ordered_image(image: kmc.IndexedImage, order: str) -> kmc.IndexedImage:
    """The same picture with its palette in another order."""
    palette = image.palette
    entries, _ = image_order(image.indices, palette.colors, palette.counts, order)
    ordered = kmc.Palette(
        palette.colors[entries], palette.centroids[entries], palette.counts[entries]
    )
    return kmc.IndexedImage(renumbered(image.indices, entries), ordered, image.mse, image.metadata)


def encode(image: kmc.IndexedImage, **options: int) -> bytes:
    """Its file by the level that is asked for."""
    return codec.encode(image.indices, image.palette.colors, image.metadata, **options)


def file_of(image: kmc.IndexedImage, contexts: int, slot_bits: int, n_bands: int = 1) -> bytes:
    """Its file by this model, in so many bands."""
    colors = np.ascontiguousarray(image.palette.colors)
    header = Header(*image.indices.shape, colors, n_bands, contexts, slot_bits)
    return b"".join([BEGINNING, *picture_chunks(image.indices, header, 1), END])
