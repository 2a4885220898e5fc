"""ICC profiles: which ones are kept, and which ones the pixels are converted with.

A file with a palette is an RGB file, and only the profile of an RGB space fits it. So the profile
of an RGB picture is kept and its pixels are left as they are; grey and CMYK pictures are converted
from their profiles to sRGB.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def color_space(profile: bytes | None) -> str:
    """The colour space of an ICC profile; "" if it is damaged or missing."""
    if not isinstance(profile, bytes) or len(profile) < 132 or profile[36:40] != b"acsp":
        return ""
    return profile[16:20].decode("latin-1").strip()


def kept_profile(mode: str, profile: bytes | None) -> bytes | None:
    """The profile, if it is valid for the RGB or grey pixels made from a picture of this mode."""
    if profile is None or color_space(profile) != "RGB" or mode in ("CMYK", "LAB", "HSV"):
        return None
    return profile


def grey_table(profile: bytes) -> NDArray[np.uint8] | None:
    """The grey of sRGB for each level in a grey profile, None where the profile is damaged."""
    convert = to_srgb(profile, "L")
    if convert is None:
        return None
    from PIL import Image

    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    table: NDArray[np.uint8] = np.asarray(convert(ramp))[0, :, 1].copy()
    return table


def to_srgb(profile: bytes, mode: str) -> Callable[[Any], Any] | None:
    """A transform from a profile to sRGB for pictures of a mode, or None if they do not match."""
    from PIL import ImageCms, features

    if features.check("littlecms2"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError):  # a profile of another space
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            transform = ImageCms.buildTransform(source, target, mode, "RGB")
            return lambda picture: ImageCms.applyTransform(picture, transform)
    return None
