"""Reading pictures: from a path, bytes, a file object, a PIL.Image or an array.

Pixels are a C-contiguous ``uint8`` array of shape ``(H, W, C)``, C = 1 for grey, 3 for RGB and
4 for RGB with straight alpha. All pictures are opened here, whether for their pixels (`read`) or
for their indices and palette (`read_indexed`), and Pillow is imported only then. Several frames,
and arrays of more than 8 bits, are refused; what else has to be changed is listed with the picture.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.errors import (
    ArgumentError,
    ArgumentTypeError,
)
from kmc.images.arrays import array_pixels
from kmc.images.files import errors_of, is_array, is_pillow, open_picture, open_stream
from kmc.metadata import Metadata
from kmc.utils.arguments import whole

if TYPE_CHECKING:
    from PIL import Image

    from kmc.images.pillow_source import Source

ImageInput: TypeAlias = (
    "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | Picture | ArrayLike"
)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture that has been read; every function that takes a path takes it as well.

    Parameters
    ----------
    pixels : array_like of uint8
        As `kmc.read` takes arrays.
    metadata : Metadata, optional
        What the file holds besides its pixels.
    changes : tuple of str, optional
        What reading had to change.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (H, W, C)
        C-contiguous: the memory of the array given where it is so.
    metadata, changes
        As above.

    Raises
    ------
    ImageShapeError, ImageTypeError
        The pixels have the wrong shape or type.
    ArgumentTypeError
        `metadata` or `changes` is of the wrong type.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> picture = kmc.read(np.zeros((2, 3), np.uint8))
    >>> kmc.quantize(picture, 1).shape
    (2, 3)
    """

    pixels: NDArray[np.uint8]
    metadata: Metadata | None = None
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.metadata is not None and not isinstance(self.metadata, Metadata):
            kind = type(self.metadata).__name__
            raise ArgumentTypeError(f"metadata must be Metadata, not {kind}")
        if not isinstance(self.changes, tuple) or not all(type(c) is str for c in self.changes):
            raise ArgumentTypeError(f"changes must be a tuple of strings, not {self.changes!r}")
        object.__setattr__(self, "pixels", array_pixels(self.pixels))


@dataclass(frozen=True, slots=True, eq=False)
class IndexedPicture:
    """Indices and palette of a picture, with its metadata."""

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    colors: NDArray[np.uint8]
    metadata: Metadata
    changes: tuple[str, ...] = ()


