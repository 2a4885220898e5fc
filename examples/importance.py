"""
Parts that matter more
======================

Twelve colours for a photograph that is mostly sky. A mask tells kmc that the balloon counts twenty
times as much: the sky gives up colours that nobody misses.
"""

from pathlib import Path

import numpy as np

import kmc

photo = kmc.read(Path(__file__).with_name("balloons.jpg")).pixels[40:440, 120:720]
y, x = np.mgrid[: photo.shape[0], : photo.shape[1]]
balloon = ((x - 215) / 145) ** 2 + ((y - 210) / 175) ** 2 < 1

# %%
# The mask is any array of the picture's height and width: Booleans, integers or real numbers.

plain = kmc.quantize(photo, 12)
weighted = kmc.quantize(photo, 12, importance=1 + 19 * balloon)
plain.save("all-alike.png")
weighted.save("balloon-first.png")

# %%
# The error within the balloon and outside it:

for name, result in (("all alike", plain), ("balloon first", weighted)):
    error = ((np.asarray(result).astype(float) - photo) ** 2).sum(axis=2)
    print(f"{name:14} balloon {error[balloon].mean():6.1f}   sky {error[~balloon].mean():6.1f}")
