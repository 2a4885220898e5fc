"""Digests of results that must not change unintentionally, and the table of them.

Where a change is meant to alter results, ``python tests/support/golden.py >
tests/support/golden.txt`` writes the table anew; the changelog says so. Cases under ``lloyd/``
depend on no seeding and no search, only on arithmetic: of these, none should ever change.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scenes import ALPHA, NAMED, few, noise, scattered

import kmc

TABLE = Path(__file__).with_name("golden.txt")
LARGE = {"large noise": noise(260, 260), "large grey": noise(300, 300, 1, 5)[..., 0]}
PICTURES = {**NAMED, **LARGE, **ALPHA, "some": few(40, 40, 400)}

Case = tuple[str, dict[str, Any]]


def start_for(picture: NDArray[np.uint8], k: int) -> NDArray[np.float64]:
    """k starting colours between levels, some of them twice.

    >>> start_for(np.zeros((2, 2), np.uint8), 3).shape
    (3, 1)
    """
    channels = picture.shape[2] if picture.ndim == 3 else 1
    start = scattered((k, channels), 1020, k) / 4
    start[k // 2 :: 5] = start[0]
    return start


def lloyd_cases() -> Iterator[tuple[str, Case]]:
    """Given centroids, and such drawn at random, iterated a fixed number of times."""
    for name, k in itertools.product(NAMED, (2, 7, 16, 33)):
        options = {"k": k, "init": start_for(NAMED[name], k), "max_iter": 11, "tol": 0}
        yield f"lloyd/array/{name}/{k}", (name, options)
    for name, k in itertools.product(("photo", "few", "grey photo"), (3, 16, 80)):
        options = {"k": k, "init": "random", "max_iter": 7, "tol": 0, "seed": k}
        yield f"lloyd/random/{name}/{k}", (name, options)
    for k in (256, 300):
        options = {"k": k, "init": start_for(NAMED["photo"], k), "max_iter": 4, "tol": 0}
        yield f"lloyd/array/photo/{k}", ("photo", options)
    uniform = {"init": start_for(NAMED["few"], 9), "weights": "uniform", "max_iter": 9, "tol": 0.5}
    yield "lloyd/uniform/few/9", ("few", {"k": 9, **uniform})
    for name in LARGE:
        options = {"k": 40, "init": start_for(LARGE[name], 40), "max_iter": 3, "tol": 0}
        yield f"lloyd/array/{name}/40", (name, options)


def effort_cases() -> Iterator[tuple[str, Case]]:
    """Every seeding with every effort, as users call them."""
    for init, effort in itertools.product(("k-means++", "bisecting"), ("fast", "default", "best")):
        for name, k in (("photo", 8), ("some", 16), ("grey photo", 12)):
            options = {"k": k, "init": init, "effort": effort, "seed": 3}
            yield f"{effort}/{init}/{name}/{k}", (name, options)
    for effort, name, k in itertools.product(("fast", "default"), ("dense", "gradient"), (20, 50)):
        yield f"{effort}/k-means++/{name}/{k}", (name, {"k": k, "effort": effort})
    for k in (2, 64, 256, 300):
        yield f"default/k-means++/photo/{k}", ("photo", {"k": k})
    yield "default/n_init/noise/10", ("noise", {"k": 10, "n_init": 3})
    yield "default/uniform/some/24", ("some", {"k": 24, "weights": "uniform"})
    yield "best/random/few/10", ("few", {"k": 10, "init": "random", "effort": "best"})
    yield "default/k-means++/large noise/30", ("large noise", {"k": 30, "tol": 5})


def craft_cases() -> Iterator[tuple[str, Case]]:
    """Inputs other than pixels: importance, fixed colours, quality targets."""
    fixed = [(255, 255, 255), (0, 0, 0), (90, 130, 240)]
    yield (
        "lloyd/fixed/photo/20",
        (
            "photo",
            {
                "k": 20,
                "fixed": fixed,
                "init": start_for(NAMED["photo"], 17),
                "max_iter": 9,
                "tol": 0,
            },
        ),
    )
    for effort, k in itertools.product(("fast", "default", "best"), (4, 24)):
        yield f"{effort}/fixed/photo/{k}", ("photo", {"k": k, "fixed": fixed, "effort": effort})
    for name, psnr in (("photo", 26), ("photo", 33), ("grey noise", 35)):
        yield f"default/psnr/{name}/{psnr}", (name, {"k": 256, "psnr": psnr})
    for name, top in (("photo", 3), ("grey photo", 1000)):
        importance = scattered(PICTURES[name].shape[:2], top, 8) / 999
        yield f"importance/{name}/12", (name, {"k": 12, "importance": importance})


def space_cases() -> Iterator[tuple[str, Case]]:
    """Colour spaces and alpha, from given centroids and as users call them."""
    for space, (name, k) in itertools.product(
        ("rgb", "linear", "oklab", "lab"), (("photo", 20), ("soft", 12), ("grey photo", 7))
    ):
        start = start_for(PICTURES[name], k)
        options = {"k": k, "space": space, "init": start, "max_iter": 5, "tol": 0}
        yield f"space/{space}/array/{name}/{k}", (name, options)
        yield f"space/{space}/k-means++/{name}/{k}", (name, {"k": k, "space": space})
    for name, k in itertools.product(ALPHA, (2, 40, 300)):
        yield f"default/k-means++/{name}/{k}", (name, {"k": k})
    for k in (3, 50, 128):
        yield f"default/k-means++/grey noise/{k}", ("grey noise", {"k": k})


def dither_cases() -> Iterator[tuple[str, Case]]:
    """Every dithering, from given centroids that hardly move."""
    for dither, (name, k) in itertools.product(
        ("adaptive", "floyd-steinberg", "atkinson", "bayer", "blue-noise"),
        (("photo", 5), ("gradient", 16), ("grey gradient", 4), ("large noise", 33)),
    ):
        start = start_for(PICTURES[name], k)
        options = {"k": k, "init": start, "max_iter": 2, "tol": 0, "dither": dither}
        yield f"dither/{dither}/{name}/{k}", (name, options)
    for name, k in itertools.product(("photo", "gradient", "soft"), (5, 60)):
        yield f"look/best/{name}/{k}", (name, {"k": k, "look": "best"})


CASES: dict[str, Case] = dict(
    [*lloyd_cases(), *effort_cases(), *craft_cases(), *space_cases(), *dither_cases()]
)


def digest(case: str, threads: int | None = None) -> str:
    """The digest of the indices and the palette of a case, with its centroids."""
    name, options = CASES[case]
    result = kmc.quantize(PICTURES[name], threads=threads, **options)
    found = hashlib.sha256()
    for array, dtype in (
        (result.indices, "<u2"),
        (result.palette.colors, "u1"),
        (result.palette.centroids, "<f8"),
        (result.palette.counts, "<i8"),
    ):
        found.update(array.astype(dtype).tobytes())
    return found.hexdigest()[:40]


def table() -> dict[str, str]:
    """The digest of each case as it was written down."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return {case: known for known, _, case in (line.partition("  ") for line in lines)}


if __name__ == "__main__":
    for case in CASES:
        print(f"{digest(case)}  {case}")
