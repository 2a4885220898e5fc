"""Indices chosen for what they cost, and the palette that fits them.

A pixel gets the entry for which its squared distance plus what the bits are worth is least. A bit
is worth (loss / 50)**2 times the mean squared distance of the pixels that the palette does not
serve exactly, so that a number means about the same loss whatever the picture and its palette.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.alpha import OPAQUE, TRANSPARENT, kinds_of
from kmc.clustering.options import EFFORTS, Options
from kmc.clustering.problem import Clustering
from kmc.colors.arrays import index_dtype
from kmc.colors.chunks import chunks
from kmc.colors.spaces import UNITS_PER_LEVEL, SpaceName, coordinates, to_colors
from kmc.formats.kmc.codec import choosing_model
from kmc.formats.png_compression import best_plan
from kmc.mapping.dithering import squared_error
from kmc.mapping.remapping import remap

Indices = NDArray[np.uint8] | NDArray[np.uint16]
Colors = NDArray[np.uint8]

# A bit is worth the mean squared distance at this loss.
LOSS_OF_ONE = 50

# The engine's units: bits in 256ths, squared distances in 65 536ths.
PRICE_UNITS = 65536 // 256

# A squared distance may exceed the least one by what so many bits are worth; where errors have
# weights, 1/16 and less in places that hide them, by more.
MAX_BITS, MAX_WEIGHTED_BITS = 8, 128

MAX_PRICE = 1 << 38

# How often indices are chosen with effort="best", until the palette comes to rest.
ROUNDS_OF_BEST = 4


class Chosen(NamedTuple):
    """Indices (H, W) and the palette (k, C) that they are of, rounded and before that."""

    indices: Indices
    colors: Colors
    centroids: NDArray[np.float64]
    counts: NDArray[np.int64]


class Subject(NamedTuple):
    """What is chosen for: pixels (H, W, C), where distances are measured, and how."""

    pixels: NDArray[np.uint8]
    space: SpaceName
    n_fixed: int
    threads: int


_Choose = Callable[[core.lossy.Choice, Colors, tuple[int, int], int], Indices]


def _by_kmc(
    choice: core.lossy.Choice, colors: Colors, shape: tuple[int, int], threads: int
) -> Indices:
    model = choosing_model(shape, colors)
    return choice.by_kmc(colors, *model, threads)


def _by_png(
    choice: core.lossy.Choice, colors: Colors, shape: tuple[int, int], threads: int
) -> Indices:
    """Those by the engine, unless a sample of the file says that it would not be smaller."""
    chosen, k = choice.by_png(threads), len(colors)
    before, after = (best_plan(each, k, threads).ratio for each in (choice.nearest, chosen))
    return chosen if after < before else choice.nearest


def _by_gif(
    choice: core.lossy.Choice, colors: Colors, shape: tuple[int, int], threads: int
) -> Indices:
    return choice.by_gif(threads)


# How indices are chosen for each format, by its name.
CHOOSERS: dict[str, _Choose] = {"kmc": _by_kmc, "png": _by_png, "gif": _by_gif}


def max_colors(format: str) -> int:
    """The most colours that indices of a format can be chosen from."""
    return core.lossy.MAX_COLORS if format == "kmc" else 256


def with_loss(
    found: Clustering,
    indices: Indices,
    pixels: NDArray[np.uint8],
    options: Options,
    loss: int,
    format: str,
) -> tuple[Clustering, Indices, float]:
    """A clustering, indices of its picture chosen with a loss of 1 to 100, and their squared error.

    The error is in levels.
    """
    subject = Subject(pixels, options.space, options.n_fixed, options.threads)
    rounds = ROUNDS_OF_BEST if options.effort is EFFORTS["best"] else 1
    chosen = choose(subject, indices, found.colors, found.centroids, loss, format, rounds)
    found = found._replace(
        colors=chosen.colors,
        centroids=chosen.centroids,
        counts=chosen.counts,
        labels=found.labels[:0],  # pixels of one colour may have several entries now
    )
    error = squared_error(pixels, chosen.indices, chosen.colors, options.threads)
    return found, chosen.indices, error


def choose(
    subject: Subject,
    indices: Indices,
    colors: Colors,
    centroids: NDArray[np.float64],
    loss: int,
    format: str,
    rounds: int = 1,
) -> Chosen:
    """Choose indices near the nearest ones, move the entries to the means, and drop unused ones.

    Parameters
    ----------
    subject : Subject
    indices : ndarray of uint8 or uint16, shape (H, W)
        The nearest entries.
    colors, centroids : ndarray of uint8 and float64, shape (k, C)
        The palette. The first `subject.n_fixed` entries and fully transparent ones never move.
    loss : int
        0 to 100.
    format : str
        One of `CHOOSERS`.
    rounds : int
        How often indices are chosen, at most: each time for the palette that the last ones made.
        It ends earlier when the palette no longer moves.
    """
    height, width, channels = subject.pixels.shape
    space, threads = subject.space, subject.threads
    points = coordinates(subject.pixels.reshape(-1, channels), space, threads)
    nearest, is_opaque = indices, _are_opaque(subject.pixels)
    for i in range(rounds):
        entries, kinds = coordinates(colors, space), _kinds(colors)
        price, bit, stays = _price(points, entries, nearest, loss)
        if price == 0 or len(colors) == 1:
            break
        choice = core.lossy.Choice(nearest, points, entries, kinds, price, MAX_BITS * bit)
        if space != "rgb":  # then errors count as they are seen, like distances (contrast masking)
            seen, reach = choice.masking_weights(threads), MAX_WEIGHTED_BITS * bit
            choice = core.lossy.Choice(nearest, points, entries, kinds, price, reach, seen)
        indices = CHOOSERS[format](choice, colors, (height, width), threads)
        means, counted = _means(points, indices, kinds, is_opaque)
        stays |= counted == 0
        moved, centroids = _moved(means, stays, kinds, colors, centroids, subject)
        if np.array_equal(moved, colors):
            break
        colors = moved
        if i + 1 < rounds:
            nearest = remap(subject.pixels, colors, space, None, threads).indices
    return _without_unused(indices, colors, centroids, subject.n_fixed)


def _price(
    points: NDArray[np.int16], entries: NDArray[np.int16], nearest: Indices, loss: int
) -> tuple[int, int, NDArray[np.bool_]]:
    """What 1/256 of a bit is worth, and a bit, in squared distances; and which entries are exact.

    These are exact for at least half of the pixels that they are nearest to, as the colours of flat
    areas and text are.
    """
    total, labels = 0, nearest.reshape(-1)
    counts, inexact = np.zeros((2, len(entries)), np.int64)
    for part in chunks(len(points)):
        own = labels[part]
        difference = points[part].astype(np.int32) - entries[own]
        squared = np.einsum("ij,ij->i", difference, difference, dtype=np.int64)
        total += int(squared.sum())
        counts += np.bincount(own, minlength=len(entries))
        inexact += np.bincount(own[squared > 0], minlength=len(entries))
    exact = (counts > 0) & (2 * inexact <= counts)
    n = int(inexact.sum()) * LOSS_OF_ONE**2
    if n == 0:
        return 0, 0, exact
    whole = total * loss * loss
    return min(whole * PRICE_UNITS // n, MAX_PRICE), whole // n, exact


def _kinds(colors: Colors) -> NDArray[np.uint8]:
    """The kind of each entry: pixels of transparent ones keep them, others change among theirs."""
    return kinds_of(colors) if colors.shape[1] == 4 else np.full(len(colors), OPAQUE, np.uint8)


def _are_opaque(pixels: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Which pixels are opaque; None if all are."""
    if pixels.shape[2] < 4:
        return None
    opaque: NDArray[np.bool_] = (pixels[:, :, 3] == 255).reshape(-1)
    return None if opaque.all() else opaque


