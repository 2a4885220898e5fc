"""Every keyword of every public function: it changes the result, or is refused by name.

The keywords are taken from the signatures: one without a case here fails.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dask.array import Array, from_array
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

import kmc
from kmc.formats.registry import FORMATS

pytestmark = pytest.mark.once

RANDOM = np.random.default_rng(5)
PHOTO = RANDOM.integers(0, 256, (12, 16, 3), np.uint8)
OTHER = 255 - PHOTO
CLEAR = np.dstack((PHOTO, PHOTO[:, :, 0]))
MASK = RANDOM.integers(0, 9, (12, 16))
ROWS = PHOTO.reshape(-1, 3)
MODEL = kmc.ColorKMeans(4, init="random", n_init=1).fit(ROWS)
PILLOW = Image.fromarray(PHOTO)
PALETTE = kmc.Palette([(0, 0, 0), (250, 20, 30), (20, 200, 90), (255, 255, 255)])
RESULT = kmc.quantize(PHOTO, 4, init="random", max_iter=3, tol=0)
LAZY = kmc.quantize(from_array(PHOTO), 4)
METADATA = kmc.Metadata(dpi=(300.0, 300.0))
INDEXED = kmc.IndexedImage(RESULT.indices, RESULT.palette, 1.0, METADATA)
POINTS = kmc.curve(PHOTO, [2, 4])


def pages() -> bytes:
    """A file of two indexed pictures."""
    frames = [Image.fromarray(pixels).quantize(8) for pixels in (PHOTO, OTHER)]
    file = io.BytesIO()
    frames[0].save(file, "TIFF", save_all=True, append_images=frames[1:])
    return file.getvalue()


Arguments = dict[str, Any]

# Of each keyword another value than the default, and what else it needs.
FIT: dict[str, tuple[Arguments, Arguments]] = {
    "init": ({}, {"init": "random"}),
    "n_init": ({"init": "random"}, {"n_init": 5}),
    "max_iter": ({"init": "random"}, {"max_iter": 1}),
    "tol": ({"init": "random"}, {"tol": 900.0}),
    "seed": ({"init": "random"}, {"seed": 3}),
    "weights": ({"image": np.repeat(PHOTO, [1, 7] * 6, axis=0)}, {"weights": "uniform"}),
    "effort": ({"image": np.tile(PHOTO, (1, 1, 1))}, {"effort": "fast"}),
    "fixed": ({}, {"fixed": [(1, 2, 3)]}),
    "space": ({}, {"space": "oklab"}),
    "deadline": ({}, {"deadline": 1e-9}),
}
MASKED = {"importance": ({}, {"importance": MASK})}
WEIGHTED = {
    "X": ({}, {"X": OTHER.reshape(-1, 3)}),
    "sample_weight": ({}, {"sample_weight": np.arange(len(ROWS)) % 5}),
}
SHARED = {"image_weights": ({"image": [PHOTO, OTHER[:6]]}, {"image_weights": [1, 9]})}
ENCODED: dict[str, tuple[Arguments, Arguments]] = {
    "metadata": ({}, {"metadata": False}),
    "params": ({"format": "png"}, {"compress_level": 0}),
}

# The arguments of a call without further keywords, and the cases.
CASES: dict[str, tuple[Arguments, dict[str, tuple[Arguments, Arguments]]]] = {
    "quantize": (
        {"image": PHOTO, "k": 7},
        {
            **FIT,
            **MASKED,
            "image": ({}, {"image": OTHER}),
            "k": ({}, {"k": 6}),
            "look": ({}, {"look": "best"}),
            "dither": ({}, {"dither": "bayer"}),
            "dither_strength": ({"dither": "bayer"}, {"dither_strength": 0.4}),
            "psnr": ({}, {"psnr": 12.0}),
            "max_mse": ({}, {"max_mse": 12000.0}),
            "quality": ({}, {"quality": (10, 20)}),
            "order": ({}, {"order": "hue"}),
            "lossy": ({"format": "kmc", "lossy": 0}, {"lossy": 60}),
            "max_bytes": ({"format": "kmc", "lossy": 0}, {"lossy": None, "max_bytes": 110}),
            "format": ({"lossy": 60, "format": "kmc"}, {"format": None}),
        },
    ),
    "fit": (
        {"image": PHOTO, "k": 7},
        {
            **FIT,
            **MASKED,
            **SHARED,
            "image": ({}, {"image": OTHER}),
            "k": ({}, {"k": 6}),
            "order": ({}, {"order": "hue"}),
        },
    ),
    "curve": (
        {"image": PHOTO, "ks": [7]},
        {
            **FIT,
            **MASKED,
            **SHARED,
            "image": ({}, {"image": OTHER[:6]}),
            "ks": ({}, {"ks": [6]}),
            "lossy": ({"format": "png"}, {"lossy": [60]}),
            "format": ({}, {"format": "png"}),
        },
    ),
    "histogram": ({"image": PHOTO}, {**MASKED, "image": ({}, {"image": OTHER})}),
    "compare": ({"first": PHOTO, "second": RESULT}, {
        "first": ({}, {"first": np.asarray(RESULT)}), "second": ({}, {"second": PHOTO}),
    }),
    "read": ({"image": pages()}, {
        "image": ({"frame": 0}, {"image": PHOTO}), "frame": ({"frame": 0}, {"frame": 1}),
        "background": ({"image": CLEAR}, {"background": "#f80"}),
        "alpha_threshold": ({"image": CLEAR}, {"alpha_threshold": 99}),
    }),
    "open": ({"file": pages(), "frame": 0}, {
        "file": ({}, {"file": INDEXED.to_bytes("kmc")}),
        "frame": ({}, {"frame": 1}),
        "partial": ({}, {"partial": True}),
        "max_pixels": ({}, {"max_pixels": 100}),
        "max_memory": ({"file": INDEXED.to_bytes("kmc")}, {"max_memory": 10}),
    }),
    "assign": ({"pixels": PHOTO, "palette": PALETTE}, {
        "pixels": ({}, {"pixels": OTHER}),
        "palette": ({}, {"palette": RESULT.palette}),
        "return_sums": ({}, {"return_sums": True}),
    }),
    "plot.choices": (
        {"image": PHOTO, "ks": [7], "dithers": [None]},
        {
            **FIT,
            **MASKED,
            "image": ({}, {"image": OTHER[:6]}),
            "ks": ({}, {"ks": [6]}),
            "dithers": ({}, {"dithers": ["bayer"]}),
        },
    ),
    "plot.curve": (
        {"image": PHOTO, "ks": [5, 7]},
        {
            **FIT,
            **MASKED,
            "image": ({}, {"image": OTHER[:6]}),
            "ks": ({}, {"ks": [5, 6]}),
            "psnr": ({}, {"psnr": 12.0}),
        },
    ),
    "plot.rate_distortion": (
        {"image": PHOTO, "ks": [5, 7]},
        {
            **FIT,
            "image": ({}, {"image": OTHER[:6]}),
            "ks": ({}, {"ks": [5, 6]}),
            "lossy": ({}, {"lossy": [0, 70]}),
            "format": ({}, {"format": "kmc"}),
        },
    ),
    "plot.clusters": ({"image": PHOTO, "centroids": PALETTE}, {
        "image": ({}, {"image": OTHER[:6]}),
        "centroids": ({}, {"centroids": RESULT}),
        "before": ({}, {"before": RESULT.palette}),
        "n_pixels": ({}, {"n_pixels": 9}),
        "color_by": ({}, {"color_by": "cluster"}),
    }),
    "plot.history": ({"result": RESULT}, {
        "result": ({}, {"result": kmc.fit(PHOTO, 3, init="random")}),
    }),
    "plot.palette_bar": ({"palette": PALETTE}, {"palette": ({}, {"palette": RESULT})}),
    "plot.side_by_side": ({"original": PHOTO, "result": RESULT}, {
        "original": ({}, {"original": OTHER}), "result": ({}, {"result": kmc.quantize(PHOTO, 3)}),
    }),
    "plot.steps": (
        {"image": PHOTO, "k": 7, "folder": "steps"},
        {
            **FIT,
            **MASKED,
            "image": ({}, {"image": OTHER[:6]}),
            "k": ({}, {"k": 6}),
            "folder": ({}, {"folder": "others"}),
            "n_pixels": ({}, {"n_pixels": 9}),
        },
    ),
    "Palette": ({"colors": PALETTE.colors}, {
        "colors": ({}, {"colors": ["#f00", "#0f0", "#00f", "#fff"]}),
        "centroids": ({}, {"centroids": PALETTE.colors + 0.25}),
        "counts": ({}, {"counts": [1, 2, 3, 4]}),
        "inertia": ({}, {"inertia": 5.0}),
        "n_iter": ({}, {"n_iter": 5}),
        "converged": ({}, {"converged": False}),
        "history": ({}, {"history": [(5.0, 1.0)]}),
        "space": ({}, {"space": "lab"}),
    }),
    "Palette.load": ({"path": "a.hex"}, {"path": ({}, {"path": "b.hex"})}),
    "Palette.save": ({"self": PALETTE, "path": "c.hex"}, {
        "self": ({}, {"self": RESULT.palette}),
        "path": ({}, {"path": "c.gpl"}),
        "format": ({}, {"format": "gpl"}),
    }),
    "Palette.remap": ({"self": PALETTE, "image": PHOTO}, {
        "self": ({}, {"self": RESULT.palette}),
        "image": ({}, {"image": OTHER}),
        "dither": ({}, {"dither": "bayer"}),
        "dither_strength": ({"dither": "bayer"}, {"dither_strength": 0.4}),
    }),
    "IndexedImage": ({"indices": RESULT.indices, "palette": PALETTE, "mse": 1.0}, {
        "indices": ({}, {"indices": RESULT.indices[:5]}),
        "palette": ({}, {"palette": RESULT.palette}),
        "mse": ({}, {"mse": 2.0}),
        "metadata": ({}, {"metadata": METADATA}),
        "dither": ({}, {"dither": "bayer"}),
    }),
    "LazyIndexedImage": ({"indices": LAZY.indices, "palette": PALETTE, "mse": 1.0}, {
        "indices": ({}, {"indices": LAZY.indices[:5]}),
        "palette": ({}, {"palette": RESULT.palette}),
        "mse": ({}, {"mse": 2.0}),
        "dither": ({}, {"dither": "bayer"}),
    }),
    "LazyIndexedImage.compute": ({"self": LAZY}, {
        "self": ({}, {"self": kmc.quantize(from_array(PHOTO), 2)}),
    }),
    "IndexedImage.open": ({"file": pages(), "frame": 0}, {
        "file": ({}, {"file": INDEXED.to_bytes("kmc")}), "options": ({}, {"frame": 1}),
    }),
    "IndexedImage.save": ({"self": INDEXED, "path": "c.png"}, {
        **ENCODED,
        "self": ({}, {"self": RESULT}),
        "path": ({}, {"path": "d.png"}),
        "format": ({}, {"format": "gif"}),
    }),
    "IndexedImage.to_bytes": ({"self": INDEXED}, {
        **ENCODED, "self": ({}, {"self": RESULT}), "format": ({}, {"format": "gif"}),
    }),
    "IndexedImage.to_pil": ({"self": INDEXED}, {"self": ({}, {"self": kmc.quantize(PHOTO, 2)})}),
    "Histogram": ({"colors": [[1], [2]], "counts": [1, 2]}, {
        "colors": ({}, {"colors": [[1], [3]]}), "counts": ({}, {"counts": [1, 3]}),
    }),
    "Histogram.from_bytes": ({"data": kmc.histogram(PHOTO).to_bytes()}, {
        "data": ({}, {"data": kmc.histogram(OTHER).to_bytes()}),
    }),
    "Histogram.to_bytes": ({"self": kmc.histogram(PHOTO)}, {
        "self": ({}, {"self": kmc.histogram(OTHER)}),
    }),
    "Metadata": ({}, {
        "icc_profile": ({}, {"icc_profile": b"x"}),
        "dpi": ({}, {"dpi": (72.0, 72.0)}),
        "exif": ({}, {"exif": b"x"}),
        "xmp": ({}, {"xmp": b"x"}),
        "gamma": ({}, {"gamma": 1.0}),
        "chromaticity": ({}, {"chromaticity": (0.3,) * 8}),
        "cicp": ({}, {"cicp": (1, 13, 0, 1)}),
        "aspect": ({}, {"aspect": (1, 2)}),
        "text": ({}, {"text": (("Title", "a"),)}),
    }),
    "rgb2ind": ({"image": PHOTO, "n": 7}, {
        **FIT,
        "image": ({}, {"image": OTHER}),
        "n": ({}, {"n": 6}),
        "dither": ({}, {"dither": "bayer"}),
    }),
    "ind2rgb": ({"indices": [0, 1], "colormap": PALETTE.colors}, {
        "indices": ({}, {"indices": [1, 1]}),
        "colormap": ({}, {"colormap": RESULT.palette.colors}),
    }),
    "dominant_colors": ({"image": PHOTO, "n": 7}, {
        **FIT,
        "image": ({}, {"image": OTHER}),
        "n": ({}, {"n": 6}),
        "merge": ({}, {"merge": 60}),
        "ignore": ({"image": np.insert(PHOTO, 3, 99, axis=2)}, {"ignore": "transparent"}),
    }),
    "pillow.quantize": ({"im": PILLOW}, {
        "im": ({}, {"im": Image.fromarray(OTHER)}),
        "colors": ({}, {"colors": 7}),
        "method": ({"colors": 7}, {"method": 2}),
        "kmeans": ({}, {"kmeans": -1}),
        "palette": ({}, {"palette": PALETTE}),
        "dither": ({"colors": 7}, {"dither": "bayer"}),
    }),
    "ColorKMeans": ({"n_clusters": 7, "init": "random"}, {
        "n_clusters": ({}, {"n_clusters": 6}),
        "init": ({}, {"init": "bisecting"}),
        "n_init": ({}, {"n_init": 9}),
        "max_iter": ({}, {"max_iter": 1}),
        "tol": ({}, {"tol": 900.0}),
        "random_state": ({}, {"random_state": 3}),
        "effort": ({}, {"effort": "best"}),
    }),
    "ColorKMeans.fit": ({"self": MODEL, "X": ROWS}, {
        **WEIGHTED, "self": ({}, {"self": kmc.ColorKMeans(5)}),
    }),
    "ColorKMeans.fit_predict": ({"self": MODEL, "X": ROWS}, {
        **WEIGHTED, "self": ({}, {"self": kmc.ColorKMeans(5)}),
    }),
    "ColorKMeans.fit_transform": ({"self": MODEL, "X": ROWS}, {
        **WEIGHTED, "self": ({}, {"self": kmc.ColorKMeans(5)}),
    }),
    "ColorKMeans.predict": ({"self": MODEL, "X": ROWS}, {
        "self": ({}, {"self": kmc.ColorKMeans(5).fit(ROWS)}), "X": ({}, {"X": ROWS[:9]}),
    }),
    "ColorKMeans.transform": ({"self": MODEL, "X": ROWS}, {
        "self": ({}, {"self": kmc.ColorKMeans(5).fit(ROWS)}), "X": ({}, {"X": ROWS[:9]}),
    }),
    "ColorKMeans.score": ({"self": MODEL, "X": ROWS}, {
        **WEIGHTED, "self": ({}, {"self": kmc.ColorKMeans(5).fit(ROWS)}),
    }),
    "Picture": ({"pixels": PHOTO}, {
        "pixels": ({}, {"pixels": OTHER}),
        "metadata": ({}, {"metadata": METADATA}),
        "changes": ({}, {"changes": ("something",)}),
    }),
    "cpu.use": ({"name": "c"}, {"name": ({}, {"name": "pdp11"})}),
}  # fmt: skip

# Keywords that never change a result: what is wrong in them is refused by name.
INVISIBLE = {"threads": 0, "callback": "nothing", "ax": "nothing"}


def public() -> dict[str, Callable[..., Any]]:
    """Functions, constructors and methods, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for name in kmc.__all__:
        each = getattr(kmc, name)
        if inspect.isfunction(each):
            found[name] = each
        elif inspect.isclass(each) and not issubclass(each, BaseException):
            found[name] = each
            methods = inspect.getmembers(each, inspect.isfunction)
            ours = [(m, it) for m, it in methods if it.__module__.startswith("kmc.")]
            found |= {f"{name}.{m}": method for m, method in ours if not m.startswith("_")}
    for module in ("pillow", "plot", "cpu"):
        for name in getattr(kmc, module).__all__:
            found[f"{module}.{name}"] = getattr(getattr(kmc, module), name)
    return found


