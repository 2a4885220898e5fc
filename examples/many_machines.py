"""
Counting in many places
=======================

k-means needs nothing of a picture but how often each colour occurs. Histograms take a few bytes for
each colour and add exactly: a thousand pictures on ten machines give the palette that one machine
would have found.
"""

from pathlib import Path

import numpy as np

import kmc

photo = kmc.read(Path(__file__).with_name("balloons.jpg")).pixels
parts = np.array_split(photo, 4)

# %%
# Each worker counts its part and sends bytes.

messages = [kmc.histogram(part).to_bytes() for part in parts]
print([len(message) for message in messages], "bytes")

# %%
# One machine adds them up and finds the palette: the same as from the whole picture.

histograms = [kmc.Histogram.from_bytes(message) for message in messages]
palette = kmc.fit(histograms, 16)
print(np.array_equal(palette.colors, kmc.fit(photo, 16).colors))

# %%
# Each worker then paints its part.

painted = np.concatenate([np.asarray(palette.remap(part)) for part in parts])
kmc.quantize(painted, 16).save("painted.png")
