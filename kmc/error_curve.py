"""What each number of colours costs: the error of a picture reduced to many numbers of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Unpack

from numpy.typing import ArrayLike

from kmc.clustering.goals import psnr_of
from kmc.clustering.options import FitOptions, checked_options, takes_fit_options
from kmc.clustering.problem import ClusteringProblem
from kmc.color_histogram import Histogram
from kmc.colors.arrays import MAX_COLORS
from kmc.errors import ArgumentTypeError
from kmc.image_sets import weighted_colors
from kmc.images.reading import ImageInput
from kmc.utils.arguments import whole


class CurvePoint(NamedTuple):
    """A number of colours, the MSE that it leaves, and the PSNR in dB."""

    k: int
    mse: float
    psnr: float


@takes_fit_options
def curve(
    image: Histogram | ImageInput | Iterable[Histogram | ImageInput],
    ks: Iterable[int],
    *,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    **options: Unpack[FitOptions],
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
    deadline : float, optional
        So many seconds after the call searches end, and what is left to fit gets one iteration
        each, for each of `ks` from the first on. **Not reproducible:** the figures depend on how
        fast the machine is.

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
    init = options.get("init", "k-means++")
    if not isinstance(init, str):
        raise ArgumentTypeError(f"init must be the name of a seeding for many k, not {init!r}")
    try:
        given_ks = list(ks)
    except TypeError:
        raise ArgumentTypeError(f"ks must be integers, not {ks!r}") from None
    numbers = [whole("ks", k, 1, MAX_COLORS) for k in given_ks]
    checked = checked_options(
        min(numbers, default=MAX_COLORS),
        options,
        importance=importance,
        image_weights=image_weights,
    )
    points = {}
    with checked.watch():
        given = weighted_colors(image, importance, image_weights, checked.threads)
        problem = ClusteringProblem(given, checked)
        for k in dict.fromkeys(numbers):
            mse = problem.solve(k).error / given.n_pixels
            points[k] = CurvePoint(k, mse, psnr_of(mse, given.colors.shape[1]))
    return [points[k] for k in numbers]
