"""Opening pictures for the commands, with the frame, size and background that options ask for."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import kmc
from kmc.cli.console import working_on
from kmc.cli.inputs import Input
from kmc.cli.parameter_types import Size
from kmc.errors import ArgumentError, ImageTooLargeError, ImageWarning
from kmc.images.compositing import BLACK, over
from kmc.images.reading import Picture, open_source, read


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
    """

    frame: int | None = None
    size: Size | None = None
    background: tuple[int, ...] | None = None
    alpha_threshold: int | Literal["dither"] | None = None

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

    def open(self, source: Input) -> Opened:
        """The picture of an input with its file; errors are as above."""
        stream, n_bytes = source.source()
        with working_on(source.name):
            with open_source(stream, self.frame) as file:
                picture = file.picture()
                format, is_indexed = str(file.pillow.format), file.is_indexed
                is_whole, has_exif = file.n_frames == 1, "exif" in file.pillow.info
            warn_of(picture.changes)
            pixels = resized(picture.pixels, self.size, source.name)
            if self.background is not None:
                pixels = over(pixels, self.background)
            if self.alpha_threshold is not None:
                pixels = with_binary_alpha(pixels, self.alpha_threshold)
            return Opened(
                replace(picture, pixels=pixels),
                stream,
                n_bytes,
                is_untouched=is_whole and pixels is picture.pixels and not picture.changes,
                format=format,
                is_indexed=is_indexed,
                has_exif=has_exif,
            )

    def mask(self, path: str) -> NDArray[np.uint8]:
        """The luma (H, W) of a picture, scaled as all others; what is clear in it counts as black.

        Raises
        ------
        ImageError
            It cannot be read.
        """
        with working_on(path):
            picture = read(path)
            warn_of(picture.changes)
            pixels = over(resized(picture.pixels, self.size, path), BLACK)
        if pixels.shape[2] == 1:
            return pixels[:, :, 0]
        # The luma of ITU-R BT.601, as in Pillow's mode "L".
        weighed = pixels @ np.array((299, 587, 114), np.int64)
        return ((weighed + 500) // 1000).astype(np.uint8)


def warn_of(changes: Iterable[str]) -> None:
    """Warn of what reading a picture had to change."""
    for change in changes:
        warnings.warn(change, ImageWarning, stacklevel=3)


def check_mask(options: dict[str, Any], picture: Picture) -> None:
    """Check that the importance mask among the options of a fit has the size of the picture.

    Raises
    ------
    ArgumentError
        It has another.
    """
    mask, (height, width, _) = options.get("importance"), picture.pixels.shape
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


def with_binary_alpha(
    pixels: NDArray[np.uint8], threshold: int | Literal["dither"]
) -> NDArray[np.uint8]:
    """Pixels (H, W, 4) of at least this alpha made opaque, the others (0, 0, 0, 0)."""
    if pixels.shape[2] < 4:
        return pixels
    if threshold == "dither":
        extremes = kmc.Palette(np.array([[0], [255]]))
        opaque = extremes.remap(pixels[:, :, 3], dither="blue-noise").indices == 1
    else:
        opaque = pixels[:, :, 3] >= threshold
    if opaque.all():
        return np.ascontiguousarray(pixels[:, :, :3])
    found = np.where(opaque[:, :, None], pixels, np.uint8(0))
    found[:, :, 3] = 255 * opaque
    return found
