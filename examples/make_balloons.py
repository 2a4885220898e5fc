"""Paints examples/balloons.jpg: hot-air balloons over misty hills on a summer evening.

The picture is made up from start to end, so that the project owns every pixel of it: gradients,
lattice noise and shaded surfaces of revolution, in NumPy and Pillow. It is deterministic.

    python examples/make_balloons.py [OUT.jpg]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Plane = NDArray[np.float64]  # (H, W): a height, a mask, a noise
Picture = NDArray[np.float64]  # (H, W, 3): light, about 0 to 1

WIDTH, HEIGHT = 1200, 800
HORIZON = 560.0
SUN = (905.0, 512.0)
CLOUDS = (1200, 7200)  # where in the field of clouds the picture was taken
SUPERSAMPLING = 3
QUALITY = 92


def color(text: str) -> Picture:
    """A colour like ``"ff8800"`` as light."""
    return np.array([int(text[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0


def mix(a: Picture, b: Picture, share: Plane | float) -> Picture:
    """From `a` to `b`, as far as `share` says."""
    weight = np.asarray(share, np.float64)[..., None]
    return a + (b - a) * weight


def smoothstep(low: float, high: float, x: Plane) -> Plane:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def ramp(x: Plane, stops: list[tuple[float, str]]) -> Picture:
    """Colours along x: through the stops, straight in between."""
    at = [position for position, _ in stops]
    colors = np.array([color(text) for _, text in stops])
    return np.stack([np.interp(x, at, colors[:, c]) for c in range(3)], axis=-1)


def noise(
    random: np.random.Generator, shape: tuple[int, int], cell: tuple[float, float], octaves: int
) -> Plane:
    """Smooth noise around 0, about -1 to 1: lattices of ever finer cells (rows, columns)."""
    height, width = shape
    total, weight = np.zeros(shape), 1.0
    for octave in range(octaves):
        rows = max(2, round(height / cell[0] * 2**octave)) + 1
        columns = max(2, round(width / cell[1] * 2**octave)) + 1
        lattice = random.uniform(-1, 1, (rows, columns)).astype(np.float32)
        layer = Image.fromarray(lattice).resize((width, height), Image.Resampling.BICUBIC)
        total += weight * np.asarray(layer, np.float64)
        weight *= 0.5
    return total


# ---- the sky -------------------------------------------------------------------------------------


def paint_sky(random: np.random.Generator) -> Picture:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    sky = ramp(
        y / HORIZON,
        [
            (0.0, "2b3a6b"),
            (0.25, "4a5a95"),
            (0.48, "8a7fb0"),
            (0.66, "cf95a5"),
            (0.80, "f2ab87"),
            (0.92, "fcc783"),
            (1.0, "ffdca0"),
        ],
    )
    distance = np.hypot((x - SUN[0]) * 0.75, (y - SUN[1]) * 1.25)
    warm = np.exp(-((distance / 420) ** 1.3))
    sky = mix(sky, color("ffcf86"), 0.55 * warm)
    sky = add_clouds(random, sky, x, y, warm)
    disc = smoothstep(30, 24, np.hypot(x - SUN[0], y - SUN[1]))
    sky = mix(sky, color("fff6d8"), disc)
    halo = np.exp(-((distance / 75) ** 1.1))
    return sky + halo[..., None] * (color("fff0c0") * 0.5)


def mirrored(x: Plane, size: int) -> NDArray[np.intp]:
    """Indices into a field that goes on beyond its edge as in a mirror, without a seam."""
    folded = x.astype(np.intp) % (2 * size)
    return np.where(folded < size, folded, 2 * size - 1 - folded)


def add_clouds(
    random: np.random.Generator, sky: Picture, x: Plane, y: Plane, warm: Plane
) -> Picture:
    """A ceiling of clouds seen in perspective, lit by the low sun."""
    size = 2048
    field = noise(random, (size, size), (340, 500), 8)
    field -= field.mean()
    elevation = np.maximum(HORIZON - y, 0) / HORIZON + 0.10
    across = (x - SUN[0]) / WIDTH / elevation
    depth = 1 / elevation

    def density(shift: float) -> Plane:
        return field[
            mirrored(depth * 520 + CLOUDS[0] + shift, size),
            mirrored(across * 760 + CLOUDS[1], size),
        ]

    here = density(0)
    thick = smoothstep(-0.05, 0.9, here)
    lit = np.clip(0.5 + (here - density(-28)) * 1.6, 0, 1)
    height = np.clip(y / HORIZON, 0, 1)
    shadow = ramp(height, [(0, "4a5286"), (0.5, "83719f"), (0.8, "c98a92"), (1, "f0b088")])
    light = ramp(height, [(0, "c9a3b4"), (0.4, "f5b5a0"), (0.75, "ffc58a"), (1, "ffe0a8")])
    cloud = mix(mix(shadow, light, lit), color("ffe9bd"), 0.35 * warm * lit)
    return mix(sky, cloud, 0.85 * thick * smoothstep(1.0, 0.86, height))


# ---- the land ------------------------------------------------------------------------------------


def ridge(random: np.random.Generator, base: float, rise: float, cell: float) -> Plane:
    """The height of a skyline for each column, in rows from the top."""
    return base - rise * noise(random, (3, WIDTH), (3, cell), 6)[1]


def forest(random: np.random.Generator, ground: Plane, count: int, tall: float) -> Plane:
    """How much of each pixel a row of conifers covers, standing on the ground's skyline."""
    cover = np.zeros((HEIGHT, WIDTH))
    for position in random.uniform(-20, WIDTH + 20, count):
        height = tall * random.uniform(0.30, 1.0)
        whorl, lean = random.uniform(0.08, 0.14) * height + 1, random.uniform(-0.02, 0.02)
        foot = ground[int(np.clip(position, 0, WIDTH - 1))] + 0.1 * tall
        reach = int(0.3 * height) + 2
        left, right = max(int(position) - reach, 0), min(int(position) + reach + 1, WIDTH)
        top = max(int(foot - height), 0)
        if left >= right or top >= HEIGHT:
            continue
        y, x = np.mgrid[top:HEIGHT, left:right].astype(np.float64)
        down = np.clip(y - (foot - height), 0, height)
        out = np.abs(x - position - lean * down)
        branch = (down - 0.6 * out) / whorl + 0.4 * (x > position)  # whorls hang outwards
        half = 0.20 * down * (0.68 + 0.32 * (branch % 1)) + 0.35
        inside = np.clip(half - out + 0.5, 0, 1) * (down > 0)
        cover[top:, left:right] = np.maximum(cover[top:, left:right], inside)
    return cover