def read(
    image: ImageInput,
    *,
    frame: int | None = None,
    background: str | ArrayLike | None = None,
    alpha_threshold: int | Literal["dither"] | None = None,
) -> Picture:
    """Read any kind of picture.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image, Picture or array_like of uint8
        A path; the bytes of an encoded picture; a file opened in binary mode (a seekable one is
        read from its beginning, as Pillow does); a Pillow picture; or ``uint8`` values of shape
        (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), of any strides. Nested lists of integers from 0
        to 255 will do.
    frame : int, optional
        Which frame of an animation, or page of several, counted from 0. Without it only a picture
        that has but one is taken.
    background : str or array_like of 3 integers, optional
        Lay a picture with transparency over this colour, ``"#ffffff"`` or ``(255, 255, 255)``.
    alpha_threshold : int or "dither", optional
        Make each pixel opaque whose alpha is at least this, 1 to 255, and the others fully
        transparent, as GIF holds them. ``"dither"`` mixes both by blue noise, so that shadows look
        soft from a distance.

    Returns
    -------
    Picture
        Its `pixels` are uint8 of shape (H, W, C), C-contiguous, C = 1 for grey, 3 for RGB or 4
        for RGB with straight alpha: the caller's own memory when `image` is a contiguous array, and
        possibly read-only. Its `metadata` is what the file says besides them, None for arrays. Its
        `changes` say what had to be changed, as "16 bits a channel reduced to 8".

    Raises
    ------
    ImageShapeError
        Not of those shapes, empty, or of several frames.
    ImageTypeError
        Not ``uint8``, or no picture at all.
    ImageReadError, ImageNotFoundError, ImageTooLargeError
        A file that is missing, damaged, of an unknown format, or beyond Pillow's limit for
        decompression bombs.
    ArgumentError, ArgumentTypeError
        There is no such frame; `background` is no opaque colour, or `alpha_threshold` out of range;
        or both are given.
    OutOfMemoryError
        The decoded picture does not fit.

    Warns
    -----
    ImageWarning
        A 2-D array of 3 or 4 columns and many rows is read as grey, although it is likely to be a
        list of colours; these have shape (n, 1, 3): ``colors[:, None]``.

    Notes
    -----
    Files and Pillow pictures are turned upright, as their EXIF orientation asks. Samples of 16 bits
    become 8 bits by rounding, value / 257; Pillow pictures that have been loaded already have them
    cut off. A picture with any transparent pixel becomes RGBA, grey too; an alpha channel that is
    opaque everywhere is dropped. Of an MPO file (a JPEG with previews or a second view) the main
    picture is read.

    RGB values stay as they are, and their ICC profile, their code points (cICP of PNG, nclx of
    AVIF) and, in PNG, gAMA and cHRM are kept in `metadata`. CMYK and grey are converted from their
    profiles to sRGB, where they have one: files with palettes can hold only profiles of RGB spaces.

    A file of more than ``PIL.Image.MAX_IMAGE_PIXELS`` raises Pillow's DecompressionBombWarning,
    which filters may silence or turn into an ImageTooLargeError; twice as many are always an error.

    Examples
    --------
    >>> import io, kmc
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (3, 2), 7).save(file, "PNG", dpi=(300, 300))
    >>> picture = kmc.read(file)
    >>> picture.pixels.shape, picture.metadata
    ((2, 3, 1), <kmc.Metadata: 299.999 x 299.999 dpi>)
    """
    transparency = None
    if background is not None or alpha_threshold is not None:
        from kmc.images.transparency import checked_transparency  # loaded late: most need neither

        transparency = checked_transparency(background, alpha_threshold)
    if isinstance(image, Picture) or is_array(image):
        check_frame(frame, 1, f"the {'picture' if isinstance(image, Picture) else 'array'} given")
        picture = image if isinstance(image, Picture) else Picture(array_pixels(image))
    else:
        with open_source(image, frame) as source:
            picture = source.picture()
    if transparency is None:
        return picture
    pixels = transparency.applied(picture.pixels)
    return picture if pixels is picture.pixels else replace(picture, pixels=pixels)


def read_indexed(image: ImageInput, *, frame: int | None = None) -> IndexedPicture:
    """Read indices and palette as they are; other pictures get a palette of all their colours.

    Raises
    ------
    ArgumentError
        Its pixels cannot be kept as they are: they have more than 8 bits, are not RGB, or have more
        colours than a palette holds. Or there is no such frame.
    ImageError, ArgumentTypeError
        As `read`.
    """
    with open_source(image, frame) as source:
        return source.indexed()


def as_pixels(image: ImageInput) -> NDArray[np.uint8]:
    """The pixels of any kind of picture, as returned by `read`."""
    return read(image).pixels


# ---- sources -------------------------------------------------------------------------------------


@contextlib.contextmanager
def open_source(image: Any, frame: int | None = None) -> Iterator[Source]:
    """Open a source other than an array at a frame; without `frame`, there must be only one."""
    from kmc.images.pillow_source import at_frame  # of no use for arrays: `import kmc` is quicker

    if is_pillow(image):
        with errors_of("the PIL.Image given"), at_frame(image, "the PIL.Image given", frame) as it:
            yield it
        return
    stream, name, ours = open_stream(image)
    with contextlib.ExitStack() as stack:
        if ours:
            stack.enter_context(stream)
        picture = stack.enter_context(open_picture(stream, name))
        yield stack.enter_context(at_frame(picture, name, frame))


def check_frame(frame: int | None, n_frames: int, name: str) -> None:
    """Raise ArgumentError unless there is such a frame."""
    if frame is not None and whole("frame", frame, 0) >= n_frames:
        held = "one frame, 0" if n_frames == 1 else f"frames 0 to {n_frames - 1}"
        raise ArgumentError(f"{name}: has no frame {frame}, but {held}")
