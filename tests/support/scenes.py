"""Pictures to test k-means on, made of whole numbers alone: the same on every machine."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def scattered(shape: tuple[int, ...], below: int, seed: int = 0) -> NDArray[np.int64]:
    """Numbers in [0, below) without a pattern, by hashing their places.

    >>> scattered((2, 3), 10).shape
    (2, 3)
    """
    z = np.arange(np.prod(shape), dtype=np.uint64) + np.uint64((seed * 0x9E3779B9 + 1) % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    z ^= z >> np.uint64(31)
    return (z % np.uint64(below)).astype(np.int64).reshape(shape)


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Pixels:
    """Nearly as many colours as pixels."""
    return scattered((height, width, channels), 256, seed).astype(np.uint8)


def gradient(height: int, width: int) -> Pixels:
    """Smooth, with many equal distances."""
    y, x = np.mgrid[0:height, 0:width]
    down, across = 255 * y // max(height - 1, 1), 255 * x // max(width - 1, 1)
    return np.stack((across, down, (across + down) // 2), axis=-1).astype(np.uint8)


def photo(height: int, width: int, seed: int = 0) -> Pixels:
    """Shaded balls of a few colours before a sky, with some grain."""
    y, x = np.mgrid[0:height, 0:width]
    y, x = 1024 * y // height, 1024 * x // width
    picture = np.stack((90 + y // 10, 130 + y // 16, 240 - y // 20), axis=-1)
    draws = scattered((7, 6), 1024, seed)
    for at_y, at_x, size, *color in draws.tolist():
        square = (80 + size // 4) ** 2
        distance = (y - at_y) ** 2 + (x - at_x) ** 2
        light = 40 + 210 * (square - distance).clip(0) // square
        ball = light[..., None] * (np.array(color) // 4) // 256
        picture = np.where((distance < square)[..., None], ball, picture)
    picture += scattered(picture.shape, 3, seed + 1) - 1
    return picture.clip(0, 255).astype(np.uint8)


def few(height: int, width: int, colors: int, seed: int = 0) -> Pixels:
    """Some colours, the first ones far more often than the last."""
    draws = scattered((height, width, 2), colors, seed)
    palette = noise(colors, 1, 3, seed + 1)[:, 0]
    return palette[draws.min(axis=-1)]


def dense(height: int, width: int, seed: int = 0) -> Pixels:
    """All colours within four levels of each other, two far ones apart: centroids round alike."""
    picture = 100 + scattered((height, width, 3), 4, seed)
    picture[0, 0], picture[-1, -1] = 0, 255
    return picture.astype(np.uint8)


def grey(picture: Pixels) -> Pixels:
    """One channel of a picture, (H, W)."""
    return np.ascontiguousarray(picture[..., 1])


def named_pictures() -> dict[str, Pixels]:
    """One small picture of each kind, in RGB and in grey."""
    made = {
        "photo": photo(60, 80),
        "noise": noise(40, 50),
        "gradient": gradient(33, 64),
        "few": few(30, 40, 90),
        "dense": dense(30, 40),
    }
    return made | {f"grey {name}": grey(made[name]) for name in ("photo", "noise", "gradient")}


NAMED = named_pictures()

_SIZES = (st.integers(1, 24), st.integers(1, 24))
_SEEDS = st.integers(0, 10**6)
_RGB = st.one_of(
    st.builds(noise, *_SIZES, st.just(3), _SEEDS),
    st.builds(gradient, *_SIZES),
    st.builds(photo, *_SIZES, _SEEDS),
    st.builds(few, *_SIZES, st.integers(1, 40), _SEEDS),
    st.builds(dense, *_SIZES, _SEEDS),
)

# Pictures of every kind from 1 x 1 to 24 x 24, (H, W, 3) or (H, W).
PICTURES = st.one_of(_RGB, _RGB.map(grey))


def soft(height: int, width: int, seed: int = 0) -> Pixels:
    """Balls with soft edges and a shadow, with noise where nothing is to be seen: (H, W, 4)."""
    y, x = np.mgrid[0:height, 0:width]
    y, x = 1024 * y // height, 1024 * x // width
    alpha = (150 - ((y - 600) ** 2 + (x - 520) ** 2) // 1200).clip(0, 120)  # the shadow
    color = np.zeros((height, width, 3), np.int64)
    for at_y, at_x, size, *shade in scattered((4, 6), 1024, seed).tolist():
        radius = 100 + size // 6
        square = radius**2 - (y - at_y) ** 2 - (x - at_x) ** 2
        cover = (square * 255 // (30 * radius)).clip(0, 255)[..., None]
        light = (80 + 175 * square.clip(0) // radius**2)[..., None] * np.array(shade) // 1023
        over = alpha[..., None] * (255 - cover) // 255
        total = cover + over
        color = (light * cover + color * over) // total.clip(1)
        alpha = total[..., 0]
    hidden = noise(height, width, 3, seed + 1)
    color = np.where(alpha[..., None] > 0, color, hidden)
    return np.concatenate((color, alpha[..., None]), axis=-1).astype(np.uint8)


def cutout(height: int, width: int) -> Pixels:
    """A photo, hard edges around it: each pixel is opaque or not there at all."""
    picture = photo(height, width)
    alpha = np.where(picture[..., 2] > 150, 0, 255).astype(np.uint8)
    return np.concatenate((picture, alpha[..., None]), axis=-1)


def veil(height: int, width: int) -> Pixels:
    """A photo behind glass: no pixel is opaque and none is fully transparent."""
    alpha = 1 + scattered((height, width, 1), 254, 9)
    return np.concatenate((photo(height, width), alpha), axis=-1).astype(np.uint8)


ALPHA = {
    "soft": soft(48, 60),
    "cutout": cutout(40, 50),
    "veil": veil(30, 40),
    "rgba noise": noise(30, 40, 4, 3),
}


def of_kind(kind: str, shape: tuple[int, int] = (90, 110), seed: int = 0) -> Pixels:
    """A picture of some hundred colours."""
    channels = {"grey": 1, "rgb": 3}.get(kind, 4)
    random = np.random.default_rng(seed)
    colors = random.integers(0, 256, (300, channels), np.uint8)
    if kind == "opaque":
        colors[:, 3] = 255
    return colors[random.integers(0, 300, shape)]
