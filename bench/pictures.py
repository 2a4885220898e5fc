"""The pictures a benchmark runs on: a folder, those inside installed packages, or a mosaic."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
# The photographs that these packages carry inside their wheels, so that nothing is downloaded.
PACKAGED = {
    "skimage": ("data", ("astronaut.png", "chelsea.png", "coffee.png", "retina.jpg", "rocket.jpg")),
    "sklearn": ("datasets/images", ("china.jpg", "flower.jpg")),
}
OWN_SAMPLE = Path(__file__).resolve().parent.parent / "examples" / "balloons.jpg"


@dataclass(frozen=True)
class Picture:
    """An RGB picture with its name."""

    name: str
    pixels: NDArray[np.uint8]  # (H, W, 3), contiguous

    @property
    def n_pixels(self) -> int:
        return int(self.pixels.shape[0]) * int(self.pixels.shape[1])

    @property
    def size(self) -> str:
        return f"{self.pixels.shape[1]}x{self.pixels.shape[0]}"

    @cached_property
    def distinct(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The distinct colours, (n, 3), and how many pixels have each."""
        wide = self.pixels.reshape(-1, 3).astype(np.uint32)
        packed = (wide[:, 0] << 16) | (wide[:, 1] << 8) | wide[:, 2]
        values, counts = np.unique(packed, return_counts=True)
        colors = np.stack([values >> 16, values >> 8 & 255, values & 255], axis=1)
        return colors.astype(np.float64), counts.astype(np.int64)

    @property
    def n_colors(self) -> int:
        return len(self.distinct[1])


def read(path: Path) -> Picture:
    """One file as RGB, by Pillow alone, so that no contender's own reader is trusted."""
    with Image.open(path) as image:
        return Picture(path.stem, np.ascontiguousarray(image.convert("RGB")))


def load(folder: Path | None = None) -> list[Picture]:
    """The pictures of a folder in order of their names; without one, the packaged ones."""
    if folder is not None:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    else:
        paths = packaged() or [OWN_SAMPLE]
    if not paths:
        raise SystemExit(f"no pictures in {folder}")
    return [read(path) for path in paths]


def packaged() -> list[Path]:
    """The photographs inside scikit-image and scikit-learn, as far as these are installed."""
    paths = []
    for package, (folder, names) in PACKAGED.items():
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            home = Path(spec.origin).parent / folder
            paths += [home / name for name in names if (home / name).exists()]
    return paths


def mosaic(pictures: Sequence[Picture], megapixels: float) -> Picture:
    """A large picture tiled from real ones, 3 wide to 2 high.

    Each further tile is flipped another way and made a few levels lighter or darker, so that the
    number of distinct colours grows with the size, as it does in photographs.
    """
    height = max(8, round((megapixels * 1e6 / 1.5) ** 0.5))
    width = max(8, round(megapixels * 1e6 / height))
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    tile_h = min(picture.pixels.shape[0] for picture in pictures)
    tile_w = min(picture.pixels.shape[1] for picture in pictures)
    random = np.random.default_rng(0)
    number = 0
    for top in range(0, height, tile_h):
        for left in range(0, width, tile_w):
            room = pixels[top : top + tile_h, left : left + tile_w]
            picture = pictures[number % len(pictures)]
            shift = int(random.integers(-4, 5)) if number >= len(pictures) else 0
            room[...] = tile(picture.pixels, room.shape, number // len(pictures), shift)
            number += 1
    return Picture(f"mosaic {megapixels:g} MP", pixels)


def tile(
    pixels: NDArray[np.uint8], shape: tuple[int, ...], turn: int, shift: int
) -> NDArray[np.uint8]:
    """One tile of a mosaic: flipped by `turn`, cut to `shape`, lighter by `shift` levels."""
    flipped = pixels[:: -1 if turn & 1 else 1, :: -1 if turn & 2 else 1]
    moved = flipped[: shape[0], : shape[1]].astype(np.int16) + shift
    return np.clip(moved, 0, 255).astype(np.uint8)
