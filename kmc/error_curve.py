"""The error of an image as a function of the number of palette colours: `kmc.curve`."""

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
    """A number of colours, with the MSE and the PSNR in dB of the quantized image."""

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
    """Compute the error for several numbers of palette colours.

    The image is read and counted only once. The errors are those of `kmc.quantize` with the same
    options and no dithering.

    Parameters
    ----------
    image
        One image or several, as for `kmc.fit`.
    ks : iterable of int
        Numbers of colours, 1 to 65 536, in any order.
    init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, importance, image_weights,
    space
        As for `kmc.fit`; `init` must not be an array.
    deadline : float, optional
        Time limit in seconds. `ks` are fitted in their order; after the deadline the search ends,
        and the remaining ones get one iteration each. **Not reproducible:** the errors then depend
        on the speed of the machine.

    Returns
    -------
    list of CurvePoint
        ``(k, mse, psnr)`` for each of `ks`, in the order given: the MSE summed over the channels,
        in levels squared, and the PSNR in dB.

    Raises
    ------
    ImageError
        The image cannot be read or has the wrong shape or type.
    ArgumentError, ArgumentTypeError
        An option is out of range or of the wrong type.
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
        raise ArgumentTypeError(
            f"init must be the name of an initialization for several k, not {init!r}"
        )
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