FUNCTIONS = public()
KEYWORDS = [
    (name, keyword)
    for name, function in FUNCTIONS.items()
    for keyword in inspect.signature(function).parameters
    if keyword != "y"  # which scikit-learn gives to all estimators, with or without targets
]


def content(value: Any) -> Any:
    """All that a result says, as something that can be compared."""
    if isinstance(value, kmc.Palette):
        names = ("colors", "centroids", "counts", "inertia", "n_iter", "converged", "history")
        return [content(getattr(value, name)) for name in (*names, "space")]
    if isinstance(value, kmc.LazyIndexedImage):
        return content(value.compute())
    if isinstance(value, Array):
        return content(value.compute())
    if isinstance(value, kmc.IndexedImage):
        parts = (value.indices, value.palette, value.mse, value.metadata, value.dither)
        return [content(part) for part in parts]
    if isinstance(value, kmc.ColorKMeans):
        value = value if hasattr(value, "labels_") else value.fit(ROWS)
        return [content(part) for part in (value.cluster_centers_, value.labels_, value.n_iter_)]
    if isinstance(value, kmc.Histogram):
        return value.to_bytes()
    if isinstance(value, kmc.Picture):
        return [content(value.pixels), value.metadata, value.changes]
    if isinstance(value, Axes):
        return [drawn(each) for each in value.figure.axes]
    if isinstance(value, Image.Image):
        return value.tobytes()
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype, value.tobytes()
    if isinstance(value, list | tuple):
        return [content(each) for each in value]
    return value


