"""Files along curves of bytes against error: of kmc, plain and with a loss, and of other programs.

Plain files are of more and more colours; those with a loss have one number of colours on a curve
and more and more loss; JPEG and WebP have more and more quality. Every file is decoded, and its
errors are those of what was decoded.

Where they are installed, pngquant makes palettes with and without dithering, whose files oxipng
makes smaller, and gifsicle makes plain GIF files of kmc smaller with a loss.
"""

from __future__ import annotations

import io
import math
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import kmc
from bench.rivals import installed
from bench.sight import ssimulacra2
from kmc.lossy.choice import max_colors
from kmc.pipeline import LookName

PLAIN_KS = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
# So near each other that the curve of one begins before the next one ends.
LOSSY_KS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
LOSSES = (20, 35, 55)
GIFSICLE_KS = (64, 128, 256)
GIFSICLE_LOSSES = (5, 10, 20, 35, 60)
QUALITIES = (40, 50, 60, 70, 76, 82, 87, 91, 94, 97)

NAMES = {"kmc": ".kmc", "png": "PNG", "gif": "GIF"}

Point = dict[str, float]
Curves = dict[str, dict[str, list[Point]]]
Measure = Callable[[NDArray[np.uint8]], Point]


def measured(pixels: NDArray[np.uint8], look: LookName) -> Curves:
    """The curves of all contenders on one picture; with look "best", also as SSIMULACRA2 sees."""

    def errors(shown: NDArray[np.uint8]) -> Point:
        mse = float(np.square(shown.astype(np.int64) - pixels).mean())
        found = {"psnr": 10 * math.log10(255**2 / mse) if mse else 99.0}
        if look == "best":
            found["ssimulacra2"] = ssimulacra2(pixels, shown) or 0.0
        return found

    return {
        **ours(pixels, look, errors),
        **photographic(pixels, errors),
        **other_palettes(pixels, look, errors),
    }


def ours(pixels: NDArray[np.uint8], look: LookName, errors: Measure) -> Curves:
    """The files of kmc in each format: plain ones, and these with those of a loss."""

    def image(k: int, **options: Any) -> kmc.IndexedImage:
        return kmc.quantize(pixels, k, look=look, threads=1, order="compact", **options)

    plain = {k: image(k, dither="none") for k in PLAIN_KS}
    plain_errors = {k: errors(np.asarray(own)) for k, own in plain.items()}
    made: Curves = {}
    for format, name in NAMES.items():
        most = max_colors(format)
        by_k = {k: size(own, format) | plain_errors[k] for k, own in plain.items() if k <= most}
        curves = {"none": list(by_k.values())}
        if look == "best" and format == "png":
            dithered = [image(k, dither="adaptive") for k in by_k]
            curves["adaptive"] = [size(own, "png") | errors(np.asarray(own)) for own in dithered]
        made[f"{name}, plain"] = curves
        lossy = made[f"{name}, lossy"] = dict(curves)
        for k in LOSSY_KS:
            if k <= most:
                chosen = [image(k, lossy=loss, format=format) for loss in LOSSES]
                files = [size(own, format) | errors(np.asarray(own)) for own in chosen]
                lossy[str(k)] = [by_k[k], *files]
    return made


def photographic(pixels: NDArray[np.uint8], errors: Measure) -> Curves:
    """JPEG with and without subsampled chroma, and WebP."""

    def curve(name: str, **settings: Any) -> list[Point]:
        points = []
        for quality in QUALITIES:
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, name, quality=quality, **settings)
            points.append(decoded(file.getvalue(), errors))
        return points

    return {
        "JPEG": {
            "4:4:4": curve("JPEG", subsampling=0, optimize=True),
            "4:2:0": curve("JPEG", subsampling=2, optimize=True),
        },
        "WebP": {"": curve("WEBP", method=6)},
    }


def other_palettes(pixels: NDArray[np.uint8], look: LookName, errors: Measure) -> Curves:
    """The files of other programs that are installed."""
    found: Curves = {}
    oxipng = installed("oxipng")
    if shutil.which("pngquant") and oxipng:
        source = io.BytesIO()
        Image.fromarray(pixels).save(source, "PNG", compress_level=1)

        def squeezed(k: int, dither: str) -> Point:
            command = ["pngquant", "--speed", "3", dither, str(k), "-"]
            made = output(command, source.getvalue())
            return decoded(oxipng.optimize_from_memory(made, level=4), errors)

        found["pngquant, oxipng"] = {
            dither: [squeezed(k, dither) for k in PLAIN_KS if k <= 256]
            for dither in ("--nofs", "--floyd=1")
        }
    if shutil.which("gifsicle"):
        own = found["gifsicle --lossy"] = {}
        for k in GIFSICLE_KS:
            plain = kmc.quantize(pixels, k, look=look, dither="none", threads=1).to_bytes("gif")
            files = [output(["gifsicle", "-O3", f"--lossy={n}"], plain) for n in GIFSICLE_LOSSES]
            own[str(k)] = [decoded(data, errors) for data in (plain, *files)]
    return found


def output(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def decoded(data: bytes, errors: Measure) -> Point:
    """The size of a file, and the errors of what it shows."""
    with Image.open(io.BytesIO(data)) as picture:
        return {"bytes": len(data)} | errors(np.asarray(picture.convert("RGB")))


def size(image: kmc.IndexedImage, format: str) -> Point:
    """The size of the file of an image, which shows just that."""
    data = image.to_bytes(format)
    if not np.array_equal(np.asarray(kmc.open(data)), np.asarray(image)):
        raise ValueError(f"{format} changes the picture")
    return {"bytes": len(data)}
