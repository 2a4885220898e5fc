"""The centroids of a fit moving among the pixels: one figure for each iteration."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ArgumentError, ArgumentTypeError, FileWriteError
from kmc.fit import fit
from kmc.image import as_pixels
from kmc.plot.axes import lone_figure
from kmc.plot.clusters import SIZE, clusters
from kmc.replace import replace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kmc.image import ImageInput
    from kmc.options import Callback
    from kmc.palette import Palette

DPI = 150


def steps(
    image: ImageInput,
    k: int,
    folder: str | os.PathLike[str],
    *,
    n_pixels: int = 4000,
    callback: Callback | None = None,
    **options: Any,
) -> Palette:
    """Fit a palette, and write a figure of pixels and centroids after each iteration.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        The picture.
    k : int
        How many colours.
    folder : str or os.PathLike
        Where ``iteration-001.png``, ``iteration-002.png`` and so on go, each as `clusters` draws
        it; made if there is none. A palette that needs no iteration has no figure.
    n_pixels : int, default 4000
        How many pixels to draw at most.
    callback, **options
        As for `kmc.fit`, of which there may be only one run: ``n_init=1``.

    Returns
    -------
    Palette
        The one that `kmc.fit` finds.

    Raises
    ------
    ImageError
        The picture cannot be read.
    ArgumentError, ArgumentTypeError
        An option is out of its range or of the wrong type.
    FileWriteError
        The folder cannot be made, or a figure not be written.
    MissingPackageError
        Matplotlib is not installed.

    Examples
    --------
    >>> import kmc, numpy as np, os, tempfile
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     palette = kmc.plot.steps(photo, 4, folder, max_iter=2, tol=0)
    ...     sorted(os.listdir(folder))
    ['iteration-001.png', 'iteration-002.png']
    """
    if options.get("n_init", 1) != 1:
        raise ArgumentError("the steps of one run are drawn: n_init must be 1")
    pixels = as_pixels(image)
    target = _made(folder)
    before = options.get("init")
    if isinstance(before, str):
        before = None

    def draw(iteration: int, centroids: NDArray[np.float64], inertia: float, shift: float) -> Any:
        nonlocal before
        if iteration == 1 and before is not None:
            before = _start(before, centroids)
        figure = lone_figure(SIZE)
        ax = figure.add_subplot(projection="3d")
        clusters(pixels, centroids, before, n_pixels=n_pixels, ax=ax)
        ax.set_title(f"iteration {iteration}", y=0.97)
        _save(figure, target / f"iteration-{iteration:03}.png")
        before = centroids.copy()
        return callback(iteration, centroids, inertia, shift) if callback else None

    return fit(pixels, k, callback=draw, **options)


def _start(init: Any, centroids: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where all centroids were at first: fixed ones, which do not move, are not among `init`."""
    given = np.asarray(init, np.float64)
    start = centroids.copy()
    start[len(centroids) - len(given) :, : given.shape[1]] = given
    return start


def _made(folder: str | os.PathLike[str]) -> Path:
    if not isinstance(folder, str | os.PathLike):
        raise ArgumentTypeError(f"folder must be a path, not {type(folder).__name__}")
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileWriteError(f"{path}: cannot be made: {error.strerror}") from error
    return path


def _save(figure: Figure, path: Path) -> None:
    file = io.BytesIO()
    figure.savefig(file, dpi=DPI)
    try:
        replace(path, file.getvalue())
    except OSError as error:
        raise FileWriteError(f"{path}: cannot be written: {error.strerror}") from error
