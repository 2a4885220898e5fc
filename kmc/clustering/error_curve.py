"""What each number of colours costs: the error of a picture reduced to many numbers of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from numpy.typing import ArrayLike

from kmc.clustering.fitting import Fitter
from kmc.clustering.goals import psnr_of
from kmc.clustering.options import EffortName, Weights, checked_options
from kmc.clustering.samples import sample
from kmc.color_histogram import Histogram
from kmc.colors.spaces import SpaceName
from kmc.errors import ArgumentTypeError
from kmc.palette import MOST_COLORS, Palette
from kmc.utils.arguments import whole

if TYPE_CHECKING:
    from kmc.images.reading import ImageInput


class CurvePoint(NamedTuple):
    """A number of colours, the MSE that it leaves, and the PSNR in dB.

    Examples
    --------
    >>> from kmc.clustering.error_curve import CurvePoint
    >>> CurvePoint(16, 120.5, 32.1).k
    16
    """

    k: int
    mse: float
    psnr: float


def curve(
    image: Histogram | ImageInput | Iterable[Histogram | ImageInput],
    ks: Iterable[int],
    *,
    init: str = "k-means++",
    n_init: int = 1,
    max_iter: int = 300,
    tol: float | None = None,
    seed: int = 0,
    weights: Weights = "counts",
    effort: EffortName = "default",
    threads: int | None = None,
    fixed: Palette | ArrayLike | None = None,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    space: SpaceName = "rgb",
) -> list[CurvePoint]:
    """Find out what error each of many numbers of colours leaves.

    The picture is read and counted once. Every figure is that of `kmc.quantize` with the same
    options, without dithering: over all pixels, each with its nearest 8-bit colour.

    Parameters
    ----------
    image
        One picture or several, as for `kmc.fit`.
    ks : iterable of int
        The numbers of colours, 1 to 65 536, in any order.
    init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, importance, image_weights,
    space
        As for `kmc.fit`; `init` names a seeding.

    Returns
    -------
    list of CurvePoint
        ``(k, mse, psnr)`` for each of `ks`, in their order: the MSE summed over the channels, in
        8-bit levels squared, the PSNR in dB.

    Raises
    ------
    ImageError
        The picture cannot be read or has the wrong shape or type.
    ArgumentError, ArgumentTypeError
        An option out of its range or of the wrong type.
    OutOfMemoryError
        There is not enough memory.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> for k, mse, psnr in kmc.curve(ramp, [2, 4, 256]):
    ...     print(f"{k:3} colours: MSE {mse:.1f}, PSNR {psnr:.1f} dB")
      2 colours: MSE 1365.5, PSNR 16.8 dB
      4 colours: MSE 341.5, PSNR 22.8 dB
    256 colours: MSE 0.0, PSNR inf dB
    """
    if not isinstance(init, str):
        raise ArgumentTypeError(f"init must be the name of a seeding for many k, not {init!r}")
    try:
        given = list(ks)
    except TypeError:
        raise ArgumentTypeError(f"ks must be integers, not {ks!r}") from None
    numbers = [whole("ks", k, 1, MOST_COLORS) for k in given]
    options = checked_options(
        min(numbers, default=MOST_COLORS),
        init,
        n_init,
        max_iter,
        tol,
        seed,
        weights,
        effort,
        threads,
        None,
        fixed,
        importance,
        image_weights,
        space,
    )
    one = sample(image, importance, image_weights, options.threads)
    fitter = Fitter(one, options)
    points = {}
    for k in set(numbers):
        error = fitter.fitted(k)[2]
        mse = error / one.counted.n_pixels
        points[k] = CurvePoint(k, mse, psnr_of(mse, one.counted.colors.shape[1]))
    return [points[k] for k in numbers]