def drawn(axes: Axes) -> Any:
    points = [each._offsets3d for each in axes.collections if hasattr(each, "_offsets3d")]
    return (
        [line.get_xydata().tolist() for line in axes.lines],
        [image.get_array().tolist() for image in axes.images],
        [text.get_text() for text in axes.texts],
        [np.asarray(part).tolist() for each in points for part in each],
        [each.get_facecolor().tolist() for each in axes.collections],
    )


def observed(name: str, arguments: Arguments) -> Any:
    """The result of a call, and the files that it made; or the error."""
    function, arguments = FUNCTIONS[name], dict(arguments)
    before = set(Path().rglob("*"))
    try:
        positional = [arguments.pop("self")] if "self" in arguments else []
        result = content(function(*positional, **arguments))
    except kmc.KmcError as error:
        result = error
    finally:
        pyplot.close("all")
    made = {}
    for path in sorted(set(Path().rglob("*")) - before, reverse=True):
        if path.is_file():
            made[str(path)] = path.read_bytes()
            path.unlink()
        else:
            path.rmdir()
    return result, made


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PALETTE.save("a.hex")
    RESULT.palette.save("b.hex")

    def save_content(figure, target, **_):
        target.write(repr([drawn(each) for each in figure.axes]).encode())

    monkeypatch.setattr(Figure, "savefig", save_content)
    before = kmc.cpu.name()
    yield
    kmc.cpu.use(before)


