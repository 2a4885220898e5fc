"""What users write, with the types they are told: read by mypy in test_typing.py, never run."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Protocol, assert_type

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image

import kmc

Colors = NDArray[np.uint8]
Indices = NDArray[np.uint8] | NDArray[np.uint16]


def every_kind_of_picture(pixels: Colors, picture: Image.Image, data: bytes) -> None:
    for image in (pixels, picture, data, "in.png", Path("in.png"), BytesIO(data)):
        assert_type(kmc.quantize(image, 16), kmc.IndexedImage)


class Lazy(Protocol):
    """A Dask array, without its package."""

    def __dask_graph__(self) -> dict[str, object]: ...


def a_dask_array(image: Lazy, palette: kmc.Palette) -> None:
    assert_type(kmc.quantize(image, 16, dither="bayer"), kmc.LazyIndexedImage)
    assert_type(kmc.quantize(image, 16).compute(), kmc.IndexedImage)
    palette.remap(image, dither="bayer").to_zarr("labels.zarr")
    kmc.assign(image, palette).to_zarr("labels.zarr")


def an_order(pixels: Colors) -> None:
    assert_type(kmc.quantize(pixels, 16, order="compact"), kmc.IndexedImage)
    assert_type(kmc.fit(pixels, 16, order="hue"), kmc.Palette)


def a_frame(path: Path) -> None:
    picture = kmc.read(path, frame=3)
    assert_type(picture, kmc.Picture)
    assert_type(picture.pixels, Colors)
    assert_type(kmc.quantize(picture, 16), kmc.IndexedImage)


def an_indexed_picture(result: kmc.IndexedImage) -> None:
    assert_type(result.indices, Indices)
    assert_type(result.palette, kmc.Palette)
    assert_type(result.shape, tuple[int, ...])
    assert_type(result.mse, float)
    assert_type(result.psnr, float)
    assert_type(result.inertia, float)
    assert_type(result.n_iter, int)
    assert_type(result.converged, bool)
    assert_type(result.to_pil(), Image.Image)
    result.save("out.png")
    result.save(Path("out.gif"))
    result.save(BytesIO(), format="png", metadata=False)
    assert_type(result.metadata, kmc.Metadata | None)
    np.asarray(result)


def a_kmc_file(result: kmc.IndexedImage, data: bytes) -> None:
    result.save("out.kmc", level=9)
    for file in ("out.kmc", Path("out.kmc"), BytesIO(data), data):
        assert_type(kmc.open(file), kmc.IndexedImage)
    assert_type(kmc.open(data, partial=True, max_memory=1 << 24, threads=2), kmc.IndexedImage)


def a_palette(pixels: Colors) -> None:
    palette = kmc.fit(pixels, 16)
    assert_type(palette, kmc.Palette)
    assert_type(palette.colors, Colors)
    assert_type(palette.centroids, NDArray[np.float64])
    assert_type(palette.counts, NDArray[np.int64])
    assert_type(len(palette), int)
    assert_type(palette.remap(pixels), kmc.IndexedImage)
    assert_type(palette.remap(pixels, dither="bayer", dither_strength=0.5), kmc.IndexedImage)
    assert_type(kmc.assign(pixels, palette), Indices)
    assert_type(kmc.assign(pixels, palette.colors, threads=1), Indices)
    _, counts, sums = kmc.assign(pixels, palette, return_sums=True)
    assert_type((counts, sums), tuple[NDArray[np.int64], NDArray[np.int64]])


def histograms(pixels: Colors) -> None:
    histogram = kmc.histogram(pixels, threads=2)
    assert_type(histogram + histogram, kmc.Histogram)
    assert_type(histogram.colors, Colors)
    assert_type(histogram.counts, NDArray[np.int64])
    assert_type(histogram.n_pixels, int)
    assert_type(histogram.to_bytes(), bytes)
    assert_type(kmc.Histogram.from_bytes(histogram.to_bytes()), kmc.Histogram)
    assert_type(kmc.fit(histogram, 4), kmc.Palette)


def other_interfaces(pixels: Colors, picture: Image.Image) -> None:
    rows = pixels.reshape(-1, 3)
    model = kmc.ColorKMeans(8, effort="fast").fit(rows, sample_weight=[1.0] * len(rows))
    assert_type(model, kmc.ColorKMeans)
    assert_type(model.cluster_centers_, NDArray[np.float64])
    assert_type(model.labels_, NDArray[np.int32])
    assert_type(model.predict(rows), NDArray[np.int32])
    assert_type(model.fit_transform(rows), NDArray[np.float64])
    assert_type(model.score(rows), float)
    assert_type(kmc.dominant_colors(pixels, 3), list[tuple[tuple[int, ...], float]])
    kmc.dominant_colors([pixels, "a.png"], ignore="white", merge=10, space="oklab")
    kmc.dominant_colors(pixels, ignore=["white", "transparent"])
    indices, colormap = kmc.rgb2ind(picture, 16, dither="bayer", effort="best")
    assert_type(indices, Indices)
    assert_type(colormap, NDArray[np.float64])
    assert_type(kmc.ind2rgb(indices, colormap), NDArray[np.float64] | Colors)
    assert_type(kmc.pillow.quantize(picture, 16), Image.Image)
    for palette in ([0, 0, 0], b"abc", [(1, 2, 3)], ["#fff"], kmc.Palette([[0]]), picture, pixels):
        kmc.pillow.quantize(picture, palette=palette, dither="atkinson")
    kmc.dominant_colors(pixels, ignore="black")  # type: ignore[arg-type]
    kmc.ColorKMeans(algorithm="lloyd")  # type: ignore[call-arg]


def every_option(pixels: Colors, starts: NDArray[np.float64]) -> None:
    def watch(iteration: int, centroids: NDArray[np.float64], inertia: float, shift: float) -> bool:
        return iteration < 3

    kmc.quantize(pixels, 8, init="bisecting", n_init=1, max_iter=10, tol=0.0, seed=1)
    kmc.quantize(pixels, 8, init=starts, weights="uniform", effort="fast", threads=1)
    kmc.quantize(pixels, 8, callback=watch)
    kmc.quantize(pixels, 8, importance=starts, fixed=[(255, 255, 255)])
    kmc.fit(pixels, 8, fixed=kmc.fit(pixels, 4))
    kmc.quantize(pixels, psnr=38, fixed=kmc.palettes["cga"])
    kmc.Palette.load("a.gpl").save(Path("b.png"))
    kmc.quantize(pixels, quality=(60, 80.5))
    assert_type(kmc.curve(pixels, [2, 4])[0].mse, float)
    assert_type(kmc.curve(pixels, [2, 4], format="png", lossy=range(9))[0].n_bytes, int)
    kmc.fit(["a.png", pixels, kmc.histogram(pixels)], 8, image_weights=[1, 2, 0.5])
    kmc.fit(Path("pictures").glob("*.png"))
    kmc.histogram(pixels, importance=[[True, False]])
    kmc.quantize(pixels, 8, effort="quick")  # type: ignore[call-overload]
    kmc.quantize(pixels, 8, weights="pixels")  # type: ignore[call-overload]
    kmc.quantize(pixels, 8, "bisecting")  # type: ignore[call-overload]
    kmc.quantize(pixels, 8, efort="fast")  # type: ignore[call-overload]
    kmc.fit(pixels, 8, psnr=38)  # type: ignore[call-arg]


def the_processor() -> None:
    assert_type(kmc.cpu.name(), str)
    assert_type(kmc.cpu.threads(), int)
    names: Sequence[str] = kmc.cpu.available()
    with kmc.cpu.use(names[0]):
        pass


def errors() -> None:
    try:
        kmc.quantize("missing.png")
    except kmc.KmcError as error:
        assert_type(error, kmc.KmcError)


def figures(pixels: Colors, result: kmc.IndexedImage, ax: Axes) -> None:
    assert_type(kmc.plot.side_by_side(pixels, result), Axes)
    assert_type(kmc.plot.palette_bar(result.palette, ax=ax), Axes)
    assert_type(kmc.plot.clusters(pixels, result, before=[[0, 0, 0]], n_pixels=10), Axes)
    assert_type(kmc.plot.history(result), Axes)
    assert_type(kmc.plot.curve(pixels, range(2, 9)), Axes)
    assert_type(kmc.plot.rate_distortion(pixels, range(2, 9), lossy=[0, 20]), Axes)
    points = kmc.curve(pixels, [2, 4], format="png")
    assert_type(kmc.plot.rate_distortion(points), Axes)
    assert_type(kmc.plot.steps(pixels, 4, "steps", init="random", max_iter=9), kmc.Palette)
