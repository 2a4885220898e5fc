"""Opening pictures for the commands, with the frame, size and background that options ask for."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import kmc
from kmc.cli.console import working_on
from kmc.cli.inputs import Input
from kmc.cli.parameter_types import Size
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ImageTooLargeError, ImageWarning
from kmc.images.compositing import BLACK, over
from kmc.images.reading import Picture, open_source, read
from kmc.images.transparency import Threshold, Transparency
from kmc.streaming.importance import Mask
from kmc.streaming.opening import is_large, open_raster
from kmc.streaming.raster import Adapted, Raster
from kmc.streaming.sinks import size_of


@dataclass(frozen=True)
class Opened:
    """A picture as the options want it, and the file that it is from.

    Attributes
    ----------
    picture : Picture
    stream : str or BytesIO
        The file's path, or what was read of a stream.
    n_bytes : int
        The size of the file.
    is_untouched : bool
        Whether the pixels are those of the file, and all of them.
    format : str
        Pillow's name of the file's format.
    is_indexed : bool
        Whether the file holds indices and a palette.
    has_exif : bool
        Whether it holds EXIF data, if only to say that it is not upright.
    """

    picture: Picture
    stream: str | io.BytesIO
    n_bytes: int
    is_untouched: bool
    format: str
    is_indexed: bool
    has_exif: bool


@dataclass(frozen=True)
class Opener:
    """Opens inputs, with a warning for each change that reading made.

    Parameters
    ----------
    frame : int, optional
        Which frame of an animation.
    size : Size, optional
        What to scale to.
    background : (int, int, int), optional
        A colour that transparent pictures are laid over.
    alpha_threshold : int or "dither", optional
        Pixels of at least this alpha become opaque, the others clear. Or mixed, as many of either
        as their alpha says.
    pyramid : int, optional
        Which level of a pyramid.
    threads : int, optional
        The most threads that decode a file of tiles.
    """

    frame: int | None = None
    size: Size | None = None
    background: tuple[int, ...] | None = None
    alpha_threshold: Threshold | None = None
    pyramid: int | None = None
    threads: int | None = None

    def __call__(self, source: Input) -> Picture:
        """The picture of an input.

        Raises
        ------
        ImageError
            It cannot be read.
        ArgumentError
            It has no such frame.
        """
        return self.open(source).picture

    def raster(self, source: Input) -> Raster | None:
        """The picture of an input that is read in rows; None for those that Pillow opens whole.

        Errors are as above.
        """
        source.check()
        if source.is_stream:
            if self.pyramid is not None:
                raise ArgumentError(f"{source.name}: --pyramid is for files, not for streams")
            return None
        logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what matters is raised as well
        with working_on(source.name):
            found = open_raster(source.path, self.pyramid, thread_count(self.threads))
            if found is not None and self.frame is not None:
                found.close()
                raise ArgumentError(
                    f"{source.name}: --frame is for files that are read whole, as this is not"
                )
        return found

    def adapted(self, raster: Raster) -> Raster:
        """A raster as the options want it, with a warning for each change that reading makes."""
        warn_of(raster.changes)
        channels = 3 if self.background is not None and raster.channels == 4 else raster.channels
        if raster.channels < 4 or (self.background is None and self.alpha_threshold is None):
            return raster
        return Adapted(raster, self._with_alpha, channels)

    def _with_alpha(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pixels with their alpha as the options want it."""
        return Transparency(self.background, self.alpha_threshold).applied(pixels)

    def open(self, source: Input, raster: Raster | None = None) -> Opened:
        """The picture of an input with its file, by its raster if it has one; errors are as above.

        Raises
        ------
        ImageTooLargeError
            A raster has too many pixels to be read whole.
        """
        raster = raster or self.raster(source)
        if raster is not None:
            return self._whole(source, raster)
        stream, n_bytes = source.source()
        with working_on(source.name):
            with _suggesting(), open_source(stream, self.frame) as file:
                picture = file.picture()
                format, is_indexed = str(file.pillow.format), file.is_indexed
                is_whole, has_exif = file.n_frames == 1, "exif" in file.pillow.info
            warn_of(picture.changes)
            pixels = resized(picture.pixels, self.size, source.name)
            pixels = self._with_alpha(pixels)
            return Opened(
                replace(picture, pixels=pixels),
                stream,
                n_bytes,
                is_untouched=is_whole and pixels is picture.pixels and not picture.changes,
                format=format,
                is_indexed=is_indexed,
                has_exif=has_exif,
            )

    def _whole(self, source: Input, raster: Raster) -> Opened:
        """All of a raster, as `open` returns it."""
        with working_on(source.name), contextlib.closing(raster):
            if is_large(raster):
                raise ImageTooLargeError(
                    f"{source.name}: {raster.width} x {raster.height} pixels are too many to be "
                    "read at once; kmc quantize reads them in bands, and writes .tif, .kmc or .zarr"
                )
            warn_of(raster.changes)
            pixels = raster.rows(0, raster.height)
            if pixels.shape[2] == 4 and (pixels[:, :, 3] == 255).all():
                pixels = np.ascontiguousarray(pixels[:, :, :3])
            pixels = self._with_alpha(resized(pixels, self.size, source.name))
        stream: str | io.BytesIO = source.path
        if os.path.isdir(source.path):
            stream = io.BytesIO()
        return Opened(
            Picture(pixels, raster.metadata),
            stream,
            size_of(source.path),
            is_untouched=False,
            format="",
            is_indexed=False,
            has_exif=False,
        )

    def colors(self, source: Input) -> Picture | kmc.Histogram:
        """What `kmc.fit` takes: the picture of an input, or the histogram of one too large for it.

        Errors are as for `raster`.
        """
        threads, raster = thread_count(self.threads), self.raster(source)
        if raster is None or not is_large(raster):
            return self.open(source, raster).picture
        if self.size is not None:
            raise ArgumentError(f"{source.name}: --resize needs the whole picture")
        from kmc.streaming.quantizing import counted  # slow to import, and seldom needed

        with working_on(source.name), contextlib.closing(raster):
            found = counted(self.adapted(raster), threads, lambda _: None)[1]
            return kmc.Histogram._from_sorted(found.colors, found.counts)

    def mask(self, path: str) -> Mask:
        """The luma (H, W) of a picture, scaled as all others; what is clear in it counts as black.

        It is an array, unless the picture is too large to be read whole.

        Raises
        ------
        ImageError
            It cannot be read.
        """
        with working_on(path):
            raster = open_raster(path, None, thread_count(self.threads))
            if raster is not None and is_large(raster):
                return LumaRows(raster)
            if raster is None:
                picture = read(path)
            else:
                with contextlib.closing(raster):
                    picture = Picture(raster.rows(0, raster.height), changes=raster.changes)
            warn_of(picture.changes)
            return luma(over(resized(picture.pixels, self.size, path), BLACK))


