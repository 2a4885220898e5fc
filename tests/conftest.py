"""Shared fixtures and settings: small deterministic pictures, palettes, Hypothesis."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from kmc_files import encode, with_metadata
from numpy.typing import NDArray
from shell import Kmc

import kmc
from kmc import core

# Child processes must import the same kmc as the tests, not the one in their working directory: a
# checkout has no compiled core unless it was built in place.
os.environ["PYTHONSAFEPATH"] = "1"
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(Path(kmc.__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
)

# Where there are no wheels of imagecodecs and zarr, the tests of files larger than memory stay out.
if find_spec("imagecodecs") is None or find_spec("zarr") is None:
    collect_ignore_glob = ["*rasters.py", "*cli_streaming.py", "*cli_cluster.py"]

# Draw figures without opening windows.
os.environ["MPLBACKEND"] = "Agg"

# A shell makes background processes ignore SIGINT, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)

# On a busy machine, loops would run on one thread, and tests of threads would test nothing.
core.run._assume_processors(1000)

settings.register_profile("kmc", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("kmc")


@pytest.fixture
def every_poll() -> Iterator[None]:
    """Makes every poll call the callbacks, however little time has passed."""
    before = core.run._look_every(0)
    yield
    core.run._look_every(before)


@pytest.fixture
def cli(capsysbinary: pytest.CaptureFixture[bytes]) -> Kmc:
    """Runs the program in this process."""
    return Kmc(capsysbinary)


@pytest.fixture(scope="session")
def photo() -> NDArray[np.uint8]:
    """A small picture with smooth shading, an edge and some grain: (48, 64, 3), read-only."""
    y, x = np.mgrid[0:48, 0:64]
    grain = np.random.default_rng(7).normal(0, 4, (48, 64, 3))
    shades = np.stack((x * 4, y * 5, 255 - x * 2 - y * 2), axis=-1) + grain
    shades[10:30, 20:44] = (200, 40, 60) + grain[10:30, 20:44]
    picture = shades.clip(0, 255).round().astype(np.uint8)
    picture.setflags(write=False)
    return picture


@pytest.fixture(scope="session")
def make_indexed() -> Callable[..., kmc.IndexedImage]:
    """Builds an indexed image of k arbitrary colours, unsorted and with a duplicate among them."""

    def build(
        k: int, channels: int = 3, shape: tuple[int, int] = (19, 23), seed: int = 0
    ) -> kmc.IndexedImage:
        random = np.random.default_rng(seed)
        colors = random.integers(0, 256, (k, channels), dtype=np.uint8)
        if k > 2:
            colors[k - 1] = colors[0]  # a file that merges equal entries would be caught
        indices = random.integers(0, k, shape).astype(np.uint8 if k <= 256 else np.uint16)
        counts = np.bincount(indices.reshape(-1), minlength=k)
        palette = kmc.Palette(
            colors,
            colors.astype(np.float64),
            counts,
            inertia=5.0,
            n_iter=3,
            converged=True,
            history=[(9.0, 4.0), (6.0, 1.0), (5.0, 0.0)],
        )
        return kmc.IndexedImage(indices, palette, 2.5)

    return build


@pytest.fixture(scope="session")
def sample() -> kmc.IndexedImage:
    """A small indexed image of 20 rows that has metadata."""
    return with_metadata()


@pytest.fixture(scope="session")
def sample_file(sample: kmc.IndexedImage) -> bytes:
    """The same image as a .kmc file."""
    return encode(sample)
