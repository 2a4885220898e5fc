"""Rasters of TIFF, BigTIFF, OME-TIFF and SVS files, by tifffile: their tiles or strips."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ArgumentError, ImageReadError, ImageShapeError, ImageTypeError
from kmc.images.files import errors_of
from kmc.images.icc import color_space, grey_table, kept_profile
from kmc.images.pillow_source import GEOREFERENCE, GEOREFERENCE_LEFT_OUT
from kmc.metadata import Metadata, is_resolution
from kmc.streaming.packages import needed

TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# A strip or tile is decoded whole: those of more bytes do not fit the idea of a few rows at a time.
MAX_SEGMENT_BYTES = 1 << 29

_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _UNIT, _COLOR_MAP = 274, 282, 283, 296, 320
_XMP, _ICC_PROFILE, _EXIF = 700, 34675, 34665
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_UNASSOCIATED, _ASSOCIATED = 2, 1
_JPEG = 7
_UNITS_PER_INCH = {2: 1.0, 3: 2.54}  # inch, centimetre


class TiffRaster:
    """A picture of a TIFF file: its first one, or a level of the pyramid that this is.

    Parameters
    ----------
    path : str
    level : int, optional
        0 is the largest, the default.
    threads : int, optional
        The most threads that decode.

    Raises
    ------
    MissingPackageError
        tifffile or imagecodecs is not installed.
    ArgumentError
        There is no such level.
    ImageReadError
        The file is damaged.
    ImageTypeError, ImageShapeError
        Its pixels are of a kind that is not streamed: more than 8 bits a channel, CMYK, a stack.
    """

    def __init__(self, path: str, level: int | None = None, threads: int = 1) -> None:
        from concurrent.futures import ThreadPoolExecutor  # slow to import, and needed only here

        tifffile = needed("tifffile", path)
        self.name = path
        with errors_of(path):
            self._file = tifffile.TiffFile(path)
        try:
            with errors_of(path):
                self._page = _page_of(self._file, level, path)
                self._describe()
        except BaseException:
            self._file.close()
            raise
        self._pool = ThreadPoolExecutor(max(1, threads))
        self._kept: tuple[int, Any] = (-1, None)

    def _describe(self) -> None:
        page, name = self._page, self.name
        self.height, self.width = int(page.imagelength), int(page.imagewidth)
        if not self.height or not self.width:
            raise ImageShapeError(f"{name}: the picture is empty: {self.width} x {self.height}")
        self.step = min(int(page.tilelength if page.is_tiled else page.rowsperstrip), self.height)
        _check(page, name)
        self._samples = int(page.samplesperpixel)
        self._planar = self._samples > 1 and page.planarconfig == 2
        extra = tuple(int(each) for each in page.extrasamples)
        grey = int(page.photometric) in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
        self._has_alpha = bool(extra) and extra[0] == _UNASSOCIATED
        profile = _value(page, _ICC_PROFILE)
        self._table, changes = _table(page, profile)
        if page.tags.get(_EXIF) is not None:
            changes.append("EXIF data left out: the picture is read in bands")
        if page.tags.get(GEOREFERENCE) is not None:
            changes.append(GEOREFERENCE_LEFT_OUT)
        self.changes = tuple(changes)
        self._n_colors = 1 if grey or int(page.photometric) == _PALETTE else 3
        painted = self._table.ndim == 2 if self._table is not None else False
        self.channels = 4 if self._has_alpha else 3 if painted or not grey else 1
        xmp = _value(page, _XMP)
        self.metadata = Metadata(
            icc_profile=kept_profile("RGB", profile),
            dpi=_dpi(page),
            xmp=bytes(xmp) if isinstance(xmp, bytes) and xmp else None,
        )
        self._across = -(-self.width // int(page.tilewidth)) if page.is_tiled else 1

    def rows(self, begin: int, end: int) -> NDArray[np.uint8]:
        samples = np.empty((end - begin, self.width, self._samples), np.uint8)
        at = begin
        while at < end:
            number, offset = divmod(at, self.step)
            segments = self._segment_row(number)
            n = min(end - at, len(segments) - offset)
            samples[at - begin : at - begin + n] = segments[offset : offset + n]
            at += n
        return self._pixels(samples)

    def close(self) -> None:
        self._pool.shutdown()
        self._file.close()

    def _pixels(self, samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Grey, RGB or RGBA of the samples that the file has."""
        colors = samples[:, :, : self._n_colors]
        if self._table is not None:
            colors = self._table[colors[:, :, 0] if self._table.ndim == 2 else colors]
        if not self._has_alpha:
            return np.ascontiguousarray(colors)
        pixels = np.empty((*samples.shape[:2], 4), np.uint8)
        pixels[:, :, :3] = colors
        pixels[:, :, 3] = samples[:, :, self._n_colors]
        return pixels

    def _segment_row(self, number: int) -> NDArray[np.uint8]:
        """A row of tiles, or a strip, as samples; the last one is kept."""
        if self._kept[0] == number:
            kept: NDArray[np.uint8] = self._kept[1]
            return kept
        top = number * self.step
        found = np.zeros((min(self.step, self.height - top), self.width, self._samples), np.uint8)
        down = -(-self.height // self.step)
        planes = self._samples if self._planar else 1
        numbers = [
            (plane * down + number) * self._across + column
            for plane in range(planes)
            for column in range(self._across)
        ]
        data = [self._read(each) for each in numbers]
        for _ in self._pool.map(self._decode, numbers, data, [found] * len(numbers)):
            pass
        self._kept = number, found
        return found

    def _read(self, number: int) -> bytes | None:
        """The bytes of a tile or strip; None where the file has none, which is black."""
        page, kind = self._page, "tile" if self._page.is_tiled else "strip"
        if number >= len(page.dataoffsets):
            raise ImageReadError(f"{self.name}: damaged: it has no {kind} {number}")
        offset, size = page.dataoffsets[number], page.databytecounts[number]
        if not size:
            return None
        with errors_of(self.name):
            self._file.filehandle.seek(offset)
            data: bytes = self._file.filehandle.read(size)
        if len(data) != size:
            raise ImageReadError(
                f"{self.name}: cut short: {kind} {number} at byte {offset} has {size} bytes, "
                f"of which {len(data)} are there"
            )
        return data

    def _decode(self, number: int, data: bytes | None, to: NDArray[np.uint8]) -> None:
        """Decode a tile or strip into its place in a row of them."""
        if data is None:
            return
        kind = "tile" if self._page.is_tiled else "strip"
        try:
            found, (plane, _, y, x, _), shape = self._page.decode(
                data, number, jpegtables=self._page.jpegtables, jpegheader=self._page.jpegheader
            )
        except Exception as error:  # codecs raise nearly anything
            raise ImageReadError(
                f"{self.name}: cannot be decoded: {kind} {number}: {error}"
            ) from error
        rows, width, samples = shape[1:4]
        first = plane if self._planar else 0
        y %= self.step
        place = to[y : y + rows, x : x + width, first : first + samples]
        place[:] = found[0, : place.shape[0], : place.shape[1]]  # which goes beyond the borders


def _page_of(file: Any, level: int | None, name: str) -> Any:
    """The directory of the first picture, or of a level of it."""
    series = file.series[0]
    levels = series.levels
    if level is not None and level >= len(levels):
        held = "no pyramid" if len(levels) == 1 else f"levels 0 to {len(levels) - 1}"
        raise ArgumentError(f"{name}: has no level {level} of a pyramid, but {held}")
    chosen = levels[level or 0]
    if len(chosen.pages) != 1 or len(chosen.shape) - ("S" in chosen.axes) != 2:
        raise ImageShapeError(
            f"{name}: holds a stack of the shape {chosen.shape} ({chosen.axes}), and kmc takes one "
            "picture: split it first"
        )
    return chosen.pages[0].aspage()


def _check(page: Any, name: str) -> None:
    """Raise an error for pixels that are not streamed."""
    bits = page.bitspersample
    if bits != 8 or page.dtype != np.uint8:
        raise ImageTypeError(
            f"{name}: has {bits} bits a channel ({page.dtype}), and pictures this large are read "
            "with 8, unsigned: convert it first"
        )
    photometric = int(page.photometric)
    known = photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE)
    if not known and (photometric, int(page.compression)) != (_YCBCR, _JPEG):
        kind = getattr(page.photometric, "name", photometric)
        raise ImageTypeError(
            f"{name}: its pixels are {kind}, and pictures this large are read as grey, RGB or "
            "palette indices: convert it first"
        )
    extra = [int(each) for each in page.extrasamples]
    expected = 3 if photometric in (_RGB, _YCBCR) else 1
    if page.samplesperpixel - len(extra) != expected or len(extra) > 1:
        raise ImageTypeError(f"{name}: has {page.samplesperpixel} channels: kmc takes 1, 3 or 4")
    if _ASSOCIATED in extra:
        raise ImageTypeError(
            f"{name}: its colours are premultiplied by alpha, which pictures this large must not "
            "be: convert it first"
        )
    orientation = _value(page, _ORIENTATION)
    if orientation not in (None, 1):
        raise ImageTypeError(
            f"{name}: its orientation is {int(orientation)}, and pictures this large are not "
            "turned: turn it first"
        )
    length, width = (
        (page.tilelength, page.tilewidth)
        if page.is_tiled
        else (min(page.rowsperstrip, page.imagelength), page.imagewidth)
    )
    if length * width * page.samplesperpixel > MAX_SEGMENT_BYTES:
        raise ImageTypeError(
            f"{name}: is one strip of {length} rows, which would have to be in memory at once: "
            "write it in tiles or smaller strips first, as by tiffcp -t"
        )


