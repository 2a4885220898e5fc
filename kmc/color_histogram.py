"""The histogram of an image: its distinct colours with their pixel counts.

k-means over the pixels needs nothing else, so large data sets can be counted in parts: histograms
add exactly, and `Histogram.to_bytes` serializes them in a few bytes per colour.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.clustering.importance import color_weights
from kmc.colors.arrays import CHANNELS, added, check_counts, check_total, merged
from kmc.colors.chunks import selected
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.formats.histogram_bytes import pack, unpack
from kmc.images.arrays import dask_array
from kmc.images.reading import ImageInput, as_pixels
from kmc.utils.arguments import array
from kmc.utils.immutable import Immutable
from kmc.utils.os_errors import enough_memory


class Histogram(Immutable):
    """Distinct colours with their pixel counts, in a canonical order; immutable.

    Parameters
    ----------
    colors : array_like of uint8, shape (n, C)
        At least one colour of C = 1, 3 or 4 channels, in any order. Counts of equal colours are
        added.
    counts : array_like of int, shape (n,)
        Number of pixels of each colour, at least 1. Their sum must be below 2**63.

    Attributes
    ----------
    colors : ndarray of uint8, shape (n, C)
        The distinct colours, read-only, in Morton order: sorted by the interleaved bits of the
        channels, from the highest bit down, so similar colours are mostly close to each other.
    counts : ndarray of int64, shape (n,)
        The pixel counts, read-only.
    n_pixels : int
        The sum of the counts.

    Raises
    ------
    ArgumentTypeError
        `colors` is not ``uint8``, `counts` are not integers, or rows have different lengths.
    ArgumentError
        The shapes do not match, there is no colour, or a count is below 1.

    Examples
    --------
    >>> import kmc
    >>> a = kmc.Histogram([[255, 0, 0], [0, 0, 0]], [2, 5])
    >>> a.colors.tolist(), a.counts.tolist(), a.n_pixels
    ([[0, 0, 0], [255, 0, 0]], [5, 2], 7)
    >>> a + a
    <kmc.Histogram: 2 colours of 3 channels, 14 pixels>
    >>> len(a), kmc.Histogram.from_bytes(a.to_bytes()) == a
    (2, True)
    """

    __slots__ = ("colors", "counts", "n_pixels")

    colors: NDArray[np.uint8]
    counts: NDArray[np.int64]
    n_pixels: int

    def __init__(self, colors: ArrayLike, counts: ArrayLike) -> None:
        self._set_sorted(*merged(*_checked(colors, counts)))

    @classmethod
    def _from_sorted(cls, colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> Histogram:
        """A histogram that owns these arrays of distinct colours in Morton order."""
        histogram = cls.__new__(cls)
        histogram._set_sorted(colors, counts)
        return histogram

    def _set_sorted(self, colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> None:
        self._set(colors=colors, counts=counts, n_pixels=int(counts.sum()))

    def __len__(self) -> int:
        return len(self.colors)

    def __repr__(self) -> str:
        n, channels = self.colors.shape
        return f"<kmc.Histogram: {n} colours of {channels} channels, {self.n_pixels} pixels>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return np.array_equal(self.colors, other.colors) and np.array_equal(
            self.counts, other.counts
        )

    def __hash__(self) -> int:
        return hash((self.colors.tobytes(), self.counts.tobytes()))

    def __add__(self, other: object) -> Histogram:
        """The histogram of the pixels of both images."""
        if not isinstance(other, Histogram):
            return NotImplemented
        if self.colors.shape[1] != other.colors.shape[1]:
            raise ArgumentError(
                "histograms to be added must have the same number of channels, "
                f"not {self.colors.shape[1]} and {other.colors.shape[1]}"
            )
        return self._plus(other, thread_count(None))

    def _plus(self, other: Histogram, threads: int) -> Histogram:
        """The sum of two histograms with the same number of channels."""
        check_total(self.n_pixels + other.n_pixels)
        ours, theirs = (self.colors, self.counts), (other.colors, other.counts)
        return Histogram._from_sorted(*added(ours, theirs, threads))

    def __dask_tokenize__(self) -> tuple[str, str]:
        return "kmc.Histogram", self._digest()

    def __radd__(self, other: object) -> Histogram:
        """Support ``sum(histograms)``, which starts with 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __reduce__(self) -> tuple[Callable[[bytes], Histogram], tuple[bytes]]:
        return Histogram.from_bytes, (self.to_bytes(),)

    def to_bytes(self) -> bytes:
        """Serialize the histogram.

        Returns
        -------
        bytes
            Equal histograms have equal bytes, on every platform.

        Notes
        -----
        All integers are unsigned and little-endian. For n colours of C channels:

        ========  ==========  =================================================================
        offset    bytes       content
        ========  ==========  =================================================================
        0         4           ``KMCH``
        4         1           version, 1
        5         1           C: 1, 3 or 4
        6         1           w, the bytes per count: the smallest of 1, 2, 4, 8 that fits all
        7         1           0
        8         8           n, at least 1
        16        n * C       colours in Morton order, one channel after the other
        16 + nC   n * w       counts, each at least 1
        the end   4           CRC-32 (as in zip and PNG files) of everything before it
        ========  ==========  =================================================================

        Examples
        --------
        >>> import kmc
        >>> len(kmc.Histogram([[7], [9]], [3, 300]).to_bytes())
        26
        """
        return pack(self.colors, self.counts)

    @staticmethod
    def from_bytes(data: bytes | bytearray | memoryview) -> Histogram:
        """Deserialize the output of `to_bytes`.

        Parameters
        ----------
        data : bytes-like
            Exactly the bytes of one histogram.

        Returns
        -------
        Histogram

        Raises
        ------
        ArgumentTypeError
            `data` is not bytes-like.
        ArgumentError
            `data` is truncated, damaged, of a later version, or not a histogram.

        Examples
        --------
        >>> import kmc
        >>> data = kmc.Histogram([[7], [9]], [3, 300]).to_bytes()
        >>> kmc.Histogram.from_bytes(data).counts.tolist()
        [3, 300]
        >>> kmc.Histogram.from_bytes(data[:-1])
        Traceback (most recent call last):
        ...
        kmc.errors.ArgumentError: not a whole histogram: expected 26 bytes, got 25
        """
        return Histogram._from_sorted(*unpack(data))


