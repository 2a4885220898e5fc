"""
As few colours as the quality needs
===================================

Pictures differ in how many colours they need. A target finds the smallest number for each.
"""

from pathlib import Path

import matplotlib.pyplot as plt

import kmc

photo = Path(__file__).with_name("balloons.jpg")

# %%
# The number of colours, and the size of the PNG file, for three qualities:

for psnr in (25, 30, 35):
    result = kmc.quantize(photo, psnr=psnr, order="compact")
    size = len(result.to_bytes())
    print(f"{psnr} dB: {len(result.palette):3} colours, {result.psnr:.2f} dB, {size} bytes")
    result.save(f"{psnr}dB.png")

# %%
# Quality and size against the number of colours, with the fewest that reach 30 dB:

kmc.plot.curve(photo, psnr=30)
plt.show()
