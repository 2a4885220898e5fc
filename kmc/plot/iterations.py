"""Figures of pixels and centroids at the start and after each iteration of a fit."""

from __future__ import annotations

import errno
import io
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.options import FitOptions, checked_options, takes_fit_options
from kmc.clustering.problem import ClusteringProblem
from kmc.errors import ArgumentError, FileWriteError
from kmc.image_sets import colors_of_pixels
from kmc.images.reading import ImageInput, as_pixels
from kmc.indexed_image import Palette, fitted_palette
from kmc.plot.axes import DPI, unregistered_figure
from kmc.plot.color_space import SIZE, clusters
from kmc.utils import atomic_write as files
from kmc.utils.arguments import path_name
from kmc.utils.os_errors import writing

if TYPE_CHECKING:
    from kmc.clustering.options import Callback

# The software named in the files, by which figures of earlier calls are recognized.
SOFTWARE = "kmc.plot.steps"
HEAD = 128  # bytes of a file, in which the name stands


@takes_fit_options
def steps(
    image: ImageInput,
    k: int,
    folder: str | os.PathLike[str],
    *,
    n_pixels: int = 4000,
    callback: Callback | None = None,
    importance: ArrayLike | None = None,
    **options: Unpack[FitOptions],
) -> Palette:
    """Fit a palette, and write a figure of the pixels with the centroids after each iteration.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        The picture.
    k : int
        How many colours.
    folder : str or os.PathLike
        Where the figures go, each as `clusters` draws it: ``iteration-000.png`` of the centroids at
        the start, ``iteration-001.png`` and so on. Created if it does not exist. Figures of an
        earlier call are removed.
    n_pixels : int, default 4000
        How many pixels to draw at most.
    callback, importance, **options
        As for `kmc.fit`, but with a single run: ``n_init=1``.

    Returns
    -------
    Palette
        The same as that of `kmc.fit`. If it takes no iteration, its centroids are drawn as the
        start.

    Raises
    ------
    ImageError
        The picture cannot be read.
    ArgumentError, ArgumentTypeError
        An option is out of its range or of the wrong type.
    FileWriteError
        The folder cannot be created, or a figure cannot be written; or a file of that name exists
        that is not a figure of an earlier call.
    MissingPackageError
        Matplotlib is not installed.

    Examples
    --------
    >>> import kmc, numpy as np, os, tempfile
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     palette = kmc.plot.steps(photo, 4, folder, max_iter=2, tol=0)
    ...     sorted(os.listdir(folder))
    ['iteration-000.png', 'iteration-001.png', 'iteration-002.png']
    """
    if options.get("n_init", 1) != 1:
        raise ArgumentError("steps draws a single run: n_init must be 1")
    checked = checked_options(k, options, callback=callback, importance=importance)
    pixels = as_pixels(image)
    drawing = _Drawing(pixels, Path(path_name(folder, "folder")), n_pixels, callback)
    with checked.watch():
        given = colors_of_pixels(pixels, importance, checked.threads)
        observed = replace(checked, callback=drawing.step, on_start=drawing.begin)
        found = ClusteringProblem(given, observed).solve(k)
    if drawing.before is None:
        drawing.begin(found.centroids)
    return fitted_palette(found, checked.space)


def figures(folder: str | os.PathLike[str]) -> list[Path]:
    """The files in a folder with names of figures of `steps`, in order."""
    named = (path for path in Path(path_name(folder)).glob("iteration-*.png"))
    return sorted(
        (path for path in named if re.fullmatch(r"iteration-\d{3,}", path.stem)),
        key=lambda path: int(path.stem.removeprefix("iteration-")),
    )


class _Drawing:
    """The figures of one fit, drawn while it runs."""

    def __init__(
        self, pixels: NDArray[np.uint8], folder: Path, n_pixels: int, callback: Callback | None
    ) -> None:
        self.pixels, self.folder, self.n_pixels = pixels, folder, n_pixels
        self.callback = callback
        self.before: NDArray[np.float64] | None = None

    def begin(self, centroids: NDArray[np.float64]) -> None:
        """Draw the start, and then replace the figures of an earlier fit."""
        figure = self._figure(0, centroids)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileWriteError(f"{self.folder}: cannot be made: {error.strerror}") from error
        for path in figures(self.folder):
            _remove(path)
        self._write(0, figure)

    def step(
        self, iteration: int, centroids: NDArray[np.float64], inertia: float, shift: float
    ) -> Any:
        """Draw an iteration."""
        self._write(iteration, self._figure(iteration, centroids))
        return self.callback(iteration, centroids, inertia, shift) if self.callback else None

    def _figure(self, iteration: int, centroids: NDArray[np.float64]) -> bytes:
        """The PNG file of an iteration."""
        figure = unregistered_figure(SIZE)
        ax = figure.add_subplot(projection="3d")
        clusters(self.pixels, centroids, self.before, n_pixels=self.n_pixels, ax=ax)
        ax.set_title(f"iteration {iteration}" if iteration else "start")
        file = io.BytesIO()
        figure.savefig(file, dpi=DPI, metadata={"Software": SOFTWARE})
        self.before = centroids.copy()
        return file.getvalue()

    def _write(self, iteration: int, figure: bytes) -> None:
        path = self.folder / f"iteration-{iteration:03}.png"
        with writing(str(path)):
            files.replace(path, figure)


def _remove(figure: Path) -> None:
    try:
        if SOFTWARE.encode() not in figure.read_bytes()[:HEAD]:
            strange = FileWriteError(f"{figure}: exists already, and was not drawn by {SOFTWARE}")
            strange.errno = errno.EEXIST
            raise strange
        figure.unlink()
    except OSError as error:
        if isinstance(error, FileWriteError):
            raise
        raise FileWriteError(f"{figure}: cannot be replaced: {error.strerror}") from error
