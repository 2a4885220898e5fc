"""Runs of k-means: seeds, search, Lloyd's iterations, and the best of several."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.clustering.alpha import AnyTree
from kmc.clustering.options import Callback, Options
from kmc.colors.spaces import SpaceName, pad_to_four, to_centroids, to_colors
from kmc.core import _core

# Seeds are drawn from cells, at least so many for each colour of the palette.
SEEDING_CELLS = 4

# Seeds of the random numbers that belong to one run lie so far apart, those of runs side by side.
APART = 0x9E3779B97F4A7C15

Run = tuple[NDArray[np.float64], list[tuple[float, float]], bool]


def best_run(tree: AnyTree, options: Options, start: NDArray[np.float64] | None = None) -> Run:
    """The run of the lowest inertia, the first among equals; none after one that was ended early.

    From `start`, which changes, or from where the options say.
    """
    runs = [_run(tree, options, options.seed, start)]
    for another in range(1, options.n_init if start is None else 1):
        if _core.watch().look():
            break
        runs.append(_run(tree, options, options.seed + another, None))
    return min(runs, key=lambda run: run[1][-1][0])


def _run(tree: AnyTree, options: Options, seed: int, start: NDArray[np.float64] | None) -> Run:
    centroids = _start(tree, options, seed % (1 << 64)) if start is None else start
    if options.on_start is not None:
        options.on_start(to_colors(centroids, tree.channels, options.space))
    history, converged = tree.lloyd(
        centroids,
        options.max_iter,
        options.tol,
        _callback_in_levels(tree, options),
        options.threads,
        options.n_fixed,
    )
    return centroids, history, converged


def _callback_in_levels(tree: AnyTree, options: Options) -> Callback | None:
    """The callback, told of centroids in levels wherever they lie."""
    callback, space = options.callback, options.space
    if callback is None or (space == "rgb" and tree.channels < 4):
        return callback

    def told(iteration: int, centroids: NDArray[np.float64], *state: float) -> Any:
        points = pad_to_four(centroids)
        return callback(iteration, to_colors(points, tree.channels, space), *state)

    return told


def _start(tree: AnyTree, options: Options, seed: int) -> NDArray[np.float64]:
    """The fixed colours and seeds beside them; of several searches from there the best."""
    starts = [_searched(tree, options, seed)]
    for another in range(1, options.effort.starts if options.searches else 1):
        if _core.watch().look():
            break
        starts.append(_searched(tree, options, (seed + another * APART) % (1 << 64)))
    if len(starts) == 1:
        return starts[0]
    return min(starts, key=lambda centroids: tree.label(centroids, options.threads)[2])


def _searched(tree: AnyTree, options: Options, seed: int) -> NDArray[np.float64]:
    """The fixed colours and seeds beside them, improved by search where the effort says so."""
    k, n_fixed, effort, threads = options.k, options.n_fixed, options.effort, options.threads
    fixed = to_centroids(options.fixed, options.space)
    name = options.init if isinstance(options.init, str) else "given"
    if not isinstance(options.init, str):
        centroids = np.concatenate((fixed, _placed(options.init, options.space)))
    elif name == "random":
        centroids = np.concatenate((fixed, tree.seed_random(k - n_fixed, seed, threads)))
    if name in ("given", "random") and not options.searches:
        return centroids
    cells = tree.coarsen(effort.cells * k, threads)
    if name == "bisecting":
        few = cells.coarsen(SEEDING_CELLS * k, threads)
        centroids = np.concatenate((fixed, few.seed_split(k - n_fixed, threads)))
    elif name == "k-means++":
        few = cells.coarsen(SEEDING_CELLS * k, threads)
        centroids = few.seed_plusplus(k, seed, threads, fixed)
    if options.searches:
        kicks = min(effort.kicks, k // 2)
        cells.search(centroids, kicks, effort.patience, seed, threads, n_fixed)
        if effort.fine_cells and not _core.watch().look():
            cells = tree.coarsen(effort.fine_cells * k, threads)
            kicks = effort.fine_kicks + int(effort.fine_kicks_per_color * k)
            cells.search(centroids, kicks, effort.patience, seed, threads, n_fixed)
    return centroids


def _placed(init: NDArray[np.float64], space: SpaceName) -> NDArray[np.float64]:
    """Given colours as centroids: rounded first, unless places are levels."""
    if space == "rgb" and init.shape[1] < 4:
        return pad_to_four(init)
    return to_centroids(np.floor(init + 0.5).astype(np.uint8), space)
