"""Pillow's own call, by kmc: ``kmc.pillow.quantize(im, 16)`` in place of ``im.quantize(16)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.options import EffortName
from kmc.colors.arrays import checked_colors
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.files import is_pillow
from kmc.images.reading import Picture, open_source, read
from kmc.indexed_image import IndexedImage, Palette
from kmc.mapping.dithering import DITHERS, DitherName
from kmc.pipeline import quantize as quantize_pixels
from kmc.utils.arguments import one_of, whole

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["quantize"]

MOST_COLORS = 256  # of mode "P"

# Pillow's numbers: Image.Quantize and Image.Dither.
_FAST_OCTREE, _LAST_METHOD = 2, 3
_DITHERS: dict[int, DitherName | None] = {0: None, 1: "bayer", 3: "floyd-steinberg"}
_RASTERIZE = 2

# What says how the pixels of a Pillow image are to be read; the rest of its `info` is only kept.
_OF_PIXELS = ("transparency", "icc_profile")


def quantize(
    im: Image.Image,
    colors: int = MOST_COLORS,
    method: int | None = None,
    kmeans: int = 0,
    palette: Image.Image | Palette | bytes | Sequence[str] | ArrayLike | None = None,
    dither: int | DitherName | None = None,
) -> Image.Image:
    """Convert a Pillow image to mode "P", as `PIL.Image.Image.quantize` does, by exact k-means.

    Parameters
    ----------
    im : PIL.Image.Image
        Of any mode; Pillow itself takes only "L", "RGB" and, for some methods, "RGBA". It is
        neither changed nor turned upright.
    colors : int, default 256
        Number of colours, 1 to 256. Without effect on what a `palette` holds, and therefore refused
        along with one unless it is 256.
    method : {None, 0, 1, 2, 3}, optional
        A ``PIL.Image.Quantize``. All methods find the palette by k-means: ``FASTOCTREE`` (2) with
        the effort ``"fast"`` of `kmc.quantize`, the others with ``"default"``. Refused along with a
        `palette`, which leaves nothing to find.
    kmeans : int, default 0
        0 or more. In Pillow, a number above 0 asks for k-means after the method. Here it always
        runs, until it converges, so that every number has the same result.
    palette : PIL.Image.Image, Palette, bytes, list of int or array_like, optional
        Colours to use instead of finding some, 256 at most: an image of mode "P"; a `kmc.Palette`;
        bytes or a flat list of red, green, blue, red, ... as ``putpalette`` takes them; an array of
        shape (k, C), or hex codes, as `kmc.Palette` takes them.
    dither : {None, 0, 1, 3} or str, optional
        A ``PIL.Image.Dither``: ``NONE``, ``ORDERED``, which is ``"bayer"``, or
        ``FLOYDSTEINBERG``; or a name that `kmc.quantize` knows. By default Floyd–Steinberg with a
        `palette` and none without, which is what Pillow does. What is given always counts, unlike
        in Pillow, which ignores it where there is no `palette`.

    Returns
    -------
    PIL.Image.Image
        Of mode "P" and the same size, with the `info` of `im`. Transparent entries are in
        ``info["transparency"]``, as Pillow's writers want them. An ICC profile that `im` was
        converted from, as that of CMYK, is left out.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An argument is out of range, of the wrong type, or excludes another; or it is
        ``RASTERIZE``, which Pillow itself does not implement.
    ImageError
        The image cannot be decoded, or has transparency that the `palette` lacks.

    Examples
    --------
    >>> from PIL import Image
    >>> import kmc.pillow
    >>> im = Image.linear_gradient("L")
    >>> kmc.pillow.quantize(im, 4).getpalette()
    [32, 32, 32, 96, 96, 96, 160, 160, 160, 224, 224, 224]
    >>> small = kmc.pillow.quantize(im, palette=[0, 0, 0, 255, 255, 255], dither=0)
    >>> small.mode, small.size, small.getcolors()
    ('P', (256, 256), [(32768, 0), (32768, 1)])
    """
    if not is_pillow(im):
        raise ArgumentTypeError(f"im must be a PIL.Image.Image, not {type(im).__name__}")
    k = whole("colors", colors, 1, MOST_COLORS)
    effort = _effort(method)
    whole("kmeans", kmeans, 0)
    kind = _dither(dither, palette is not None)
    if palette is None:
        picture = _read(im)
        result = quantize_pixels(picture, k, effort=effort, dither=kind).to_pil()
    else:
        given = (("colors", k != MOST_COLORS), ("method", method is not None), ("kmeans", kmeans))
        for name, wanted in given:
            if wanted:
                raise ArgumentError(
                    f"{name} and palette exclude each other: a palette that is given is not sought"
                )
        entries = _palette(palette)
        picture = _read(im)
        result = _indexed(entries.remap(picture, dither=kind))
    return _with_info(result, im, picture)


def _indexed(result: IndexedImage) -> Image.Image:
    if len(result.palette) > MOST_COLORS:  # one was added for transparency
        raise ArgumentError(f"{MOST_COLORS} colours leave no room for a transparent one")
    return result.to_pil()


def _effort(method: int | None) -> EffortName:
    if method is None:
        return "default"
    return "fast" if whole("method", method, 0, _LAST_METHOD) == _FAST_OCTREE else "default"


def _dither(dither: Any, has_palette: bool) -> DitherName | None:
    if dither is None:
        return "floyd-steinberg" if has_palette else None
    if isinstance(dither, str):
        known: Any = one_of("dither", dither, DITHERS)
        name: DitherName = known
        return name
    number = whole("dither", dither, 0, max(_DITHERS))
    if number == _RASTERIZE:
        raise ArgumentError("dither must not be RASTERIZE, which is not implemented, in Pillow too")
    return _DITHERS[number]


def _palette(palette: Any) -> Palette:
    """The palette in any of the forms that `quantize` takes."""
    if isinstance(palette, Palette):
        found = palette
    elif is_pillow(palette):
        found = Palette(_entries(palette))
    else:
        found = Palette(_colors(palette))
    if len(found) > MOST_COLORS:
        raise ArgumentError(f"palette must have at most {MOST_COLORS} colours, not {len(found)}")
    return found


def _entries(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode != "P":
        raise ArgumentError(f'palette must be an image of mode "P", not "{picture.mode}"')
    with open_source(picture.copy()) as source:  # of an animation, the current frame
        return source.palette()[0]


def _colors(palette: Any) -> NDArray[np.uint8]:
    values = palette
    if isinstance(palette, bytes | bytearray):
        values = np.frombuffer(palette, np.uint8)
    flat = np.ndim(values) == 1 and np.asarray(values).dtype.kind != "U"
    if flat:
        if len(values) % 3 or not len(values):
            raise ArgumentError(
                f"palette must hold red, green and blue of each colour, not {len(values)} values"
            )
        values = np.reshape(values, (-1, 3))
    return checked_colors("palette", values)


def _read(im: Image.Image) -> Picture:
    """The pixels of the current frame, not turned upright: their image is to have the same size."""
    plain = im.copy()
    plain.info = {name: im.info[name] for name in _OF_PIXELS if name in im.info}
    return read(plain)


def _with_info(result: Image.Image, im: Image.Image, picture: Picture) -> Image.Image:
    """The metadata of the image that is also valid for the result."""
    kept = {name: value for name, value in im.info.items() if name not in _OF_PIXELS}
    profile = picture.metadata.icc_profile if picture.metadata else None
    if profile is not None:
        kept["icc_profile"] = profile
    result.info = kept | result.info
    return result
