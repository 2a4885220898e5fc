"""The closing tables of `bench peers`: geometric means over the pictures."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench import ours, report
from bench.clock import geometric_mean

Rows = list[dict[str, Any]]


def read_best(path: Path) -> dict[tuple[str, int], float]:
    """The best known errors by picture and k, from the columns ``mse_k<k>``."""
    known = {}
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            for column, value in row.items():
                if column.startswith("mse_k") and value:
                    known[row["image"], int(column.removeprefix("mse_k"))] = float(value)
    return known


def show(rows: Rows, ks: list[int]) -> None:
    """Print speed and error ratios of every peer at each k, then the gaps to the best known."""
    for k in ks:
        ratios([row for row in rows if row["k"] == k], k)
    if any(row["best"] is not None for row in rows):
        gaps(rows, ks)
    if any(row["time_scale"] != 1.0 for row in rows):
        print("\n* measured over the iterations given, scaled to as many as kmc default took")


def ratios(rows: Rows, k: int) -> None:
    """Speedup of kmc over every peer, and the ratio of kmc's error to that of the peer."""
    cells = by_label(rows)
    twin = next((label for label in cells if label.startswith(ours.TWIN)), None)
    own = [label for label in cells if label.startswith("kmc") and label != twin]
    print(f"\nk = {k}, geometric means over {len({row['picture'] for row in rows})} pictures")
    print("peer's time / kmc's time, and kmc's MSE / peer's MSE")
    widths = [27, 9, 9, *([19] * len(own))]
    table = report.Table(("", "ms", "MSE", *map(short, own)), widths)
    table.head()
    for label in cells:
        line = [short(label), *(report.number(mean(cells[label], f)) for f in ("ms", "mse"))]
        for mine in own if not label.startswith("kmc") else []:
            speed = paired(cells[label], cells[mine], "ms")
            # Plain NumPy ran a few iterations only: compare its error with kmc's after as many.
            fair = twin if twin is not None and label.startswith("NumPy") else mine
            error = paired(cells[fair], cells[label], common_error(cells[label]))
            line.append(f"{report.number(speed, 3)}x, {error:.3f}")
        table.row(*line, *([""] * (len(widths) - len(line))))


def short(label: str) -> str:
    """A label without the number of iterations and the like."""
    return label.split(" (")[0].replace(" threads", " thr.").replace(" thread", " thr.")


def common_error(peer: dict[tuple[str, int], dict[str, Any]]) -> str:
    """The error both sides have: before rounding where the peer has real-valued centroids."""
    return "mse" if any(row["unrounded"] is None for row in peer.values()) else "unrounded"


def gaps(rows: Rows, ks: list[int]) -> None:
    """Print by how much each contender's error lies above the best known, in percent."""
    print("\nMSE over the best known, geometric mean (r: of the rounded palette)")
    table = report.Table(("", *(f"k = {k}" for k in ks)), [34, *([11] * len(ks))])
    table.head()
    for label, own in by_label(rows).items():
        line = []
        for k in ks:
            here = [row for row in own.values() if row["k"] == k and row["best"] is not None]
            field = common_error(own)
            over = 100 * (geometric_mean([row[field] / row["best"] for row in here]) - 1)
            line.append(f"{over:+.2f} %{'r' if field == 'mse' else ' '}" if here else "-")
        table.row(label, *line)


def by_label(rows: Rows) -> dict[str, dict[tuple[str, int], dict[str, Any]]]:
    """Rows by contender, then by picture and k, in the order they came."""
    cells: dict[str, dict[tuple[str, int], dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        cells[row["label"]][row["picture"], row["k"]] = row
    return cells


def mean(rows: dict[tuple[str, int], dict[str, Any]], field: str) -> float:
    """Geometric mean of one field; an error of zero, a picture kept whole, is left out."""
    return geometric_mean([row[field] for row in rows.values() if row[field] > 0])


def paired(
    above: dict[tuple[str, int], dict[str, Any]],
    below: dict[tuple[str, int], dict[str, Any]],
    field: str,
) -> float:
    """Geometric mean of the ratio of one field, over the pictures that both have."""
    both = [(above[cell][field], below[cell][field]) for cell in above if cell in below]
    return geometric_mean([a / b for a, b in both if a > 0 and b > 0])
