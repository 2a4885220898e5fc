"""Figures of palettes, quantized images and k-means, drawn by matplotlib.

Install it with ``pip install "kmc-quantize[plot]"``. Every function but `steps`, which writes
files, draws into the given axes, or else into a new pyplot figure, and returns the axes:
``ax.figure.savefig("figure.pdf")`` saves the figure, and ``plt.show()`` shows it.
"""

from kmc.plot.choice_sheet import choices
from kmc.plot.color_space import clusters
from kmc.plot.convergence import history
from kmc.plot.error_curve import curve
from kmc.plot.iterations import steps
from kmc.plot.pictures import palette_bar, side_by_side
from kmc.plot.rate_distortion import rate_distortion

__all__ = [
    "choices",
    "clusters",
    "curve",
    "history",
    "palette_bar",
    "rate_distortion",
    "side_by_side",
    "steps",
]
