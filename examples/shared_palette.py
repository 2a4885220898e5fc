"""
One palette for several pictures
================================

Sprites, tiles, thumbnails on one page, the frames of a film: pictures that are shown together look
alike if they share a palette, and programs have to load only one.
"""

from pathlib import Path

import kmc

photo = kmc.read(Path(__file__).with_name("balloons.jpg")).pixels
left, right = photo[100:480, 200:560], photo[300:680, 800:1160]

# %%
# :func:`kmc.fit` takes any number of pictures, reads one after the other, and keeps only their
# counts of colours.

palette = kmc.fit([left, right], 16, order="hue")
palette.remap(left).save("left.png")
palette.remap(right).save("right.png")
palette.save("both.gpl")  # for GIMP, Krita, Inkscape or Aseprite

# %%
# What it costs compared with a palette for each:

for name, part in (("left", left), ("right", right)):
    shared, own = palette.remap(part), kmc.quantize(part, 16)
    print(f"{name:5}  shared {shared.psnr:.1f} dB, of its own {own.psnr:.1f} dB")
