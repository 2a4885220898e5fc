"""The exception tree: its shape, and that nothing but it comes out of wrong input."""

from __future__ import annotations

import inspect
import pickle
import re

import numpy as np
import pytest

import kmc
from kmc import core, errors

pytestmark = pytest.mark.once

BUILT_IN = {
    kmc.ArgumentError: ValueError,
    kmc.ArgumentTypeError: TypeError,
    kmc.ImageShapeError: ValueError,
    kmc.ImageTypeError: TypeError,
    kmc.ImageTooLargeError: ValueError,
    kmc.ImageReadError: OSError,
    kmc.ImageNotFoundError: FileNotFoundError,
    kmc.PaletteReadError: OSError,
    kmc.PaletteNotFoundError: FileNotFoundError,
    kmc.UnknownPaletteError: KeyError,
    kmc.QualityError: ValueError,
    kmc.FileWriteError: OSError,
    kmc.MissingPackageError: ImportError,
    kmc.ClusterError: RuntimeError,
    kmc.OutOfMemoryError: MemoryError,
}
KINDS = [getattr(errors, name) for name in errors.__all__]
ALL = [kind for kind in KINDS if not issubclass(kind, Warning)]


def test_all_is_complete():
    defined = [
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    ]
    assert sorted(defined) == errors.__all__


@pytest.mark.parametrize(("ours", "built_in"), BUILT_IN.items())
def test_each_is_also_the_built_in_one_expects(ours, built_in):
    with pytest.raises(built_in):
        raise ours("reason")


@pytest.mark.parametrize("error", ALL)
def test_one_root(error):
    assert issubclass(error, kmc.KmcError)
    assert getattr(kmc, error.__name__) is error
    if error.__name__.startswith("Image"):
        assert issubclass(error, kmc.ImageError)


def test_pictures_and_options_are_told_apart():
    assert not issubclass(kmc.ArgumentError, kmc.ImageError)
    assert not issubclass(kmc.ImageError, (ValueError, TypeError, OSError))
    assert issubclass(kmc.ImageNotFoundError, kmc.ImageReadError)


@pytest.mark.parametrize("error", ALL)
def test_they_travel_between_processes(error):
    again = pickle.loads(pickle.dumps(error("what went wrong")))
    assert type(again) is error
    assert str(again) == "what went wrong"


def test_the_drawing_is_the_tree():
    drawn = {}
    parents = []
    for line in errors.__doc__.split("::")[1].splitlines():
        found = re.match(r"([\s│├└─]*)(\w+Error)(?:\s+\((\w+)\))?", line)
        if not found:
            continue
        depth = (len(found[1]) - 4) // 4
        del parents[depth:]
        drawn[found[2]] = (parents[-1] if parents else "Exception", found[3])
        parents.append(found[2])
    assert sorted(drawn) == sorted(error.__name__ for error in ALL)
    for name, (parent, built_in) in drawn.items():
        bases = [base.__name__ for base in getattr(errors, name).__bases__]
        assert sorted(bases) == sorted([parent] + ([built_in] if built_in else []))


def test_too_little_memory_for_arrays_of_numpy(monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    palette = kmc.Palette(np.arange(99, dtype=np.uint8)[:, None])
    monkeypatch.setattr(core.colors, "histogram", fail)
    calls = [
        *(kmc.fit, kmc.quantize, kmc.histogram, kmc.dominant_colors, palette.remap),
        lambda image: kmc.curve(image, [2]),
    ]
    for call in calls:
        with pytest.raises(kmc.OutOfMemoryError, match="not enough memory for this picture"):
            call([[0, 255]])


class NoPath:
    """An ``os.PathLike`` that gives no path."""

    def __fspath__(self):
        return 5


@pytest.mark.parametrize("path", [NoPath(), None, 5, 1.5, [], object()])
def test_what_is_no_path(path):
    result = kmc.IndexedImage(np.zeros((2, 2), np.uint8), kmc.Palette([[7]]), 0.0)
    calls = [kmc.Palette.load, result.palette.save, result.save]
    if isinstance(path, NoPath):
        calls += [kmc.read, kmc.open, kmc.quantize, kmc.histogram]
    for call in calls:
        with pytest.raises(kmc.ArgumentTypeError, match="path"):
            call(path)


@pytest.mark.parametrize("name", [[], {}, None, 3, ("nord",), "pico-9"])
def test_what_is_no_palettes_name(name):
    assert name not in kmc.palettes
    for call in (kmc.palettes.__getitem__, kmc.palettes.about):
        with pytest.raises(kmc.UnknownPaletteError, match="no palette "):
            call(name)


def test_formats_of_palettes_are_named(tmp_path):
    (tmp_path / "p.aco").write_text("hello")
    with pytest.raises(kmc.ImageReadError, match=r"p\.aco: .* read from gpl, hex, json, txt, pal"):
        kmc.Palette.load(tmp_path / "p.aco")
    for name, words in (("p.xyz", "suffix '.xyz'"), ("p", "a name without a suffix")):
        with pytest.raises(kmc.ArgumentError, match=f"{words} is no format of palettes; .* gpl"):
            kmc.Palette([[1]]).save(tmp_path / name)
