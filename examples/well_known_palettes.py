"""
Well-known palettes
===================

Pictures in the colours of old machines, or in those of a colour scheme. :data:`kmc.palettes` has
seventeen, and :class:`kmc.Palette` takes any other.
"""

from pathlib import Path

from PIL import Image

import kmc

with Image.open(Path(__file__).with_name("balloons.jpg")) as photo:
    small = photo.resize((300, 200))

# %%
# Few colours that were not chosen for the picture need dithering. A regular pattern suits them.

for name in ("game-boy", "cga-4", "pico-8", "commodore-64", "nord", "solarized"):
    palette = kmc.palettes[name]
    palette.remap(small, dither="bayer").save(f"{name}.png")
    print(f"{name}: {len(palette)} colours")