@dataclass(frozen=True)
class LumaRows:
    """The luma of a raster, read when rows of it are asked for; it closes the raster at its end."""

    raster: Raster

    def __post_init__(self) -> None:
        weakref.finalize(self, self.raster.close)

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width."""
        return self.raster.height, self.raster.width

    def __getitem__(self, rows: slice) -> NDArray[np.uint8]:
        begin, end, _ = rows.indices(self.raster.height)
        return luma(over(self.raster.rows(begin, end), BLACK))


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The luma (H, W) of ITU-R BT.601 of opaque pixels, as in Pillow's mode "L"."""
    if pixels.shape[2] == 1:
        return pixels[:, :, 0]
    weighed = pixels @ np.array((299, 587, 114), np.int64)
    return ((weighed + 500) // 1000).astype(np.uint8)


def warn_of(changes: Iterable[str]) -> None:
    """Warn of what reading a picture had to change."""
    for change in changes:
        warnings.warn(change, ImageWarning, stacklevel=3)


@contextlib.contextmanager
def _suggesting() -> Iterator[None]:
    """Say of a picture that is too large what can be done."""
    try:
        yield
    except ImageTooLargeError as error:
        way = "kmc quantize reads TIFF, zarr and .npy files of any size"
        error.args = (f"{error}; {way}", *error.args[1:])
        raise


def check_mask(options: dict[str, Any], picture: Picture) -> None:
    """Check that the importance mask among the options of a fit has the size of the picture.

    Raises
    ------
    ArgumentError
        It has another.
    """
    check_mask_size(options, picture.pixels.shape[:2])


def check_mask_size(options: dict[str, Any], size: tuple[int, ...]) -> None:
    """The same for a picture of this height and width."""
    mask, (height, width) = options.get("importance"), size
    if mask is not None and mask.shape != (height, width):
        raise ArgumentError(
            f"the mask of --importance has {mask.shape[1]} x {mask.shape[0]} pixels, "
            f"and the picture {width} x {height}"
        )


def resized(pixels: NDArray[np.uint8], size: Size | None, name: str) -> NDArray[np.uint8]:
    """Scale pixels (H, W, C) with the Lanczos filter, alpha premultiplied meanwhile.

    Raises
    ------
    ImageTooLargeError
        The result would have more pixels than Pillow agrees to open.
    """
    from PIL import Image

    height, width, channels = pixels.shape
    new_width, new_height = size.of(width, height) if size is not None else (width, height)
    if (new_width, new_height) == (width, height):
        return pixels
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and new_width * new_height > 2 * limit:
        raise ImageTooLargeError(f"{name}: {new_width} x {new_height} pixels are too many")
    picture = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    scaled = np.asarray(picture.resize((new_width, new_height), Image.Resampling.LANCZOS))
    return scaled.reshape(new_height, new_width, channels)