def _table(page: Any, profile: bytes | None) -> tuple[NDArray[np.uint8] | None, list[str]]:
    """What each sample stands for, if not itself: (256,) levels or (256, 3) colours; and why."""
    photometric = int(page.photometric)
    if photometric == _PALETTE:
        levels = np.asarray(page.colormap, np.uint16).T
        if levels.max() < 256:
            return levels.astype(np.uint8), []
        if not (levels & 255).any():
            return (levels >> 8).astype(np.uint8), []
        return np.round(levels / 257).astype(np.uint8), []
    if photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO):
        return None, []
    table, changes = np.arange(256, dtype=np.uint8), []
    if photometric == _WHITE_IS_ZERO:
        table = table[::-1]
    converted = grey_table(profile) if profile and color_space(profile) == "GRAY" else None
    if converted is not None:
        table = converted[table]
        changes.append("converted from its grey colour profile to sRGB")
    return (None if np.array_equal(table, np.arange(256)) else table), changes


def _value(page: Any, tag: int) -> Any:
    found = page.tags.get(tag)
    return None if found is None else found.value


def _dpi(page: Any) -> tuple[float, float] | None:
    """The resolution, where the file has a plausible one in a unit that is known."""
    unit = _value(page, _UNIT)
    factor = _UNITS_PER_INCH.get(2 if unit is None else int(unit))
    found = [_value(page, tag) for tag in (_X_RESOLUTION, _Y_RESOLUTION)]
    if factor is None or not all(isinstance(each, tuple) and each[1] for each in found):
        return None
    dpi = tuple(factor * each[0] / each[1] for each in found)
    return (dpi[0], dpi[1]) if is_resolution(dpi) else None
