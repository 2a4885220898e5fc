"""The public face: names, signatures, docstrings with examples, and a light import."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Mapping
from types import ModuleType

import pytest

import kmc
from kmc import errors

PUBLIC = [getattr(kmc, name) for name in kmc.__all__ if name != "__version__"]


def documented() -> list[object]:
    """Every public function, class, method and property."""
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
                if inspect.isfunction(member) or isinstance(member, property | staticmethod)
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


@pytest.mark.parametrize("first", ["", "kmc.clustering.fitting, ", "kmc.cli.main, "])
def test_functions_are_not_hidden_by_their_modules(first):
    """Whichever module is imported first."""
    script = (
        f"import {first}kmc; from types import ModuleType; "
        "print(*(name for name in dir(kmc) if isinstance(getattr(kmc, name), ModuleType)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.split() == [b"cpu", b"plot"]


DITHER = "dither=None, dither_strength=1.0"
FIT = (
    "k=256, *, init='k-means++', n_init=1, max_iter=300, tol=?, seed=0, "
    "weights='counts', effort='default', threads=None, callback=None, "
    "fixed=None, importance=None, space='rgb'"
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quantize", f"image, {FIT}, {DITHER}, psnr=None, max_mse=None, quality=None, order=None"),
        ("fit", f"image, {FIT}, image_weights=None, order=None"),
        ("histogram", "image, *, importance=None, threads=None"),
        ("assign", "pixels, palette, *, return_sums=False, threads=None"),
        ("Palette.remap", f"self, image, *, {DITHER}, threads=None"),
        ("Histogram.to_bytes", "self"),
        ("Histogram.from_bytes", "data"),
        ("IndexedImage.save", "self, path, format=None, *, metadata=True, **params"),
        ("IndexedImage.to_pil", "self"),
        ("read", "image, *, frame=None"),
    ],
)
def test_signatures(name, expected):
    value = kmc
    for part in name.split("."):
        value = getattr(value, part)
    signature = inspect.signature(value)
    plain = [
        parameter.replace(
            annotation=inspect.Parameter.empty,
            default="?" if parameter.name == "tol" else parameter.default,
        )
        for parameter in signature.parameters.values()
    ]
    text = str(inspect.Signature(plain)).strip("()").replace("tol='?'", "tol=?")
    assert text == expected


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
    hints = set(function.__annotations__)
    assert "return" in hints
    assert set(inspect.signature(function).parameters) - {"self"} <= hints


def loaded_by(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return set(done.stdout.decode().split())


def test_import_is_light():
    ours = loaded_by("import kmc; kmc.quantize") - loaded_by("import numpy")
    roots = {name.partition(".")[0] for name in ours}
    heavy = {"PIL", "asyncio", "multiprocessing", "concurrent", "importlib_metadata", "email"}
    assert not roots & heavy
    foreign = {name for name in ours if not name.startswith("kmc")}
    assert len(foreign) < 12, sorted(foreign)
    assert len(ours) < 60, sorted(ours)
    assert not any(name.startswith("numpy") for name in loaded_by("import kmc.cli.main"))


def test_arrays_need_no_pillow():
    statement = (
        "import kmc, numpy as np; "
        "np.asarray(kmc.quantize(np.zeros((4, 4, 3), np.uint8), 2)); "
        "kmc.histogram(np.zeros((4, 4), np.uint8))"
    )
    assert not any(name.startswith("PIL") for name in loaded_by(statement))


def test_the_version_is_that_of_the_distribution():
    assert kmc.__version__.count(".") == 2
