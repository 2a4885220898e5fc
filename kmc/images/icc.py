"""ICC profiles: which pixels one belongs to, and what becomes of pixels that cannot keep theirs.

A file with a palette is an RGB file, and only the profile of an RGB space fits it. So the profile
of an RGB picture is kept and its pixels are left as they are, while a grey picture goes through its
profile to the grey of sRGB, as a CMYK picture goes through its own to sRGB.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GREY_MODES = ("1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N", "I")


def color_space(profile: bytes | None) -> str:
    """The space of the values that an ICC profile is for, "" where it is damaged or there is none.

    Examples
    --------
    >>> from PIL import ImageCms
    >>> from kmc.images.icc import color_space
    >>> color_space(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    'RGB'
    >>> color_space(b"rubbish")
    ''
    """
    if not isinstance(profile, bytes) or len(profile) < 132 or profile[36:40] != b"acsp":
        return ""
    return profile[16:20].decode("latin-1").strip()


def kept_profile(picture: Any) -> bytes | None:
    """The profile that stays with the RGB (or grey) pixels of a Pillow picture, if any.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.images.icc import kept_profile
    >>> kept_profile(Image.new("RGB", (1, 1))) is None
    True
    """
    profile = picture.info.get("icc_profile")
    if color_space(profile) != "RGB" or picture.mode in ("CMYK", "LAB", "HSV"):
        return None
    return bytes(profile)


def through_grey_profile(pixels: NDArray[np.uint8], picture: Any) -> NDArray[np.uint8]:
    """The pixels of a Pillow picture, through its profile if that and the picture are grey.

    Examples
    --------
    >>> import numpy as np
    >>> from PIL import Image
    >>> from kmc.images.icc import through_grey_profile
    >>> through_grey_profile(np.array([[[7]]], np.uint8), Image.new("L", (1, 1))).item()
    7
    """
    profile = picture.info.get("icc_profile")
    if picture.mode not in _GREY_MODES or color_space(profile) != "GRAY":
        return pixels
    convert = to_srgb(profile, "L")
    if convert is None:
        return pixels
    from PIL import Image

    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    table = np.asarray(convert(ramp))[0, :, 1]
    if pixels.shape[2] < 4:
        return table[pixels]
    return np.concatenate([table[pixels[..., :3]], pixels[..., 3:]], axis=2)


def to_srgb(profile: bytes, mode: str) -> Callable[[Any], Any] | None:
    """What takes Pillow pictures of a mode through a profile into sRGB, None where it does not fit.

    Examples
    --------
    >>> from kmc.images.icc import to_srgb
    >>> to_srgb(b"rubbish", "CMYK") is None
    True
    """
    from PIL import ImageCms, features

    if features.check("littlecms2"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError):  # a profile of another space
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            transform = ImageCms.buildTransform(source, target, mode, "RGB")
            return lambda picture: ImageCms.applyTransform(picture, transform)
    return None
