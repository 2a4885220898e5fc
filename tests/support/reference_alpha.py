"""K-means with alpha as kmc/clustering/alpha.py describes it: slow, all entries compared."""

from __future__ import annotations

import numpy as np
import reference_kmeans as reference

import kmc
from kmc.colors.spaces import coordinates, opaque_centroids


def merged(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The colours of a picture in Morton order with their counts, all that is clear as one."""
    flat = picture.reshape(-1, 4).copy()
    flat[flat[:, 3] == 0] = 0
    counted = kmc.histogram(flat[None])
    return counted.colors, counted.counts


def missed(entry: dict, server: dict) -> float:
    """The cost of removing an entry, if its colours are mapped to the given one."""
    if entry is server or (entry["solid"] and not server["solid"]):
        return np.inf
    square = 0.0
    for a, b in zip(entry["at"], server["at"], strict=True):
        square += (a - b) * (a - b)
    alike = entry["solid"] == server["solid"]
    own = entry["weight"]
    return (own / (1 + own / server["weight"]) if alike else own) * square


def chosen_twin(entries: list[dict], still: list[dict], k: int) -> list[dict]:
    """Repeatedly removes the entry whose removal costs least."""
    entries = list(entries)
    while len(entries) > k:
        costs = [[missed(entry, server) for server in entries + still] for entry in entries]
        gone = min(range(len(entries)), key=lambda i: min(costs[i]))
        to = (entries + still)[costs[gone].index(min(costs[gone]))]
        gone = entries[gone]
        if gone["solid"] == to["solid"] and to["weight"] < np.inf:
            both = gone["weight"] + to["weight"]
            to["at"] = [
                (gone["weight"] * a + to["weight"] * b) / both
                for a, b in zip(gone["at"], to["at"], strict=True)
            ]
            to["weight"] = both
        entries = [entry for entry in entries if entry is not gone]
    return entries


def parts_twin(points: np.ndarray, weights: np.ndarray, rows: np.ndarray, n: int) -> list[dict]:
    """The colours nearest to each centroid but the first n."""
    labels, _ = reference.nearest(points, reference.rounded(rows))
    found = []
    for j in range(n, len(rows)):
        weight, sums = weights[labels == j], points[labels == j] * weights[labels == j, None]
        if len(weight):
            at = (sums.sum(axis=0) / float(weight.sum()) / 64).tolist()
            found.append({"at": at, "weight": float(weight.sum())})
    return found


def lloyd_twin(picture: np.ndarray, init: np.ndarray, iterations: int) -> tuple[list, list]:
    """Lloyd's iterations by what kmc/clustering/alpha.py says, from given colours."""
    colors, weights = merged(picture)
    points = coordinates(colors).astype(np.int64)
    places = coordinates(init).astype(float) / 64
    alpha = colors[:, 3]
    still = np.empty((0, 4))
    if alpha[0] == 0:
        nearest = np.square(places - points[0] / 64).sum(axis=1).argmin()
        places[nearest], places[0] = places[0], points[0] / 64
        still, places = places[:1], places[1:]
    between, full = (alpha > 0) & (alpha < 255), alpha == 255
    rows = np.concatenate((still, places))
    entries = []
    for kind, which, at, n in ((False, between, rows, len(still)), (True, full, places, 0)):
        found = parts_twin(points[which], weights[which], at, n) if which.any() else []
        entries += [part | {"solid": kind} for part in found]
    staying = [{"at": at, "weight": np.inf, "solid": False} for at in still.tolist()]
    kept = chosen_twin(entries, staying, len(places))
    spare = len(places) - len(kept)
    mild = [entry["at"] for entry in kept if not entry["solid"]]
    hard = [entry["at"] for entry in kept if entry["solid"]]
    more = min(spare, int(full.sum()) - len(hard))
    hard += opaque_centroids(places[:more]).tolist()
    mild += places[more:spare].tolist()
    hard, mild = np.reshape(hard, (-1, 4)), np.reshape(mild, (-1, 4))
    history = []
    for _ in range(iterations):
        inertia = shift = 0.0
        if full.any():
            hard, inertia, shift = reference.iterate(points[full], weights[full], hard)
        if between.any():
            n = len(still) + len(hard)
            rows = np.concatenate((still, hard, mild))
            rows, added, moved = reference.iterate(points[between], weights[between], rows, n)
            mild, inertia, shift = rows[n:], inertia + added, max(shift, moved)
        history.append((inertia, shift))
    return history, np.concatenate((still, mild, hard)).tolist()