@pytest.mark.parametrize(("name", "keyword"), KEYWORDS)
def test_a_keyword_changes_something_or_is_refused(name, keyword):
    base, cases = CASES[name]
    if keyword in INVISIBLE:
        result, _ = observed(name, base | {keyword: INVISIBLE[keyword]})
        assert isinstance(result, kmc.KmcError)
        assert keyword in str(result)
        return
    needs, changed = cases[keyword]
    plain, files = observed(name, base | needs)
    result, others = observed(name, base | needs | changed)
    if isinstance(result, kmc.KmcError) and not isinstance(plain, kmc.KmcError):
        named = {keyword, *map(str, changed), *map(str, changed.values())}
        assert any(each in str(result) for each in named)
    else:
        assert (result, others) != (plain, files)


# What takes Dask arrays, and the keyword that does.
LAZILY = {
    "quantize": "image", "fit": "image", "curve": "image", "histogram": "image",
    "Palette.remap": "image", "assign": "pixels", "dominant_colors": "image",
}  # fmt: skip


@pytest.mark.parametrize(("name", "keyword"), [each for each in KEYWORDS if each[0] in LAZILY])
def test_a_keyword_does_the_same_to_dask_arrays_or_is_refused(name, keyword):
    base, cases = CASES[name]
    needs, changed = cases.get(keyword, ({}, {keyword: 1 if keyword == "threads" else None}))
    arguments = base | needs | changed
    image = arguments[LAZILY[name]]
    lazy = (
        from_array(image, chunks=5)
        if isinstance(image, np.ndarray)
        else list(map(from_array, image))
    )
    expected, _ = observed(name, arguments)
    result, _ = observed(name, arguments | {LAZILY[name]: lazy})
    if isinstance(result, kmc.KmcError):
        named = {keyword, *map(str, changed), *map(str, changed.values())}
        assert any(each in str(result) for each in named)
        return
    if name == "Palette.remap":
        expected = expected[0]
    assert result == expected


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_unknown_parameters_of_encoders_are_refused(kind):
    file = io.BytesIO()
    with pytest.raises(kmc.ArgumentError, match=f"the encoder of {kind.name} has no .*'foo'"):
        RESULT.save(file, kind.name, foo=1)
    assert file.getvalue() == b""


PLUGINS = {"jpg": "Jpeg", "png": "Png", "gif": "Gif", "webp": "WebP", "tiff": "Tiff", "bmp": "Bmp",
           "avif": "Avif"}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind.name in PLUGINS],
                         ids=lambda kind: kind.name)  # fmt: skip
def test_parameters_of_encoders_are_those_of_pillow(kind):
    """Names that its plug-in never reads would be ignored."""
    module = f"PIL.{PLUGINS[kind.name]}ImagePlugin"
    source = inspect.getsource(__import__(module, fromlist=["_"]))
    for name in set(kind.parameters) - {"level", "threads"}:
        assert f'"{name}"' in source


def test_png_parameters_arrive():
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "a picture")
    assert b"a picture" in RESULT.to_bytes("png", pnginfo=text)
