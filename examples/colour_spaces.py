"""
Colour spaces
=============

Where distances are measured decides which colours survive. The same part of a photograph in six
colours, found in four spaces.
"""

from pathlib import Path

import kmc

photo = kmc.read(Path(__file__).with_name("balloons.jpg"))
part = photo.pixels[120:360, 380:700]

# %%
# ``rgb`` has the lowest squared error in the values of the file. ``linear`` favours bright areas,
# ``oklab`` and ``lab`` differences that the eye sees.

for space in ("rgb", "linear", "oklab", "lab"):
    result = kmc.quantize(part, 6, space=space, order="luminance")
    result.save(f"{space}.png")
    codes = " ".join(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in result.palette.colors)
    print(f"{space:7} PSNR {result.psnr:.1f} dB  {codes}")
