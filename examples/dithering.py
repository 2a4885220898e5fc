"""
Dithering compared
==================

The same part of a photograph in eight colours, without dithering and by each of the five methods.

Adaptive dithering diffuses errors only where bands or shifts of colour would be seen. Error
diffusion everywhere (Floyd–Steinberg, Atkinson) has the finest grain. Ordered dithering (Bayer,
blue noise) decides each pixel on its own, so that equal parts of two pictures stay equal.
"""

from pathlib import Path

import kmc

photo = kmc.read(Path(__file__).with_name("balloons.jpg"))
part = photo.pixels[60:360, 180:520]

# %%
# The palette is found once; each method maps the pixels to it in its own way.

palette = kmc.fit(part, 8)
for dither in ("none", "adaptive", "floyd-steinberg", "atkinson", "bayer", "blue-noise"):
    result = palette.remap(part, dither=dither)
    result.save(f"{dither}.png")
    print(f"{dither:16} MSE {result.mse:6.1f}  {len(result.to_bytes())} bytes as PNG")

# %%
# Dithering makes the error of single pixels larger and that of areas smaller, and it makes files
# larger, since noise does not compress.