def _means(
    points: NDArray[np.int16],
    indices: Indices,
    kinds: NDArray[np.uint8],
    is_opaque: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The means (k, 4), in levels, and weights (k,) of what entries got.

    Opaque entries are the means of opaque pixels alone, as in the clustering.
    """
    k, labels = len(kinds), indices.reshape(-1)
    weights, sums = np.zeros(k), np.zeros((k, 4))  # integers below 2**53, and so exact
    for part in chunks(len(points)):
        own, here = labels[part], points[part]
        if is_opaque is not None:
            counted = is_opaque[part] | (kinds[own] != OPAQUE)
            own, here = own[counted], here[counted]
        weights += np.bincount(own, minlength=k)
        for c in range(4):
            sums[:, c] += np.bincount(own, here[:, c], k)
    return sums / np.maximum(weights, 1)[:, None] / UNITS_PER_LEVEL, weights


def _moved(
    means: NDArray[np.float64],
    stays: NDArray[np.bool_],
    kinds: NDArray[np.uint8],
    colors: Colors,
    centroids: NDArray[np.float64],
    subject: Subject,
) -> tuple[Colors, NDArray[np.float64]]:
    """The palette at the means, but for entries that stay, fixed and transparent ones."""
    exact = to_colors(means, colors.shape[1], subject.space)
    moved = np.floor(exact + 0.5).astype(np.uint8)
    stays = stays | (kinds == TRANSPARENT) | (_kinds(moved) != kinds)
    stays[: subject.n_fixed] = True
    moved[stays], exact[stays] = colors[stays], centroids[stays]
    return moved, exact


def _without_unused(
    indices: Indices, colors: Colors, centroids: NDArray[np.float64], n_fixed: int
) -> Chosen:
    """The picture without entries that no pixel has, fixed ones excepted; equal ones are one."""
    _, first, same = np.unique(colors, axis=0, return_index=True, return_inverse=True)
    owner = first[same.reshape(-1)]
    counts = np.bincount(owner[indices.reshape(-1)], minlength=len(colors))
    used = counts > 0
    used[:n_fixed] = True
    kept = np.flatnonzero(used)
    if len(kept) < len(colors):
        numbers: Indices = (np.cumsum(used) - used).astype(index_dtype(len(kept)))[owner]
        indices = numbers[indices]
    return Chosen(indices, colors[kept], centroids[kept], counts[kept])
