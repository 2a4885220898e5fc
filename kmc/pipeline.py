"""The whole pipeline: an image is read, counted, clustered and mapped to its palette."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.options import (
    Callback,
    FitOptions,
    Options,
    Weights,
    checked_options,
    takes_fit_options,
)
from kmc.clustering.problem import Clustering, ClusteringProblem
from kmc.clustering.targets import smallest_palette
from kmc.colors.quality import seen_error
from kmc.colors.spaces import SpaceName
from kmc.errors import ArgumentError, ImageTypeError, SizeError
from kmc.formats.palette_order import Indices, OrderName, checked_order, image_order, renumbered
from kmc.formats.png_compression import Plan
from kmc.formats.registry import file_size
from kmc.image_sets import colors_of_pixels, is_several
from kmc.images.arrays import LazyInput, dask_array
from kmc.images.reading import ImageInput, Picture, read
from kmc.indexed_image import IndexedImage, fitted_palette
from kmc.mapping.dithering import Dither, DitherName, checked_dither
from kmc.mapping.remapping import map_labels
from kmc.utils.arguments import one_of

if TYPE_CHECKING:
    from kmc.lazy_indexed_image import LazyIndexedImage
    from kmc.lossy.options import Request
    from kmc.lossy.path_search import Path, Place

LookName = Literal["plain", "best"]


class Look(NamedTuple):
    """What an image is quantized for: the space and weights of the fit, and the dithering."""

    space: SpaceName
    weights: Weights
    dither: DitherName | None


# "best" was chosen by SSIMULACRA2, bytes and by eye; src_c/README.md has the alternatives.
LOOKS: dict[LookName, Look] = {
    "plain": Look("rgb", "counts", None),
    "best": Look("oklab", "balanced", "adaptive"),
}


class QuantizeOptions(FitOptions, total=False):
    """The options of `quantize`."""

    callback: Callback | None
    importance: ArrayLike | None
    look: LookName
    dither: DitherName | Literal["none"] | None
    dither_strength: float
    psnr: float | None
    max_mse: float | None
    quality: tuple[float, float] | None
    order: OrderName | None
    lossy: int | Literal["auto"] | None
    max_bytes: int | None
    format: str | None


@overload
def quantize(
    image: LazyInput, k: int = 256, **options: Unpack[QuantizeOptions]
) -> LazyIndexedImage: ...


@overload
def quantize(
    image: ImageInput, k: int = 256, **options: Unpack[QuantizeOptions]
) -> IndexedImage: ...


@takes_fit_options
def quantize(
    image: Any,
    k: int = 256,
    *,
    callback: Callback | None = None,
    importance: ArrayLike | None = None,
    look: LookName = "plain",
    dither: DitherName | Literal["none"] | None = None,
    dither_strength: float = 1.0,
    psnr: float | None = None,
    max_mse: float | None = None,
    quality: tuple[float, float] | None = None,
    order: OrderName | None = None,
    lossy: int | Literal["auto"] | None = None,
    max_bytes: int | None = None,
    format: str | None = None,
    **options: Unpack[FitOptions],
) -> IndexedImage | LazyIndexedImage:
    """Reduce an image to its k best colours.

    k-means over every pixel finds the palette; then each pixel gets its nearest palette colour. The
    same image and options give the same palette and indices on every machine and any number of
    threads.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image, array_like or Dask array of uint8
        Arrays have shape (H, W) or (H, W, 1) for grey, (H, W, 3) for RGB or (H, W, 4) for RGBA with
        straight alpha. Files are turned upright as their EXIF orientation says.
    k : int, default 256
        Number of colours, 1 to 65 536. An image of at most k colours is returned unchanged, except
        that all fully transparent pixels become (0, 0, 0, 0).
    callback, importance, init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, space
        As for `kmc.fit`.
    deadline : float, optional
        As for `kmc.fit`. With a target, the result may then have more colours than necessary.
        **Not reproducible**: it depends on the speed of the machine.
    look : {"plain", "best"}, default "plain"
        ``"plain"`` is k-means in RGB without dithering, the lowest squared error. ``"best"`` is for
        images that people look at: by default, distances are measured in Oklab, weights are
        balanced, and the dithering is adaptive; `space`, `weights` and `dither` change each.
    dither : {None, "none", "adaptive", "floyd-steinberg", "atkinson", "bayer", "blue-noise"}
        By default as `look` says. Error diffusion passes the error of a pixel on to its neighbours
        [1]_ [2]_; ``"adaptive"`` does so by the weights of Floyd and Steinberg, but only where
        bands or shifts of colour would be seen: where the mean error of a small area stands out
        against the contrast there, or where a flat area of a drawing is off by more than 8 levels
        of the space. Ordered dithering mixes palette colours [5]_ by position, in a regular pattern
        [3]_ or by blue noise [4]_. Areas that the palette represents exactly stay as they are.
    dither_strength : float, default 1.0
        Share of the error that is compensated, 0 to 1, in steps of 1/256.
    psnr, max_mse : float, optional
        Use the smallest number of colours, `k` at most, whose PSNR in dB is at least `psnr`, or
        whose MSE, summed over the channels in 8-bit levels squared, is at most `max_mse`. Measured
        before dithering.
    quality : (float, float), optional
        Use the smallest number of colours that reaches the second value, or `k` colours if these
        reach the first, on a scale of 0 to 100 for what people see: 90 is hard to tell from the
        original, 50 plainly different. It is 100 - 8.6 r, where r is the root mean squared distance
        in Oklab before dithering, in 255ths of the lightness of white.
    order : {None, "luminance", "popularity", "hue", "compact"}, default None
        Order of the palette: that of the centroids; dark to light by luma; most pixels first; by
        hue, greys first; or whichever gives the smallest PNG file. `fixed` colours stay first,
        followed by those that are not opaque.
    lossy : int or "auto", optional
        Loss from 0 (none) to 100 for a smaller file in `format`: each pixel gets the entry for
        which the squared distance plus what its bits are worth is least, a bit being worth
        (lossy / 50)**2 times the mean squared distance of nearest entries. Squared distances exceed
        those by at most 8 times that; in other spaces than rgb, where errors count less in places
        that hide them, 128 times. Pixels that the palette represents exactly keep their
        entries. Then entries move to the means of what they got, but for `fixed` ones, and those
        that no pixel has are dropped; with ``effort="best"``, this is done up to four times. Not
        dithered. ``"auto"`` chooses the number of colours, `k` at most, and the loss together, so
        that the result reaches `psnr`, `max_mse` or `quality` in a file no larger than that of
        the fewest colours without a loss.
    max_bytes : int, optional
        Choose the number of colours, `k` at most, and the loss so that the file in `format`, as
        `IndexedImage.save` writes it by default, has at most so many bytes, and not many fewer.
    format : {"kmc", "png", "gif"}, optional
        The file format that `lossy` or `max_bytes` is for.

    Returns
    -------
    IndexedImage
        Of a Dask array, or an xarray.DataArray of one, a `LazyIndexedImage`: colours are counted
        now, by the Dask scheduler in use, and indices computed when needed.

    Raises
    ------
    ImageError
        The image cannot be read, or has the wrong shape or type.
    ArgumentError, ArgumentTypeError
        An option is out of range, of the wrong type, or excludes another.
    QualityError
        Even `k` colours miss the target; its attributes say what they reach.
    SizeError
        Not even two colours fit into `max_bytes`.
    OutOfMemoryError
        There is not enough memory.

    References
    ----------
    .. [1] R. W. Floyd and L. Steinberg, "An adaptive algorithm for spatial grey scale",
       Proceedings of the Society for Information Display 17 (2), 1976.
    .. [2] Bill Atkinson, for the Apple Macintosh, 1984.
    .. [3] B. E. Bayer, "An optimum method for two-level rendition of continuous-tone pictures",
       IEEE ICC 1973.
    .. [4] Robert Ulichney, "The void-and-cluster method for dither array generation", SPIE 1913,
       1993.
    .. [5] Thomas Knoll, US patent 6606166, 2003 (expired).

    Examples
    --------
    >>> import kmc, numpy as np
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> result = kmc.quantize(photo, 16)
    >>> result.indices.shape, result.palette.colors.shape
    ((30, 40), (16, 3))
    """
    one_of("look", look, tuple(LOOKS))
    chosen, request = LOOKS[look], _checked_request(lossy, max_bytes, format)
    options = {"space": chosen.space, "weights": chosen.weights, **options}
    checked = checked_options(
        k,
        options,
        callback=callback,
        importance=importance,
        psnr=psnr,
        max_mse=max_mse,
        quality=quality,
    )
    default = chosen.dither if request is None else None
    dithering = checked_dither(default if dither is None else dither, dither_strength)
    if request is not None:
        request.refuse_others(checked, {"dither": dithering, "importance": importance})
    sorting = checked_order(order)
    if is_several(image):
        raise ImageTypeError(
            "quantize takes one picture; one palette for several is "
            "palette = kmc.fit(pictures, k), then palette.remap(each)"
        )
    if dask_array(image) is not None:
        return _of_dask_array(image, request, importance, checked, dithering, sorting)
    with checked.watch():
        picture = read(image)
        problem, mapper = _posed(picture, importance, checked, dithering, sorting, request)
        if request is not None and request.max_bytes is not None:
            result = mapper.fitted_into(problem, request.max_bytes)
        elif request is not None and request.loss == "auto":
            result = mapper.reaching_goal(problem)
        else:
            found = problem.solve(checked.k) if checked.goal is None else smallest_palette(problem)
            del problem
            result = mapper.mapped(found, 0 if request is None else int(request.loss))
    palette = fitted_palette(result.found, checked.space)
    method = dithering.name if dithering else None
    made = IndexedImage(result.indices, palette, result.mse, picture.metadata, dither=method)
    return made._with_png_plan(result.plan)


def _checked_request(*options: Any) -> Request | None:
    if all(each is None for each in options):
        return None
    from kmc.lossy.options import checked_request  # loaded late: of no use without a loss

    return checked_request(*options)


class _Mapped(NamedTuple):
    """A palette with the indices of the pixels, their MSE, and how they compress best as PNG."""

    found: Clustering
    indices: Indices
    mse: float
    plan: Plan | None


class _Mapper(NamedTuple):
    """Maps one picture to palettes, as the options say."""

    picture: Picture
    colors: NDArray[np.uint8]
    places: NDArray[np.int16] | None  # the coordinates of the colours, where they are known
    options: Options
    dither: Dither | None
    order: str | None
    request: Request | None

    def mapped(self, found: Clustering, loss: int) -> _Mapped:
        """The picture in the colours of a clustering, with a loss from 0 to 100."""
        return self._sorted(self._chosen(found, loss))

    def reaching_goal(self, problem: ClusteringProblem) -> _Mapped:
        """The picture with colours and loss such that it reaches the goal in a small file.

        The fewest colours without a loss are smaller for some drawings.
        """
        from kmc.lossy.path_search import around_error  # loaded late: of no use without a loss

        goal, request, solve = self.options.goal, self.request, cache(problem.solve)
        assert goal is not None and request is not None
        by_quality = goal.measure == "quality"

        def make(place: Place) -> tuple[_Mapped, float]:
            made = self._chosen(solve(place.k), place.loss)
            return made, self._seen(made) if by_quality else made.mse

        plain = self.mapped(smallest_palette(problem), 0)
        before = around_error(make, self._path(), goal.limits(self.colors.shape[1])[0]).before
        made = [plain] if before is None else [plain, self._sorted(before.made)]
        held = [each for each in made if not request.format.alpha_problem(each.found.colors)]
        return min(held, key=self._size, default=plain)

    def fitted_into(self, problem: ClusteringProblem, max_bytes: int) -> _Mapped:
        """The picture with colours and loss such that its file has at most `max_bytes`."""
        from kmc.lossy.path_search import around_size  # loaded late: of no use without a size

        solve = cache(problem.solve)

        def make(place: Place) -> tuple[_Mapped, int]:
            made = self.mapped(solve(place.k), place.loss)
            return made, self._size(made)

        before, behind = around_size(make, self._path(), max_bytes)
        if behind is None:
            assert before is not None
            size = int(before.value)
            raise SizeError(
                f"this picture takes at least {size} bytes, more than the {max_bytes} allowed", size
            )
        return behind.made

    def _size(self, made: _Mapped) -> int:
        """The number of bytes of the file."""
        assert self.request is not None
        colors, kind, threads = made.found.colors, self.request.format, self.options.threads
        return file_size(made.indices, colors, self.picture.metadata, kind, threads, made.plan)

    def _path(self) -> Path:
        from kmc.lossy.path_search import Path  # loaded late: of no use without a loss

        n_fixed = self.options.n_fixed
        most = min(self.options.k, len(self.colors) + n_fixed)
        return Path(most, min(most, max(n_fixed + 1, 2)))

    def _chosen(self, found: Clustering, loss: int) -> _Mapped:
        """As `mapped`, before the palette is sorted."""
        options, pixels = self.options, self.picture.pixels
        indices, error = map_labels(
            pixels,
            self.colors,
            found.labels,
            found.error,
            found.colors,
            options.space,
            self.dither,
            options.threads,
            self.places,
        )
        if self.request is not None and loss:
            from kmc.lossy.choice import with_loss  # loaded late: of no use without a loss

            format = self.request.format.name
            found, indices, error = with_loss(found, indices, pixels, options, loss, format)
        return _Mapped(found, indices, error / indices.size, None)

    def _sorted(self, made: _Mapped) -> _Mapped:
        """The palette and indices in the order of the options."""
        if self.order is None:
            return made
        is_dithered = self.dither is not None
        found, indices, plan = _ordered(
            made.found, made.indices, self.order, self.options, is_dithered
        )
        return _Mapped(found, indices, made.mse, plan)

    def _seen(self, made: _Mapped) -> float:
        """The mean squared distance that a quality limits."""
        n, channels = made.indices.size, self.colors.shape[1]
        pixels, once = self.picture.pixels.reshape(n, channels), np.broadcast_to(np.int64(1), n)
        return seen_error(pixels, once, made.found.colors, made.indices.reshape(n)) / n


def _posed(
    picture: Picture,
    importance: ArrayLike | None,
    options: Options,
    dither: Dither | None,
    order: str | None,
    request: Request | None,
) -> tuple[ClusteringProblem, _Mapper]:
    """The clustering problem of a picture, and what maps the picture to a solution."""
    given = colors_of_pixels(picture.pixels, importance, options.threads)
    problem = ClusteringProblem(given, options)
    places = problem.places_of(given.colors)
    return problem, _Mapper(picture, given.colors, places, options, dither, order, request)


def _of_dask_array(image: Any, request: Request | None, *checked: Any) -> LazyIndexedImage:
    if request is not None:
        raise ArgumentError("lossy and max_bytes need an image in memory, not a Dask array")
    from kmc.lazy_indexed_image import quantized_later  # loaded late: of no use for other arrays

    return quantized_later(image, *checked)


def _ordered(
    found: Clustering, indices: Indices, order: str, checked: Options, is_dithered: bool
) -> tuple[Clustering, Indices, Plan | None]:
    """Palette and indices in an order, and how they compress best as PNG, if that was tried."""
    counts = found.counts
    if is_dithered:  # which chooses other colours than the nearest ones
        counts = np.bincount(indices.ravel(), minlength=len(counts))
    entries, plan = image_order(
        indices, found.colors, counts, order, checked.n_fixed, checked.threads
    )
    return found.reordered(entries), renumbered(indices, entries), plan
