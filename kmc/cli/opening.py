"""Opening pictures for the commands, with the frame and the size that the options ask for."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kmc.cli.console import about
from kmc.cli.inputs import Input
from kmc.errors import ImageTooLargeError, ImageWarning
from kmc.images.reading import Picture, read

Size = tuple[int, int | None]


@dataclass(frozen=True)
class Opener:
    """Opens inputs, with a warning for each change that reading made.

    Parameters
    ----------
    frame : int, optional
        Which one of an animation.
    size : (int, int or None), optional
        The size to scale to, as `resized` takes it.
    """

    frame: int | None = None
    size: Size | None = None

    def __call__(self, source: Input) -> Picture:
        """The picture of an input.

        Raises
        ------
        ImageError
            It cannot be read.
        ArgumentError
            It has no such frame.
        """
        return self.measured(source)[0]

    def measured(self, source: Input) -> tuple[Picture, int]:
        """The picture of an input, and the bytes of its file."""
        stream, n_bytes = source.source()
        with about(source.name):
            picture = read(stream, frame=self.frame)
            warn_of(picture.changes)
        return replace(picture, pixels=resized(picture.pixels, self.size, source.name)), n_bytes

    def mask(self, path: str) -> NDArray[np.uint8]:
        """The grey levels (H, W) of a picture, scaled as all others are."""
        with about(path):
            picture = read(path)
            warn_of(picture.changes)
        pixels = resized(picture.pixels, self.size, path)
        if pixels.shape[2] == 1:
            return pixels[:, :, 0]
        # The luma of ITU-R BT.601, as Pillow's mode "L" has it.
        weighed = pixels[:, :, :3] @ np.array((299, 587, 114), np.int64)
        return ((weighed + 500) // 1000).astype(np.uint8)


def warn_of(changes: Iterable[str]) -> None:
    """Warn of what reading a picture had to change."""
    for change in changes:
        warnings.warn(change, ImageWarning, stacklevel=3)


def resized(pixels: NDArray[np.uint8], size: Size | None, name: str) -> NDArray[np.uint8]:
    """Scale pixels (H, W, C) with the Lanczos filter, alpha premultiplied meanwhile.

    A width alone keeps the proportions and never enlarges; width and height are taken as they are.

    Raises
    ------
    ImageTooLargeError
        The result would have more pixels than Pillow agrees to open.
    """
    from PIL import Image

    height, width, channels = pixels.shape
    if size is None or (size[1] is None and size[0] >= width):
        return pixels
    new_width, given = size
    new_height = given or max(1, round(height * new_width / width))
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and new_width * new_height > 2 * limit:
        raise ImageTooLargeError(f"{name}: {new_width} x {new_height} pixels are too many")
    picture = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    scaled = np.asarray(picture.resize((new_width, new_height), Image.Resampling.LANCZOS))
    return scaled.reshape(new_height, new_width, channels)
