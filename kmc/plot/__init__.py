"""Pictures of what k-means did, drawn by matplotlib: ``pip install "kmc-quantize[plot]"``.

Every function draws into the axes given, or else into a new figure of pyplot's, and returns the
axes: ``ax.figure.savefig("figure.pdf")`` keeps it and ``plt.show()`` shows it. None of them shows
anything by itself.
"""

from kmc.plot.choices import choices
from kmc.plot.clusters import clusters
from kmc.plot.convergence import history
from kmc.plot.curve import curve
from kmc.plot.pictures import palette_bar, side_by_side
from kmc.plot.steps import steps

__all__ = ["choices", "clusters", "curve", "history", "palette_bar", "side_by_side", "steps"]
