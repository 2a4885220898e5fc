"""Pictures scaled before their colours are counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ImageTooLargeError


def resized(
    pixels: NDArray[np.uint8], size: tuple[int, int | None] | None, name: str
) -> NDArray[np.uint8]:
    """Scale pixels (H, W, C) with Lanczos' window, alpha premultiplied meanwhile.

    A width alone keeps the proportions and never enlarges; width and height are taken as they are.

    Raises
    ------
    ImageTooLargeError
        The result would have more pixels than Pillow agrees to open.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.commands.resize import resized
    >>> resized(np.zeros((60, 90, 3), np.uint8), (30, None), "sea.png").shape
    (20, 30, 3)
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
