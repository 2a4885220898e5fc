"""Runs of k-means: initialization, swap search and Lloyd's iterations; the best run is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.alpha import AnyTree
from kmc.clustering.options import Callback, Options
from kmc.colors.spaces import SpaceName, pad_to_four, to_centroids, to_colors

# Initialization uses at least this many cells for each palette colour.
INIT_CELLS = 4

# Runs have consecutive seeds. The seeds of the searches within one run are this far apart, so that
# no two runs share one.
SEED_STRIDE = 0x9E3779B97F4A7C15

Run = tuple[NDArray[np.float64], list[tuple[float, float]], bool]


def best_run(tree: AnyTree, options: Options, start: NDArray[np.float64] | None = None) -> Run:
    """Run k-means `n_init` times, and return the run with the lowest inertia, the first on ties.

    With `start`, which is changed in place, there is only one run, from these centroids. No run is
    begun after the call has been asked to end early.
    """
    runs = [_run(tree, options, options.seed, start)]
    for i in range(1, options.n_init if start is None else 1):
        if core.run.watch().look():
            break
        runs.append(_run(tree, options, options.seed + i, None))
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
    """The callback, wrapped so that it gets centroids in levels and not in coordinates."""
    callback, space = options.callback, options.space
    if callback is None or (space == "rgb" and tree.channels < 4):
        return callback

    def convert(iteration: int, centroids: NDArray[np.float64], *state: float) -> Any:
        points = pad_to_four(centroids)
        return callback(iteration, to_colors(points, tree.channels, space), *state)

    return convert


def _start(tree: AnyTree, options: Options, seed: int) -> NDArray[np.float64]:
    """The initial centroids of a run: the best of `effort.starts` searches."""
    starts = [_searched(tree, options, seed)]
    for i in range(1, options.effort.starts if options.searches else 1):
        if core.run.watch().look():
            break
        starts.append(_searched(tree, options, (seed + i * SEED_STRIDE) % (1 << 64)))
    if len(starts) == 1:
        return starts[0]
    return min(starts, key=lambda centroids: tree.label(centroids, options.threads)[2])


def _searched(tree: AnyTree, options: Options, seed: int) -> NDArray[np.float64]:
    """Initial centroids, the fixed ones first, improved by swap search if the options ask for it.

    Initialization and search use cells of colours; Lloyd's iterations will use all colours.
    """
    k, n_fixed, effort, threads = options.k, options.n_fixed, options.effort, options.threads
    fixed = to_centroids(options.fixed, options.space)
    name = options.init if isinstance(options.init, str) else "given"
    if not isinstance(options.init, str):
        centroids = np.concatenate((fixed, _given_centroids(options.init, options.space)))
    elif name == "random":
        centroids = np.concatenate((fixed, tree.seed_random(k - n_fixed, seed, threads)))
    if name in ("given", "random") and not options.searches:
        return centroids
    cells = tree.coarsen(effort.cells * k, threads)
    if name == "bisecting":
        coarse = cells.coarsen(INIT_CELLS * k, threads)
        centroids = np.concatenate((fixed, coarse.seed_split(k - n_fixed, threads)))
    elif name == "k-means++":
        coarse = cells.coarsen(INIT_CELLS * k, threads)
        centroids = coarse.seed_plusplus(k, seed, threads, fixed)
    if options.searches:
        kicks = min(effort.kicks, k // 2)
        cells.search(centroids, kicks, effort.patience, seed, threads, n_fixed)
        if effort.fine_cells and not core.run.watch().look():
            cells = tree.coarsen(effort.fine_cells * k, threads)
            kicks = effort.fine_kicks + int(effort.fine_kicks_per_color * k)
            cells.search(centroids, kicks, effort.patience, seed, threads, n_fixed)
    return centroids


def _given_centroids(init: NDArray[np.float64], space: SpaceName) -> NDArray[np.float64]:
    """The colours of an `init` array as centroids; where these are not levels, rounded first."""
    if space == "rgb" and init.shape[1] < 4:
        return pad_to_four(init)
    return to_centroids(np.floor(init + 0.5).astype(np.uint8), space)
