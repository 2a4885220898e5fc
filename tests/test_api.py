"""The public face: names, signatures, docstrings with examples, and a light import."""

from __future__ import annotations

import inspect
import operator
import subprocess
import sys
from collections.abc import Mapping
from types import ModuleType

import pytest
from processes import loaded_by

import kmc
from kmc import errors

PUBLIC = [getattr(kmc, name) for name in kmc.__all__ if name != "__version__"]


def documented() -> list[object]:
    """Every public function, class and method."""
    found = []
    for value in PUBLIC:
        if isinstance(value, ModuleType):
            found += [getattr(value, name) for name in value.__all__]
            continue
        if isinstance(value, Mapping):
            value = type(value)
        found.append(value)
        if inspect.isclass(value):
            members = (member for name, member in vars(value).items() if not name.startswith("_"))
            found += [
                getattr(member, "__func__", member)
                for member in members
                if inspect.isfunction(member) or isinstance(member, staticmethod)
            ]
    return found


def name_of(value: object) -> str:
    value = value.fget if isinstance(value, property) else value
    return f"{value.__module__}.{value.__qualname__}"


def test_all_is_sorted_and_complete():
    assert kmc.__all__ == sorted(kmc.__all__)
    assert dir(kmc) == kmc.__all__
    assert {*errors.__all__, *kmc._MODULES, "__version__"} == set(kmc.__all__)


def test_no_other_name_is_there():
    with pytest.raises(AttributeError, match="module 'kmc' has no attribute 'quantise'"):
        kmc.quantise  # noqa: B018 (the asking is what is tested)


def test_a_star_import_gives_them_all():
    scope: dict[str, object] = {}
    exec("from kmc import *", scope)
    assert set(kmc.__all__) <= set(scope)


@pytest.mark.parametrize("first", ["", "kmc.fitting, ", "kmc.cli.main, "])
def test_functions_are_not_hidden_by_their_modules(first):
    """Whichever module is imported first."""
    script = (
        f"import {first}kmc; from types import ModuleType; "
        "print(*(name for name in dir(kmc) if isinstance(getattr(kmc, name), ModuleType)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.split() == [b"cpu", b"pillow", b"plot"]


DITHER = "dither=None, dither_strength=1.0"
LOOK = "look='plain'"
OWN = "callback=None, importance=None"
SHARED = (
    "init='k-means++', n_init=1, max_iter=300, tol=None, seed=0, "
    "weights='counts', effort='default', threads=None, fixed=None, space='rgb', deadline=None"
)
LOSS = "lossy=None, max_bytes=None, format=None"
GOALS = "psnr=None, max_mse=None, quality=None"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "quantize",
            f"image, k=256, *, {OWN}, {LOOK}, {DITHER}, {GOALS}, order=None, {LOSS}, {SHARED}",
        ),
        ("fit", f"image, k=256, *, {OWN}, image_weights=None, order=None, {SHARED}"),
        (
            "curve",
            f"image, ks, *, lossy=None, format=None, importance=None, image_weights=None, {SHARED}",
        ),
        ("plot.steps", f"image, k, folder, *, n_pixels=4000, {OWN}, {SHARED}"),
        ("histogram", "image, *, importance=None, threads=None"),
        ("rgb2ind", f"image, n=256, *, dither=None, {SHARED}"),
        ("ind2rgb", "indices, colormap"),
        ("compare", "first, second"),
        ("dominant_colors", f"image, n=5, *, merge=0.0, ignore=(), {SHARED}"),
        ("assign", "pixels, palette, *, return_sums=False, threads=None"),
        ("Palette.remap", f"self, image, *, {DITHER}, threads=None"),
        ("Palette.save", "self, path, format=None"),
        (
            "plot.clusters",
            "image, centroids, before=None, *, n_pixels=4000, color_by='pixel', ax=None",
        ),
        ("plot.curve", f"image, ks=None, *, psnr=30.0, importance=None, ax=None, {SHARED}"),
        (
            "plot.rate_distortion",
            f"image, ks=None, *, lossy=None, format=None, ax=None, {SHARED}",
        ),
        ("Histogram.to_bytes", "self"),
        ("Histogram.from_bytes", "data"),
        ("IndexedImage.save", "self, path, format=None, *, metadata=True, **params"),
        ("IndexedImage.to_pil", "self"),
        ("read", "image, *, frame=None, background=None, alpha_threshold=None"),
    ],
)
def test_signatures(name, expected):
    signature = inspect.signature(operator.attrgetter(name)(kmc))
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    assert str(inspect.Signature(plain)).strip("()") == expected


@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("quantize", [2], ["n_clusters", "image_weights"]),
        ("fit", [2], ["n_clusters", "psnr", "max_mse", "quality", "dither"]),
        ("curve", [[2]], ["n_clusters", "psnr", "callback", "order"]),
        ("plot.steps", [2, "folder"], ["n_clusters", "psnr", "image_weights", "order"]),
    ],
)
def test_options_that_there_are_not_are_refused(name, arguments, options):
    function = operator.attrgetter(name)(kmc)
    for option in options:
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{option}'"):
            function([[1, 2]], *arguments, **{option: None})


@pytest.mark.parametrize("value", documented(), ids=name_of)
def test_docstrings_have_examples(value):
    text = inspect.getdoc(value)
    assert text
    assert text.splitlines()[0].rstrip().endswith((".", ":", "?"))
    assert "Examples\n--------\n>>> " in text


@pytest.mark.parametrize("value", documented(), ids=name_of)
def test_everything_public_is_annotated(value):
    function = value.fget if isinstance(value, property) else value
    if inspect.isclass(function):
        function = function.__init__
        if function.__qualname__.split(".")[0] not in ("Palette", "Histogram", "IndexedImage"):
            return  # an exception, or a class whose constructor is checked by mypy alone
    signature = inspect.signature(function)
    assert signature.return_annotation is not signature.empty
    for name, parameter in signature.parameters.items():
        assert name == "self" or parameter.annotation is not parameter.empty


def test_import_is_light():
    assert not any(name.startswith("numpy") for name in loaded_by("import kmc"))
    ours = loaded_by("import kmc; kmc.quantize") - loaded_by("import numpy, PIL.Image")
    roots = {name.partition(".")[0] for name in ours}
    heavy = {"asyncio", "multiprocessing", "concurrent", "importlib_metadata", "email"}
    assert not roots & heavy
    foreign = {name for name in ours if not name.startswith("kmc")}
    assert len(foreign) < 12, sorted(foreign)
    one_library = {name for name in ours if name.startswith("kmc.core.")}
    assert len(ours - foreign - one_library) < 59, sorted(ours)


def test_the_program_starts_without_numpy_and_pillow():
    for start in ("sys.argv[0] = 'bin/kmc'", "sys.argv[0] = 'kmc.exe'"):
        found = loaded_by(f"{start}; import kmc.cli.main")
        assert not any(name.startswith(("numpy", "PIL")) for name in found)
    for start in (["-m", "kmc"], ["-mkmc"]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", *start, "--help"], capture_output=True, check=True
        )
        assert b" kmc.cli.main" in done.stderr
        assert b" numpy" not in done.stderr and b" PIL" not in done.stderr


def test_the_version_is_that_of_the_distribution():
    assert kmc.__version__.count(".") == 2
