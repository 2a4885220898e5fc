"""
k-means, step by step
=====================

A lesson in k-means: each iteration printed and drawn, until the centroids come to rest.

::

    python examples/lesson.py [PICTURE]

The figures go to ``lesson/`` in the working folder, and the picture in eight colours beside it.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import kmc

SAMPLE = Path(__file__).resolve().with_name("balloons.jpg")

K = 8
MAX_ITER = 25
SEED = 11  # of the random numbers; other ones may lead elsewhere
AT_REST = 0.5  # the largest squared movement of a centroid, in levels squared


def report(iteration: int, centroids: Any, inertia: float, change: float) -> None:
    """Called after each iteration, and in between with iteration 0."""
    if iteration > 0:
        print(f"{iteration}, {change:.3f}")


def main(path: Path) -> None:
    """Start from K random pixels, iterate, repaint."""
    pixels = kmc.read(path).pixels
    colors = pixels.reshape(-1, pixels.shape[2])
    start = np.random.default_rng(SEED).choice(colors, K)

    print("iteration, change")
    palette = kmc.plot.steps(
        path, K, "lesson", init=start, max_iter=MAX_ITER, tol=AT_REST, callback=report
    )
    result = palette.remap(path)
    result.save("lesson.png")
    print(f"{result} in lesson.png; figures in lesson/")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE)