def histogram(
    image: ImageInput, *, importance: ArrayLike | None = None, threads: int | None = None
) -> Histogram:
    """Count the distinct colours of an image.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        An image as for `kmc.quantize`; arrays have shape (H, W), (H, W, 1), (H, W, 3) or
        (H, W, 4), and Dask arrays also (T, H, W, C). Colours of alpha 0 are not merged.
    importance : array_like, shape (H, W), optional
        The weight of each pixel, as in `kmc.fit`; by default 1. The counts are then proportional
        to the total importance of each colour, and colours of importance 0 are left out.
    threads : int, optional
        Maximum number of threads, at least 1; by default ``kmc.cpu.threads()``. The result does
        not depend on it. Not for Dask arrays, each of whose tasks has one.

    Returns
    -------
    Histogram

    Raises
    ------
    ImageError
        The image cannot be read or has the wrong shape or type.
    ArgumentError, ArgumentTypeError
        `threads` is not a positive integer, or `importance` is not an array of numbers in the
        shape of the image.
    OutOfMemoryError
        There is not enough memory.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> image = np.zeros((4, 6, 3), np.uint8)
    >>> image[0] = (10, 20, 30)
    >>> histogram = kmc.histogram(image)
    >>> histogram.colors.tolist(), histogram.counts.tolist()
    ([[0, 0, 0], [10, 20, 30]], [18, 6])
    >>> mask = np.zeros((4, 6), bool)
    >>> mask[0] = True
    >>> kmc.histogram(image, importance=mask).colors.tolist()
    [[10, 20, 30]]
    """
    n_threads = thread_count(threads)
    if dask_array(image) is not None:
        return _histogram_of_chunks(image, importance, threads)
    pixels = as_pixels(image)
    with enough_memory():
        colors, counts = core.colors.histogram(pixels, n_threads)
        if importance is not None:
            weights = color_weights(pixels, colors, importance, n_threads)
            colors, counts = selected(colors, weights > 0), selected(weights, weights > 0)
    return Histogram._from_sorted(colors, counts)


def _histogram_of_chunks(
    image: Any, importance: ArrayLike | None, threads: int | None
) -> Histogram:
    """The histogram of a Dask array."""
    from kmc.lazy import counting, images  # loaded late: of no use for other arrays

    images.refuse_threads(threads)
    colors, counts, weights = counting.weighted_colors(images.lazy_image(image), importance)
    if weights is not None:
        colors, counts = selected(colors, weights > 0), selected(weights, weights > 0)
    return Histogram._from_sorted(colors, counts)


def _checked(colors: ArrayLike, counts: ArrayLike) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    colors, counts = array("colors", colors), array("counts", counts)
    if colors.dtype != np.uint8:
        if colors.dtype.kind not in "iu" or not colors.size:
            raise ArgumentTypeError(f"colors must be uint8, not {colors.dtype}")
        if colors.min() < 0 or colors.max() > 255:
            raise ArgumentError("colors must lie in 0..255")
        colors = colors.astype(np.uint8)
    if counts.dtype.kind not in "iu":
        raise ArgumentTypeError(f"counts must be integers, not {counts.dtype}")
    if colors.ndim != 2 or colors.shape[1] not in CHANNELS or not len(colors):
        raise ArgumentError(
            f"colors must have shape (n, C), n >= 1 and C = 1, 3 or 4, not {colors.shape}"
        )
    if counts.shape != colors.shape[:1]:
        raise ArgumentError(f"counts must have shape ({len(colors)},), not {counts.shape}")
    check_counts(counts)
    return colors, counts.astype(np.int64)
