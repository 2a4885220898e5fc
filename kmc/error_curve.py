"""The error of an image, and the bytes of its file, for numbers of palette colours: `kmc.curve`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Unpack, overload

from numpy.typing import ArrayLike

from kmc.clustering.goals import psnr_of
from kmc.clustering.options import FitOptions, checked_options, takes_fit_options
from kmc.clustering.problem import ClusteringProblem
from kmc.color_histogram import Histogram
from kmc.colors.arrays import MAX_COLORS
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.file_curve import FilePoint, file_points
from kmc.image_sets import weighted_colors
from kmc.images.reading import ImageInput
from kmc.lossy.options import MAX_LOSS
from kmc.utils.arguments import whole


class CurvePoint(NamedTuple):
    """A number of colours, with the MSE and the PSNR in dB of the quantized image."""

    k: int
    mse: float
    psnr: float


@overload
def curve(
    image: ImageInput,
    ks: Iterable[int],
    *,
    lossy: Iterable[int] | None = None,
    format: str,
    importance: ArrayLike | None = None,
    **options: Unpack[FitOptions],
) -> list[FilePoint]: ...


@overload
def curve(
    image: Histogram | ImageInput | Iterable[Histogram | ImageInput],
    ks: Iterable[int],
    *,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    **options: Unpack[FitOptions],
) -> list[CurvePoint]: ...


@takes_fit_options
def curve(
    image: Any,
    ks: Iterable[int],
    *,
    lossy: Iterable[int] | None = None,
    format: str | None = None,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    **options: Unpack[FitOptions],
) -> list[CurvePoint] | list[FilePoint]:
    """Compute the error, and with a format the bytes, for several numbers of palette colours.

    The image is read and counted only once. The errors are those of `kmc.quantize` with the same
    options and no dithering.

    Parameters
    ----------
    image
        One image or several, as for `kmc.fit`. With `format`, one image in memory.
    ks : iterable of int
        Numbers of colours, 1 to 65 536, in any order.
    lossy : iterable of int, optional
        With `format`, losses from 0 to 100, each for each of `ks`; by default 0 alone.
    format : str, optional
        Make the file in this format too, as `IndexedImage.to_bytes` writes it: ``"png"``,
        ``"kmc"``, ``"gif"``, or, without a loss, any other that keeps pixels as they are.
    init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, importance, image_weights,
    space
        As for `kmc.fit`; `init` must not be an array.
    deadline : float, optional
        Time limit in seconds. `ks` are fitted in their order; after the deadline the search ends,
        and the remaining ones get one iteration each. **Not reproducible:** the errors then depend
        on the speed of the machine.

    Returns
    -------
    list of CurvePoint or FilePoint
        ``(k, mse, psnr)`` for each of `ks`, in the order given: the MSE summed over the channels,
        in levels squared, and the PSNR in dB. With `format`, ``(k, lossy, mse, psnr, n_bytes,
        is_efficient)`` for each of `ks` with each of `lossy`. A point is efficient if no other of
        them is smaller without a larger error, or nearer without more bytes: these are the
        envelope, and all others are beaten.

    Raises
    ------
    ImageError
        The image cannot be read or has the wrong shape or type.
    ArgumentError, ArgumentTypeError
        An option is out of range, of the wrong type, or excludes another.
    OutOfMemoryError
        There is not enough memory.

    Notes
    -----
    ``space="oklab", weights="balanced"`` is the fit of `kmc.quantize` with ``look="best"``.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> for k, mse, psnr in kmc.curve(ramp, [2, 4, 256]):
    ...     print(f"{k:3} colours: MSE {mse:.1f}, PSNR {psnr:.1f} dB")
      2 colours: MSE 1365.5, PSNR 16.8 dB
      4 colours: MSE 341.5, PSNR 22.8 dB
    256 colours: MSE 0.0, PSNR inf dB
    >>> points = kmc.curve(ramp, [2, 16], lossy=[0, 30], format="kmc")
    >>> [(point.k, point.lossy, point.n_bytes) for point in points if point.is_efficient]
    [(2, 0, 28), (16, 0, 29)]
    """
    init = options.get("init", "k-means++")
    if not isinstance(init, str):
        raise ArgumentTypeError(
            f"init must be the name of an initialization for several k, not {init!r}"
        )
    numbers = _whole_numbers("ks", ks, 1, MAX_COLORS)
    losses = [0] if lossy is None else _whole_numbers("lossy", lossy, 0, MAX_LOSS)
    checked = checked_options(
        min(numbers, default=MAX_COLORS),
        options,
        importance=importance,
        image_weights=image_weights,
    )
    if format is not None:
        if image_weights is not None:
            raise ArgumentError("image_weights is for several images, and format for files of one")
        return file_points(image, numbers, losses, format, importance, checked)
    if lossy is not None:
        raise ArgumentError("lossy needs the format of the files: kmc, png or gif")
    points = {}
    with checked.watch():
        given = weighted_colors(image, importance, image_weights, checked.threads)
        problem = ClusteringProblem(given, checked)
        for k in dict.fromkeys(numbers):
            mse = problem.solve(k).error / given.n_pixels
            points[k] = CurvePoint(k, mse, psnr_of(mse, given.colors.shape[1]))
    return [points[k] for k in numbers]


def _whole_numbers(name: str, values: Iterable[int], least: int, most: int) -> list[int]:
    try:
        given = list(values)
    except TypeError:
        raise ArgumentTypeError(f"{name} must be integers, not {values!r}") from None
    return [whole(name, value, least, most) for value in given]
