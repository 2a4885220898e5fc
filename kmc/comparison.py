"""How much two images differ: `kmc.compare`."""

from __future__ import annotations

from kmc.images.reading import ImageInput, read
from kmc.images.similarity import Similarity, similarity


def compare(first: ImageInput, second: ImageInput) -> Similarity:
    """Measure how much two images of one size differ, as numbers and as people see it.

    Parameters
    ----------
    first, second : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        As `kmc.quantize` takes them; an `IndexedImage` is one. Grey becomes RGB, and what has no
        alpha is opaque, where the other image differs in that.

    Returns
    -------
    Similarity
        Named values: `mse`, summed over the channels, in 8-bit levels squared; `psnr` in dB,
        infinite for equals; `quality`, 0 to 100 for equals, of differences in Oklab; `ssim` [1]_,
        1 for equals, NaN where a side has fewer than 11 pixels; and `max_error`, the largest
        difference of any value. With alpha, `mse`, `psnr` and `quality` are those of the mean
        squared difference over black and over white, and the others those of the worse of the two.

    Raises
    ------
    ImageShapeError
        The images have different sizes.
    ImageError
        An image cannot be read, or has the wrong shape or type.

    References
    ----------
    .. [1] Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from
       error visibility to structural similarity", IEEE Transactions on Image Processing 13(4),
       2004.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> found = kmc.compare(ramp, kmc.quantize(ramp, 64))
    >>> found.mse, found.max_error, round(found.quality, 1)
    (1.5, 2, 83.8)
    >>> kmc.compare(ramp, ramp).quality
    100.0
    """
    return similarity(read(first).pixels, read(second).pixels)
