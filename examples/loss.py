"""
Smaller files with a loss
=========================

Where it makes the file smaller, a pixel may get another colour near its nearest one.
"""

from pathlib import Path

import matplotlib.pyplot as plt

import kmc

photo = Path(__file__).with_name("balloons.jpg")

# %%
# The same 64 colours without a loss, with one that is hard to see, and with one that shows:

for lossy in (0, 20, 60):
    result = kmc.quantize(photo, 64, lossy=lossy, format="png")
    size = len(result.to_bytes("png"))
    print(f"lossy={lossy:2}: {size:6} bytes, PSNR {result.psnr:.2f} dB")
    result.save(f"lossy-{lossy:02}.png")

# %%
# Fewer colours make a file smaller, too. Which of both costs less quality, curves show: each goes
# through numbers of colours with one loss, and the broad line is what both together reach.

points = kmc.curve(photo, [16, 40, 100], lossy=[0, 20, 40], format="png")
kmc.plot.rate_distortion(points)
plt.show()

# %%
# Colours and loss are chosen together for a size, or for a quality:

fitting = kmc.quantize(photo, max_bytes=30_000, format="png")
print(f"{len(fitting.palette)} colours: {len(fitting.to_bytes('png'))} bytes")
reaching = kmc.quantize(photo, psnr=30, lossy="auto", format="png")
print(f"{len(reaching.palette)} colours: PSNR {reaching.psnr:.2f} dB")