def paint_land(random: np.random.Generator, picture: Picture) -> Picture:
    """Hills behind hills, each a little nearer and darker, with mist in the valleys."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    sunward = np.exp(-(((x - SUN[0]) / 420) ** 2))
    layers = [
        # base, rise, cell, colour, towards the sun, trees, tall, mist
        (548, 26, 420, "b89aa6", "f3bf93", 0, 0, 0.75),
        (572, 24, 330, "94839c", "e0a585", 0, 0, 0.70),
        (600, 22, 280, "716f8d", "c08a78", 420, 11, 0.62),
        (636, 24, 300, "4d5a70", "8f7066", 420, 20, 0.50),
        (684, 24, 380, "36475a", "6b5a54", 420, 34, 0.42),
        (748, 26, 420, "22303c", "453d3b", 340, 66, 0.26),
        (812, 30, 520, "111a22", "241f20", 170, 140, 0.0),
    ]
    for base, rise, cell, shade, sunny, trees, tall, mist in layers:
        ground = ridge(random, base, rise, cell)
        inside = np.clip(y - ground + 0.5, 0, 1)
        if trees:
            inside = np.maximum(inside, forest(random, ground, trees, tall))
        texture = noise(random, (HEIGHT, WIDTH), (14, 30), 4) * (0.02 + 0.035 * tall / 78)
        land = mix(color(shade), color(sunny), sunward) * (1 + texture[..., None] * 2)
        picture = mix(picture, land, inside)
        if mist:
            drift = 0.8 + 0.35 * noise(random, (HEIGHT, WIDTH), (40, 300), 3)
            fog = smoothstep(6 - tall, 62, y - ground) * inside * mist * np.clip(drift, 0, 1.2)
            veil = mix(color("c9b1b8"), color("ffd3a0"), sunward)
            picture = mix(picture, veil, np.clip(fog, 0, 0.95))
    return picture


# ---- the balloons --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Balloon:
    """Where a balloon hangs, how large it looks, and what it wears."""

    x: float
    y: float
    radius: float
    pattern: str
    colors: tuple[str, ...]
    turn: float = 0.0
    haze: float = 0.0
    burning: float = 0.0


BALLOONS = [
    Balloon(705, 452, 13, "gores", ("a03048", "f0dcb8"), 0.3, 0.62),
    Balloon(1092, 388, 17, "bands", ("2f5f8f", "f2e6c8", "d8803a"), 0.1, 0.55),
    Balloon(520, 398, 21, "spiral", ("6b3f80", "f0b0a0"), 0.5, 0.48),
    Balloon(828, 318, 30, "gores", ("e8a020", "c03028", "f4e6c4"), 0.2, 0.36),
    Balloon(640, 232, 45, "zigzag", ("1d6f78", "f4e9cf", "e8843c"), 0.0, 0.24, 0.5),
    Balloon(990, 176, 72, "rainbow", (), 0.4, 0.13),
    Balloon(132, 420, 58, "bands", ("b02a3c", "f6ead2", "23407c"), 0.7, 0.16, 0.6),
    Balloon(335, 236, 138, "gores", ("c8202c", "f6b32a", "f7ecd4", "1f4e96"), 0.18, 0.0, 0.5),
]

RAINBOW = ("c62839", "e8702a", "f4b52c", "5f9e47", "2b7f9c", "34509a", "6d3a86")


def profile(v: Plane) -> Plane:
    """Half the width of an envelope of radius 1, v from -1 (crown) to 1.42 (mouth)."""
    round_part = np.sqrt(np.clip(1 - v * v, 0, None))
    start, end, mouth = 0.30, 1.42, 0.17
    t = np.clip((v - start) / (end - start), 0, 1)
    from_height, from_slope = np.sqrt(1 - start**2), -start / np.sqrt(1 - start**2)
    length = end - start
    taper = (
        (2 * t**3 - 3 * t**2 + 1) * from_height
        + (t**3 - 2 * t**2 + t) * from_slope * length
        + (3 * t**2 - 2 * t**3) * mouth
        + (t**3 - t**2) * -0.62 * length
    )
    return np.where(v < start, round_part, taper)


def fabric(balloon: Balloon, longitude: Plane, v: Plane) -> Picture:
    """The dye of the cloth at each longitude (0 to 1 around) and height."""
    gores = 24
    gore = np.floor((longitude + balloon.turn) * gores)
    down = (v + 1) / 2.42
    if balloon.pattern == "rainbow":
        dyes = np.array([color(text) for text in RAINBOW])
        return dyes[np.clip((down * 8.2 + 0.25 * (gore % 2)).astype(int), 0, 6)]
    dyes = np.array([color(text) for text in balloon.colors])
    n = len(dyes)
    if balloon.pattern == "gores":
        index = gore // 2 if n < 4 else gore
        pattern = dyes[(index % n).astype(int)]
        crown = (down < 0.115)[..., None]
        return np.where(crown, dyes[0], pattern)
    if balloon.pattern == "spiral":
        return dyes[np.floor((longitude + balloon.turn) * 10 + down * 5).astype(int) % n]
    if balloon.pattern == "zigzag":
        tooth = np.abs((longitude + balloon.turn) * gores / 2 % 1 - 0.5)
        return dyes[np.floor(down * 9 + tooth * 1.5).astype(int) % n]
    wide = np.where((down > 0.36) & (down < 0.60), 1, 0)  # "bands"
    trim = np.where((down > 0.33) & (down < 0.63), 2, wide) * (1 - wide) + wide
    checks = np.where(wide == 1, np.where(gore % 2 == 0, 1, 2), trim)
    return dyes[np.clip(checks, 0, n - 1)]


def paint_balloon(picture: Picture, balloon: Balloon) -> Picture:
    """Over the picture: envelope, skirt, ropes and basket, three samples a pixel each way."""
    r = balloon.radius
    left, top = int(balloon.x - 1.25 * r), int(balloon.y - 1.2 * r)
    right, bottom = int(balloon.x + 1.25 * r) + 2, int(balloon.y + 2.2 * r) + 2
    rows = np.arange(top * SUPERSAMPLING, bottom * SUPERSAMPLING) + 0.5
    columns = np.arange(left * SUPERSAMPLING, right * SUPERSAMPLING) + 0.5
    v, u = np.meshgrid(
        (rows / SUPERSAMPLING - balloon.y) / r,
        (columns / SUPERSAMPLING - balloon.x) / r,
        indexing="ij",
    )
    light, mask = shade_envelope(balloon, u, v)
    light, mask = add_basket(light, mask, u, v)
    air = mix(color("a58fa6"), color("ffcf9a"), float(np.exp(-(((balloon.x - SUN[0]) / 420) ** 2))))
    light = mix(light, air, balloon.haze)
    covered = shrink(mask[..., None])[..., 0]
    paint = shrink(light * mask[..., None]) / np.maximum(covered, 1e-9)[..., None]
    y0, y1, x0, x1 = max(top, 0), min(bottom, HEIGHT), max(left, 0), min(right, WIDTH)
    inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    result = picture.copy()
    result[y0:y1, x0:x1] = mix(result[y0:y1, x0:x1], paint[inside], covered[inside])
    return result


def shrink(samples: Picture) -> Picture:
    """The mean of each block of samples."""
    height, width, channels = samples.shape
    blocks = samples.reshape(
        height // SUPERSAMPLING, SUPERSAMPLING, width // SUPERSAMPLING, SUPERSAMPLING, channels
    )
    return blocks.mean(axis=(1, 3))


def shade_envelope(balloon: Balloon, u: Plane, v: Plane) -> tuple[Picture, Plane]:
    """The cloth in the evening light: sun from the right and low, sky from above."""
    half = profile(v)
    mask = ((np.abs(u) < half) & (v > -1) & (v < 1.42)).astype(np.float64)
    across = np.clip(u / np.maximum(half, 1e-6), -1, 1)
    angle = np.arcsin(across)
    longitude = angle / (2 * np.pi) + 0.5
    slope = (profile(v + 0.01) - profile(v - 0.01)) / 0.02
    slope = np.clip(slope, -8, 8)
    flat = 1 / np.sqrt(1 + slope**2)
    seam = (longitude + balloon.turn) * 24 % 1 - 0.5  # each gore bulges between its tapes
    bulge = angle + 0.42 * seam
    nx, ny, nz = np.sin(bulge) * flat, slope * flat, np.cos(bulge) * flat
    toward = np.array((0.80 if balloon.x < SUN[0] else -0.62, 0.10, 0.52))
    toward /= np.linalg.norm(toward)
    sun = np.clip(nx * toward[0] + ny * toward[1] + nz * toward[2], 0, None)
    above = 0.5 - 0.5 * np.clip(v, -1, 1)
    cloth = fabric(balloon, longitude, v)
    panel = np.abs((v + 1) * 7 % 1 - 0.5)
    crease = 1 - 0.20 * smoothstep(0.40, 0.5, np.abs(seam)) - 0.07 * smoothstep(0.47, 0.5, panel)
    fold = 1 - 0.05 * np.cos(v * 40 + seam * 3) * smoothstep(0.2, 1.3, v)
    glow = 0.20 + balloon.burning * np.exp(-(((v - 1.1) / 0.75) ** 2)) * (
        0.55 + 0.45 * np.cos(angle)
    )
    light = (
        sun[..., None] * color("ffdcae") * 0.88
        + above[..., None] * color("8f9bd0") * 0.34
        + glow[..., None] * color("ffb05e") * 0.85
        + 0.10
    )
    shine = np.clip(sun, 0, 1) ** 26
    shaded = cloth**1.35 * light * (crease * fold)[..., None]
    return shaded + (shine * 0.16)[..., None] * color("fff0d0"), mask


def add_basket(light: Picture, mask: Plane, u: Plane, v: Plane) -> tuple[Picture, Plane]:
    """Skirt, ropes and the basket with its two passengers."""

    def put(where: NDArray[np.bool_], paint: Picture) -> None:
        nonlocal light, mask
        light = np.where(where[..., None], paint, light)
        mask = np.where(where, 1.0, mask)

    ropes = (v >= 1.42) & (v < 1.80)
    for side in (-1, -0.4, 0.4, 1):
        spread = side * (0.165 - (v - 1.42) / 0.38 * 0.055)
        put(ropes & (np.abs(u - spread) < 0.006), color("3a2c26"))
    mouth = (np.abs(v - 1.42) < 0.035) & (np.abs(u) < 0.172)
    put(mouth, color("40302c") + 0.2 * np.clip(u, 0, 1)[..., None])
    for at, tall in ((-0.045, 0.085), (0.04, 0.10)):
        head = np.hypot(u - at, (v - (1.80 - tall)) * 1.0) < 0.024
        body = (np.abs(u - at) < 0.03) & (v > 1.80 - tall + 0.02) & (v < 1.80)
        put(body | head, color("2c2430"))
    basket = (np.abs(u) < 0.115 - (v - 1.78) * 0.10) & (v > 1.78) & (v < 1.97)
    weave = 0.85 + 0.15 * np.sign(np.sin(u * 160) * np.sin(v * 160))
    tone = mix(color("4a3020"), color("a8743c"), np.clip(0.5 + u * 5, 0, 1)) * weave[..., None]
    put(basket, tone)
    put(basket & (v < 1.805), color("2a1c16"))
    return light, mask


# ---- the film ------------------------------------------------------------------------------------


def blurred(picture: Picture, radius: float) -> Picture:
    eight_bits = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    return np.asarray(eight_bits.filter(ImageFilter.GaussianBlur(radius)), np.float64) / 255


def develop(random: np.random.Generator, picture: Picture) -> NDArray[np.uint8]:
    """Bloom, a vignette, a gentle curve and the grain of the film."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    bright = np.clip(picture - 0.72, 0, None)
    picture = picture + 0.9 * blurred(bright, 28) + 0.5 * blurred(bright, 9)
    corner = np.hypot((x / WIDTH - 0.5) * 1.15, y / HEIGHT - 0.5)
    picture = picture * (1 - 0.42 * smoothstep(0.35, 0.95, corner))[..., None]
    picture = np.clip(picture, 0, None)
    picture = picture / (1 + picture**5) ** 0.2 * 1.06  # a shoulder in place of clipping
    grain = noise(random, (HEIGHT, WIDTH), (1.6, 1.6), 1)[..., None]
    tint = noise(random, (HEIGHT, WIDTH * 3), (3, 9), 1).reshape(HEIGHT, WIDTH, 3)
    midtones = 0.6 + 0.4 * np.sin(np.pi * np.clip(picture.mean(axis=-1, keepdims=True), 0, 1))
    picture = picture + midtones * (0.013 * grain + 0.007 * tint)
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)


def render() -> NDArray[np.uint8]:
    """The whole scene, (800, 1200, 3) uint8."""
    random = np.random.default_rng(1783)  # the year of the first flight
    picture = paint_land(random, paint_sky(random))
    for balloon in BALLOONS:
        picture = paint_balloon(picture, balloon)
    return develop(random, picture)


def main(target: Path) -> None:
    Image.fromarray(render()).save(target, quality=QUALITY, optimize=True, progressive=True)
    with Image.open(target) as picture:
        colors = len(np.unique(np.asarray(picture).reshape(-1, 3), axis=0))
    print(f"{target}: {target.stat().st_size / 1000:.0f} kB, {colors} colours")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("balloons.jpg"))
