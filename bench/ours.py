"""kmc as a contender: every effort, on one thread and on all."""

from __future__ import annotations

from typing import Literal

import kmc
from bench.contender import Answer, Contender, Pixels
from bench.rivals import distinct_colors, random_seeds

Effort = Literal["fast", "default", "best"]
TWIN = "kmc, NumPy's seeds"


def answer(result: kmc.IndexedImage) -> Answer:
    """A result of kmc in the terms of the benchmark."""
    return Answer(
        result.indices,
        colors=result.palette.colors,
        centroids=result.palette.centroids,
        iterations=result.n_iter,
        claimed_mse=result.mse,
    )


def effort(name: Effort, threads: int | None) -> Contender:
    """`kmc.quantize` at one effort; all the threads it would take where `threads` is None."""

    def run(pixels: Pixels, k: int) -> kmc.IndexedImage:
        return kmc.quantize(pixels, k, effort=name, threads=threads)

    count = kmc.cpu.threads() if threads is None else threads
    label = f"kmc {name}, {count} thread{'s' if count != 1 else ''}"
    return Contender(label, kmc.__version__, run, read=answer, slow=name == "best")


def twin(iterations: int) -> Contender:
    """kmc from the same seeds and for the same iterations as the NumPy contender."""

    def run(prepared: tuple[Pixels, Pixels], k: int) -> kmc.IndexedImage:
        pixels, distinct = prepared
        seeds = random_seeds(distinct, k)
        return kmc.quantize(pixels, k, init=seeds, max_iter=iterations, tol=0, effort="fast")

    def prepare(pixels: Pixels) -> tuple[Pixels, Pixels]:
        return pixels, distinct_colors(pixels)

    label = f"{TWIN} ({iterations} it.)"
    return Contender(label, kmc.__version__, run, prepare, answer)


def contenders(efforts: list[Effort], numpy_iterations: int) -> list[Contender]:
    """One thread and all of them for each effort, and the twin of the NumPy contender."""
    counts: tuple[int | None, ...] = (1, None) if kmc.cpu.threads() > 1 else (1,)
    ours = [effort(name, threads) for name in efforts for threads in counts]
    return [*ours, twin(numpy_iterations)]
