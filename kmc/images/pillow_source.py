"""Frames of Pillow pictures, from files or memory, as pixels or as indices and palette."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ImageShapeError
from kmc.images.decoding import Decoded, decode, orientation_of
from kmc.images.files import errors_of
from kmc.images.icc import color_space, kept_profile
from kmc.images.lossless import IndexedPixels, is_indexed, palette_of, picture_indices
from kmc.images.pillow_metadata import pillow_metadata
from kmc.images.pillow_modes import Changes, pillow_pixels
from kmc.images.reading import IndexedPicture, Picture, check_frame
from kmc.metadata import Metadata, is_cicp

# Metadata among the parameters of Pillow's save().
SETTINGS = ("icc_profile", "dpi", "exif", "xmp")

# The tag of a TIFF that says where on earth its pixels lie (GeoTIFF), and what is said of it.
GEOREFERENCE = 34735
GEOREFERENCE_LEFT_OUT = "georeference left out"


@dataclass(frozen=True, eq=False)
class Source:
    """A picture in a file or in Pillow's memory, opened and not yet decoded.

    Attributes
    ----------
    pillow : PIL.Image.Image
        At the frame that is wanted.
    name : str
        What error messages call it.
    n_frames : int
        How many frames or pages there are.
    """

    pillow: Any
    name: str
    n_frames: int

    def picture(self) -> Picture:
        """Decode the pixels."""
        with errors_of(self.name):
            decoded, changes = decode(self.pillow, self.name), Changes()
            pixels = pillow_pixels(decoded, changes)
            metadata = _metadata(decoded)
            transparent = pixels.shape[2] == 4
            _list_others(decoded, transparent, changes)
            return Picture(pixels, metadata, (*changes.lossy, *changes.others))

    def indexed(self, settings: Mapping[str, Any] | None = None) -> IndexedPicture:
        """Decode indices and palette; `settings` take the place of the picture's own metadata."""
        with errors_of(self.name):
            decoded, changes = decode(self.pillow, self.name), Changes()
            if settings and "exif" in settings:
                decoded = replace(decoded, orientation=orientation_of(settings["exif"]))
            found: IndexedPixels = picture_indices(decoded, changes)
            _list_others(decoded, found.colors.shape[1] == 4, changes)
            metadata = _metadata(decoded, settings or {})
            return IndexedPicture(*found, metadata, tuple(changes.others))

    def palette(self) -> tuple[NDArray[np.uint8], int]:
        """Decode the palette of an indexed picture, and find the last entry that is used."""
        with errors_of(self.name):
            return palette_of(decode(self.pillow, self.name))

    @property
    def is_indexed(self) -> bool:
        """Whether it holds indices and a palette."""
        return is_indexed(self.pillow)


@contextlib.contextmanager
def at_frame(picture: Any, name: str, frame: int | None) -> Iterator[Source]:
    """Selects a frame of a Pillow picture, and restores the previous one afterwards."""
    n_frames = getattr(picture, "n_frames", 1)
    check_frame(frame, n_frames, name)
    if frame is None and n_frames > 1 and picture.format != "MPO":
        raise ImageShapeError(
            f"{name}: holds {n_frames} frames, and kmc takes one still picture; "
            f"choose one, 0 to {n_frames - 1}, by frame= or --frame"
        )
    if frame is None or n_frames == 1:
        yield Source(picture, name, n_frames)
        return
    shown = picture.tell()
    try:
        picture.seek(frame)
        yield Source(picture, name, n_frames)  # no copy: only the file itself knows a TIFF's tags
    finally:
        picture.seek(shown)


def _metadata(decoded: Decoded, settings: Mapping[str, Any] | None = None) -> Metadata:
    picture = decoded.picture
    given = settings or {}
    info = picture.info | {name: given[name] for name in SETTINGS if name in given}
    return pillow_metadata(
        picture,
        info,
        orientation=decoded.stored_orientation,
        profile=kept_profile(picture.mode, info.get("icc_profile")),
        cicp=decoded.facts.cicp or (info.get("cicp") if is_cicp(info.get("cicp")) else None),
    )


def _list_others(decoded: Decoded, transparent: bool, changes: Changes) -> None:
    """Contents of the file, other than pixel values, that are not preserved."""
    info, mode = decoded.picture.info, decoded.picture.mode
    profile, has_code_points = info.get("icc_profile"), decoded.facts.cicp is not None
    used = changes.used_profile or has_code_points or kept_profile(mode, profile) is not None
    if profile and not used:
        space = color_space(profile)
        fitting = "CMYK" if mode == "CMYK" else "GRAY" if decoded.is_grey else "RGB"
        kind = f"of the colour space {space}" if space not in ("", fitting) else "damaged"
        changes.others.append(f"colour profile left out: it is {kind}")
    if transparent and decoded.facts.background:
        changes.others.append("background colour left out")
    if GEOREFERENCE in getattr(decoded.picture, "tag_v2", ()):
        changes.others.append(GEOREFERENCE_LEFT_OUT)
    if len(sizes := info.get("sizes", ())) > 1 and decoded.picture.format == "ICO":
        changes.others.append(f"the largest of {len(sizes)} sizes")
