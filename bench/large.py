"""Images larger than memory: the same results by Dask, their time, and the memory of each process.

Images are made chunk by chunk, of real pictures with noise on top, and never exist as a whole.
`identity` compares palettes and labels of every kind of chunks and scheduler with those in memory;
`dask` counts and maps an image by kmc piece by piece, by Dask's threads and by a cluster of two
processes; `sums` adds two histograms; `peers` has dask-ml on what it can hold. Each run is a
process of its own. Memory is the most that a process held, as the kernel says, all of it; `CPU` are
the seconds of all processes together, which another program on the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import kmc
from bench import clock, pictures, report
from bench.contender import Pixels
from bench.scale import peak_bytes
from kmc import core

Row = dict[str, Any]

TABLE = report.Table(
    ("", "megapixels", "colours", "seconds", "CPU", "ns/pixel", "MB a process", "result"),
    (45, 10, 9, 8, 8, 8, 16, 10),
)
SUM_COLORS = 8_000_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures to tile from")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--gigapixels", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--k", type=int, default=256)
    parser.add_argument("--side", type=int, default=2048, help="of a chunk, in pixels")
    parser.add_argument("--noise", type=int, default=12, help="levels up and down")
    parser.add_argument("--peer-megapixels", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> None:
    """Run the parts one after the other; a child runs one task."""
    if options.child is not None:
        print(json.dumps(CHILDREN[options.child["task"]](options.child)))
        return
    about = report.machine()
    report.title(about, [name for name in ("dask", "dask_ml") if not is_installed(name)])
    print()
    TABLE.head()
    rows = [row for part in options.parts for row in PARTS[part](options)]
    report.save("large", about, rows)


def is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def spawn(options: argparse.Namespace, task: str, **more: Any) -> Row:
    """Run one task in a fresh process, and return what it measured."""
    settings = {name: getattr(options, name) for name in ("k", "side", "noise")}
    images = str(options.images) if options.images else None
    job = json.dumps({"task": task, "images": images, **settings, **more})
    command = [sys.executable, "-m", "bench", "large", "--child", job]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def used() -> tuple[int, float]:
    """The memory that this process held at most, and the seconds of processors it has used."""
    return peak_bytes(), time.process_time()


def accounts(before: float, others: Iterable[tuple[int, float]] = ()) -> Row:
    """The memory of this process and of others, and their seconds without those before."""
    every = [used(), *others]
    seconds = sum(seconds for _, seconds in every) - before
    return {"peaks": [peak for peak, _ in every], "cpu": seconds}


def show(row: Row) -> None:
    pixels, peaks = row.get("pixels"), row.get("peaks", [])
    TABLE.row(
        row["what"],
        report.number(pixels / 1e6) if pixels else "-",
        row.get("colors", "-"),
        report.number(row["seconds"]),
        report.number(row.get("cpu")),
        report.number(1e9 * row["seconds"] / pixels, 3) if pixels else "-",
        " + ".join(f"{peak / 1e6:.0f}" for peak in peaks) or "-",
        row["result"],
    )


# ---- an image that is made when it is needed -----------------------------------------------------


@lru_cache(maxsize=1)
def tiles(images: str | None) -> list[Pixels]:
    """The pictures, once in every process."""
    return [each.pixels for each in pictures.load(Path(images) if images else None)]


def piece(images: str | None, noise: int, shape: tuple[int, int], number: int) -> Pixels:
    """A chunk of the image: one of the pictures, repeated, with noise that its number decides."""
    known = tiles(images)
    picture = known[number % len(known)]
    repeats = (-(-shape[0] // picture.shape[0]), -(-shape[1] // picture.shape[1]), 1)
    pixels = np.tile(picture, repeats)[: shape[0], : shape[1]].astype(np.int16)
    pixels += np.random.default_rng(number).integers(-noise, noise + 1, pixels.shape, np.int16)
    found: Pixels = pixels.clip(0, 255).astype(np.uint8)
    return found


def shapes(pixels: float, side: int) -> list[tuple[int, int]]:
    """The chunks of an image of so many pixels: one column of squares."""
    return [(side, side)] * max(1, round(pixels / side**2))


def pieces(task: Row) -> Iterator[Pixels]:
    for number, shape in enumerate(shapes(task["pixels"], task["side"])):
        yield piece(task["images"], task["noise"], shape, number)


def lazy(task: Row) -> Any:
    """The same image as a Dask array."""
    import dask.array as da

    side, n = task["side"], len(shapes(task["pixels"], task["side"]))

    def make(block_id: tuple[int, ...]) -> Pixels:
        return piece(task["images"], task["noise"], (side, side), block_id[0])

    return da.map_blocks(
        make,
        chunks=((side,) * n, (side,), (3,)),
        dtype=np.uint8,
        meta=np.empty((0, 0, 0), np.uint8),
    )


def digest(*arrays: NDArray[Any]) -> str:
    found = hashlib.blake2b(digest_size=4)
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


# ---- identity ------------------------------------------------------------------------------------


def identity(options: argparse.Namespace) -> Iterator[Row]:
    """Palettes and labels by every kind of chunks and scheduler; raises where one differs."""
    if not is_installed("dask"):
        return
    row = spawn(options, "identity", pixels=4e6)
    show(row)
    yield row


def identity_child(task: Row) -> Row:
    import dask
    import dask.array as da
    from distributed import Client, LocalCluster

    pixels = np.concatenate(list(pieces({**task, "side": 1000})))
    begun, n = time.perf_counter(), 0
    expected = kmc.quantize(pixels, task["k"], dither="blue-noise")

    def check() -> int:
        for chunks in ((256, 256, 3), (1000, 37, 3), (100, -1, -1), (-1, -1, -1)):
            image = da.from_array(pixels, chunks=chunks)
            made = kmc.quantize(image, task["k"], dither="blue-noise").compute()
            same = digest(made.indices, made.palette.centroids)
            if same != digest(expected.indices, expected.palette.centroids):
                raise ValueError(f"chunks of {chunks} give another result")
        return 4

    for scheduler in ("synchronous", "threads"):
        with dask.config.set(scheduler=scheduler):
            n += check()
    with cluster_of(LocalCluster, 2) as cluster, Client(cluster):
        n += check()
    return {
        "what": "identity: chunks x schedulers",
        "pixels": pixels.shape[0] * pixels.shape[1],
        "colors": len(kmc.histogram(pixels)),
        "seconds": time.perf_counter() - begun,
        "result": f"{n} equal",
    }


def cluster_of(kind: Any, workers: int) -> Any:
    return kind(n_workers=workers, threads_per_worker=1, dashboard_address=":0")


# ---- a large image -------------------------------------------------------------------------------


def by_dask(options: argparse.Namespace) -> Iterator[Row]:
    """Count and map images of every size; raises where the ways differ in the result."""
    for gigapixels in options.gigapixels:
        results = set()
        for way in list(WAYS)[: None if is_installed("dask") else 1]:
            row = spawn(options, "quantize", way=way, pixels=gigapixels * 1e9)
            show(row)
            results.add(row["result"])
            yield row
        if len(results) != 1:
            raise ValueError(f"the ways differ: {results}")


def quantize_child(task: Row) -> Row:
    """Find a palette of an image, and map it; the labels are only counted."""
    tiles(task["images"])  # reading files is not what is measured
    for package in ("dask.array", "distributed"):  # nor is importing
        if is_installed("dask"):
            importlib.import_module(package)
    begun, before = time.perf_counter(), time.process_time()
    palette, counts, others = WAYS[task["way"]](task)
    return {
        "what": f"{task['way']}, k = {task['k']}",
        "pixels": int(counts.sum()),
        "seconds": time.perf_counter() - begun,
        **accounts(before, others),
        "result": digest(palette.centroids, counts),
    }


Quantized = tuple[kmc.Palette, NDArray[np.int64], list[tuple[int, float]]]


def quantized_by_pieces(task: Row) -> Quantized:
    """What kmc does without Dask, on as many threads as there are processors."""
    palette = kmc.fit(pieces(task), task["k"])
    counts = np.zeros(task["k"], np.int64)
    for each in pieces(task):
        counts += np.bincount(palette.remap(each).indices.ravel(), minlength=task["k"])
    return palette, counts, []


def quantized_by_dask(task: Row, scheduler: str) -> Quantized:
    """The same by the scheduler in use, or another one."""
    import dask
    import dask.array as da

    image = lazy(task)
    with dask.config.set({"scheduler": scheduler} if scheduler else {}):
        palette = kmc.fit(image, task["k"])
        labels = palette.remap(image)
        counted = labels.map_blocks(
            label_counts,
            task["k"],
            chunks=((1,) * labels.numblocks[0], (task["k"],)),
            dtype=np.int64,
            meta=np.empty((0, 0), np.int64),
        )
        counts = da.sum(counted, axis=0).compute()
    return palette, counts, []


def label_counts(labels: NDArray[Any], k: int) -> NDArray[np.int64]:
    return np.bincount(labels.ravel(), minlength=k).astype(np.int64)[None]


def quantized_by_cluster(task: Row) -> Quantized:
    from distributed import Client, LocalCluster

    with cluster_of(LocalCluster, 2) as cluster, Client(cluster) as client:
        palette, counts, _ = quantized_by_dask(task, "")
        return palette, counts, list(client.run(used).values())


WAYS: dict[str, Callable[[Row], Quantized]] = {
    "piece by piece": quantized_by_pieces,
    "Dask, threads": partial(quantized_by_dask, scheduler="threads"),
    "Dask, 2 processes": quantized_by_cluster,
}


# ---- sums of histograms --------------------------------------------------------------------------


def sums(options: argparse.Namespace) -> Iterator[Row]:
    """Add two histograms of many colours; ns a pixel are those for each colour of either."""
    random = np.random.default_rng(0)
    a, b = (some_colors(random, SUM_COLORS) for _ in range(2))
    for threads in (1, 2):
        add = partial(core.colors.add_histograms, *a, *b, threads)
        total = len(add()[0])
        row = {
            "what": f"sum of 2 x {SUM_COLORS // 10**6} million colours, {threads} threads",
            "pixels": 2 * SUM_COLORS,
            "colors": total,
            "seconds": clock.median(add, options.repeat),
            "result": "-",
        }
        show(row)
        yield row


def some_colors(random: np.random.Generator, n: int) -> tuple[Pixels, NDArray[np.int64]]:
    """So many distinct colours in Morton order, with counts."""
    keys = np.sort(random.choice(1 << 24, n, replace=False).astype(np.uint32))
    colors = np.zeros((n, 3), np.uint8)
    for channel in range(3):
        for bit in range(8):
            bits = keys >> np.uint32(3 * bit + 2 - channel) & np.uint32(1)
            colors[:, channel] |= (bits << np.uint32(bit)).astype(np.uint8)
    return colors, random.integers(1, 1000, n)


# ---- dask-ml -------------------------------------------------------------------------------------


def peers(options: argparse.Namespace) -> Iterator[Row]:
    """k-means of dask-ml and of kmc on the same image, with the errors of their palettes."""
    if not is_installed("dask_ml"):
        return
    for name in PEERS:
        side = round((options.peer_megapixels * 1e6 / 2) ** 0.5)
        row = spawn(options, "peer", name=name, side=side, pixels=2 * side**2)
        show(row)
        yield row


def peer_child(task: Row) -> Row:
    pixels = np.concatenate(list(pieces(task)))
    begun, before = time.perf_counter(), time.process_time()
    centroids = PEERS[task["name"]](pixels, task["k"])
    seconds = time.perf_counter() - begun
    palette = kmc.Palette(np.floor(centroids + 0.5).clip(0, 255).astype(np.uint8))
    return {
        "what": f"{task['name']}, k = {task['k']}",
        "pixels": pixels.shape[0] * pixels.shape[1],
        "colors": len(kmc.histogram(pixels)),
        "seconds": seconds,
        **accounts(before),
        "result": f"MSE {palette.remap(pixels).mse:.3f}",
    }


def by_kmc(pixels: Pixels, k: int) -> NDArray[np.float64]:
    import dask.array as da

    return kmc.fit(da.from_array(pixels, chunks=512), k).centroids


def rows_of(pixels: Pixels) -> Any:
    """The pixels as rows of floats, in chunks."""
    import dask.array as da

    return da.from_array(pixels.reshape(-1, 3).astype(np.float32), chunks=(1 << 18, 3))


def by_dask_ml(pixels: Pixels, k: int) -> NDArray[np.float64]:
    from dask_ml.cluster import KMeans

    return np.asarray(KMeans(n_clusters=k, random_state=0).fit(rows_of(pixels)).cluster_centers_)


def by_mini_batches(pixels: Pixels, k: int) -> NDArray[np.float64]:
    """What the documentation of dask-ml recommends where KMeans takes too long."""
    model = importlib.import_module("sklearn.cluster").MiniBatchKMeans(n_clusters=k, random_state=0)
    for block in rows_of(pixels).blocks:
        model.partial_fit(block.compute())
    return np.asarray(model.cluster_centers_)


PEERS: dict[str, Callable[[Pixels, int], NDArray[np.float64]]] = {
    "kmc.fit": by_kmc,
    "dask_ml KMeans": by_dask_ml,
    "sklearn MiniBatchKMeans, by chunks": by_mini_batches,
}

PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "identity": identity,
    "dask": by_dask,
    "sums": sums,
    "peers": peers,
}

CHILDREN: dict[str, Callable[[Row], Row]] = {
    "identity": identity_child,
    "quantize": quantize_child,
    "peer": peer_child,
}
