"""Files that are written band by band: TIFF, zarr, .kmc."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import index_dtype, promoted, rgb_colors
from kmc.formats.kmc.codec import DEFAULT_LEVEL, EncodedBands
from kmc.formats.painting import is_opaque
from kmc.formats.png_compression import FAST, deflated
from kmc.formats.registry import Format
from kmc.metadata import Metadata
from kmc.streaming.packages import needed

Indices = NDArray[np.uint8] | NDArray[np.uint16]
Bands = Iterator[Indices]

# The side of the tiles of a TIFF, and of the chunks of a zarr array.
TIFF_TILE, ZARR_CHUNK = 512, 1024

# A classic TIFF has offsets of 32 bits; compression saves an unknown part of this.
_CLASSIC_BYTES = 4_000_000_000
_XMP, _BYTE = 700, 1

# What `kmc quantize` writes beside the formats of the registry, whose files are made in memory.
ZARR = Format(("zarr",), None)


class Content(NamedTuple):
    """What is written.

    Attributes
    ----------
    shape : (int, int)
        Height and width.
    colors : ndarray of uint8, shape (k, C)
        The palette.
    bands : iterator of ndarray
        The indices (h, W) of all rows from top to bottom, in bands of any heights.
    metadata : Metadata
    level : int, optional
        Of the compression of .kmc files.
    threads : int
    """

    shape: tuple[int, int]
    colors: NDArray[np.uint8]
    bands: Bands
    metadata: Metadata
    level: int | None
    threads: int


def regrouped(bands: Bands, edges: Sequence[int]) -> Iterator[Indices]:
    """The same rows in bands that end at these rows, which ascend to the last one."""
    parts: list[Indices] = []
    at = 0
    missing = iter(edges)
    end = next(missing)
    for band in bands:
        while at + len(band) >= end:
            n = end - at
            parts.append(band[:n])
            rows: Any = parts[0] if len(parts) == 1 else np.concatenate(parts)
            yield rows
            band, parts, at = band[n:], [], end
            end = next(missing, 0)
            if not end:
                return
        if len(band):
            parts.append(band)
            at += len(band)


def _edges(height: int, step: int) -> list[int]:
    return [*range(step, height, step), height]


def write_tiff(path: str, content: Content) -> None:
    """Write a tiled TIFF: with a palette where one of 256 opaque colours suffices, or else RGB(A).

    It is a BigTIFF where 4 GB may not be enough.
    """
    tifffile = needed("tifffile", path)
    (height, width), colors = content.shape, content.colors
    indexed = len(colors) <= 256 and is_opaque(colors)
    samples = 1 if indexed else max(3, colors.shape[1])
    # Beside the pixels, the tags are what readers see in any TIFF of kmc.
    settings: dict[str, object] = {"photometric": "palette" if indexed else "rgb"}
    if indexed:
        table = np.zeros((3, 256), np.uint16)
        table[:, : len(colors)] = rgb_colors(colors).T
        settings["colormap"] = 257 * table
    elif samples == 4:
        settings["extrasamples"] = ("unassalpha",)
    metadata = content.metadata
    if metadata.dpi is not None:
        settings |= {"resolution": metadata.dpi, "resolutionunit": "inch"}
    if metadata.icc_profile is not None:
        settings["iccprofile"] = metadata.icc_profile
    if metadata.xmp is not None:
        xmp = metadata.xmp
        settings["extratags"] = [(_XMP, _BYTE, len(xmp), xmp, True)]
    big = height * width * samples > _CLASSIC_BYTES
    painted = None if indexed else promoted(colors, samples)
    with tifffile.TiffWriter(path, bigtiff=big) as file:
        file.write(
            _tiles(content, painted),
            shape=(height, width) if indexed else (height, width, samples),
            dtype=np.uint8,
            tile=(TIFF_TILE, TIFF_TILE),
            compression="adobe_deflate",
            metadata=None,
            software=False,
            **settings,
        )


def _tiles(content: Content, painted: NDArray[np.uint8] | None) -> Iterator[bytes]:
    """The tiles of a TIFF, compressed, row by row."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and needed only here

    (height, width), side = content.shape, TIFF_TILE

    def compressed(tile: Indices) -> bytes:
        values = tile.astype(np.uint8, copy=False) if painted is None else painted[tile]
        below, right = side - values.shape[0], side - values.shape[1]
        padding = [(0, below), (0, right), (0, 0)][: values.ndim]
        return deflated(np.pad(values, padding, "edge").reshape(-1), FAST)

    with ThreadPoolExecutor(content.threads) as pool:
        for rows in regrouped(content.bands, _edges(height, side)):
            yield from pool.map(compressed, (rows[:, x : x + side] for x in range(0, width, side)))


def write_zarr(path: str, content: Content) -> None:
    """Write a zarr array (H, W) of indices, whose attribute ``palette`` is the list of colours."""
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and needed only here

    zarr = needed("zarr", path)
    (height, width), side = content.shape, ZARR_CHUNK
    # After Ctrl-C, zarr's own threads would go on with what they were given. In a thread of ours,
    # that ends before the exception leaves this function, and nothing comes after it.
    with ThreadPoolExecutor(1) as pool:
        array = pool.submit(
            zarr.create_array,
            path,
            shape=content.shape,
            chunks=(min(side, height), min(side, width)),
            dtype=index_dtype(len(content.colors)),
            dimension_names=("y", "x"),
            attributes={"palette": content.colors.tolist()},
        ).result()
        begin = 0
        for rows in regrouped(content.bands, _edges(height, side)):
            end = begin + len(rows)
            pool.submit(array.__setitem__, slice(begin, end), rows).result()
            begin = end


def write_kmc(path: str, content: Content) -> None:
    """Write a .kmc file, with the bytes that `kmc.IndexedImage.save` writes."""
    level = DEFAULT_LEVEL if content.level is None else content.level
    encoded = EncodedBands(content.shape, content.colors, content.metadata, level, content.threads)
    with open(path, "xb") as file:
        for part in encoded.parts(regrouped(content.bands, encoded.edges)):
            file.write(part)


WRITERS: dict[str, Callable[[str, Content], None]] = {
    "tiff": write_tiff,
    "kmc": write_kmc,
    "zarr": write_zarr,
}


def size_of(path: str) -> int:
    """The bytes of a file, or of all files in a folder."""
    if not os.path.isdir(path):
        return os.path.getsize(path)
    found = (os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
    return sum(map(os.path.getsize, found))
