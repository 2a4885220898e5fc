"""Draws rates against errors, as bench/loss.py finds them: a panel for each measure."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from bench.loss import TITLES

Rates = dict[str, dict[int, float]]

# Of Okabe and Ito's palette, which every kind of colour vision can tell apart: one for a format.
BLUE, VERMILION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#a04f80"
INK, FAINT = "#333333", "#dddddd"

# In columns of the legend: three of PNG, three of GIF, two of .kmc, and two others.
STYLES: dict[str, dict[str, Any]] = {
    "PNG, lossy": {"color": VERMILION, "lw": 2.6},
    "PNG, plain": {"color": VERMILION, "lw": 1.3, "ls": (0, (4, 2))},
    "pngquant, oxipng": {"color": VERMILION, "lw": 1.3, "ls": (0, (1, 1.5))},
    "GIF, lossy": {"color": GREEN, "lw": 2.6},
    "GIF, plain": {"color": GREEN, "lw": 1.3, "ls": (0, (4, 2))},
    "gifsicle --lossy": {"color": GREEN, "lw": 1.3, "ls": (0, (1, 1.5))},
    ".kmc, lossy": {"color": BLUE, "lw": 2.6},
    ".kmc, plain": {"color": BLUE, "lw": 1.3, "ls": (0, (4, 2))},
    "JPEG": {"color": INK, "lw": 1.3},
    "WebP": {"color": PURPLE, "lw": 1.3},
}

TICKS = (0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 6, 8)  # bits per pixel


def figure(panels: dict[str, Rates]) -> Figure:
    """A figure of rates, by measure and contender, in bits per pixel at each error."""
    drawn = Figure(figsize=(3.6 + 2.8 * len(panels), 5.2), layout="constrained")
    all_axes = drawn.subplots(1, len(panels), squeeze=False)[0]
    for axes, (measure, rates) in zip(all_axes, panels.items(), strict=True):
        _panel(axes, measure, rates)
    handles, labels = all_axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return drawn


def _panel(axes: Axes, measure: str, rates: Rates) -> None:
    for name, style in STYLES.items():
        own = rates.get(name, {})
        if own:
            axes.plot(list(own.values()), list(own), label=name, **style)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set(xlabel="bits per pixel", ylabel=TITLES[measure])
    axes.grid(color=FAINT, lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def svg(panels: dict[str, Rates]) -> bytes:
    """The figure as an SVG file, the same for the same rates."""
    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "kmc", "svg.fonttype": "none"}):
        figure(panels).savefig(file, format="svg", facecolor="white", metadata={"Date": None})
    return file.getvalue()
