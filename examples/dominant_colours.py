"""
Dominant colours
================

The colours that a picture is made of, with their shares: for the background of a web page, for
sorting pictures by colour, for the accent colour of an album.
"""

from pathlib import Path

import kmc

photo = Path(__file__).with_name("balloons.jpg")

# %%
# Colours that look alike are merged: those that differ by less than 12 in CIE Lab.

for (red, green, blue), share in kmc.dominant_colors(photo, 8, merge=12):
    print(f"#{red:02x}{green:02x}{blue:02x} {share:6.1%}")

# %%
# A palette of k colours is drawn with the share of each:

kmc.plot.palette_bar(kmc.quantize(photo, 8, order="luminance"))
