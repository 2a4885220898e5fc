from collections.abc import Callable

from numpy import float64, int16, int32, int64, uint8, uint16, uint32
from numpy.typing import NDArray

Indices = NDArray[uint8] | NDArray[uint16]

def histogram(pixels: NDArray[uint8], threads: int) -> tuple[NDArray[uint8], NDArray[int64]]: ...
def remap(
    pixels: NDArray[uint8],
    colors: NDArray[uint8],
    labels: NDArray[uint16],
    k: int,
    threads: int,
) -> Indices: ...
def assign(
    pixels: NDArray[uint8], palette: NDArray[uint8], threads: int
) -> tuple[Indices, int]: ...
def assign_sums(
    pixels: NDArray[uint8], palette: NDArray[uint8], threads: int
) -> tuple[Indices, int, NDArray[int64], NDArray[int64]]: ...
def add_weights(
    pixels: NDArray[uint8], weights: NDArray[uint16], colors: NDArray[uint8], threads: int
) -> NDArray[int64]: ...
def cpu_names() -> tuple[str, ...]: ...
def cpu_get() -> str: ...
def cpu_set(name: str | None) -> None: ...
def openmp() -> bool: ...
def openmp_limit() -> int | None: ...

class Watch:
    stopped: bool
    def __init__(
        self,
        callback: Callable[[int, NDArray[float64], float, float], object] | None = None,
        deadline: float | None = None,
    ) -> None: ...
    def __enter__(self) -> Watch: ...
    def __exit__(self, *exception: object) -> None: ...
    def look(self) -> bool: ...
    def ask(
        self,
        callback: Callable[[int, NDArray[float64], float, float], object],
        iteration: int,
        centroids: NDArray[float64],
        inertia: float,
        shift: float,
    ) -> bool: ...

def watch() -> Watch: ...

class Tree:
    channels: int
    def __len__(self) -> int: ...
    def coarsen(self, least: int, threads: int) -> Tree: ...
    def seed_plusplus(
        self, k: int, seed: int, threads: int, fixed: NDArray[float64] | tuple[()] = ...
    ) -> NDArray[float64]: ...
    def seed_random(self, k: int, seed: int, threads: int) -> NDArray[float64]: ...
    def seed_split(self, k: int, threads: int) -> NDArray[float64]: ...
    def search(
        self,
        centroids: NDArray[float64],
        kicks: int,
        patience: int,
        seed: int,
        threads: int,
        n_fixed: int = 0,
    ) -> None: ...
    def lloyd(
        self,
        centroids: NDArray[float64],
        max_iter: int,
        tol: float,
        callback: Callable[[int, NDArray[float64], float, float], object] | None,
        threads: int,
        n_fixed: int = 0,
    ) -> tuple[list[tuple[float, float]], bool]: ...
    def nudge(
        self, centroids: NDArray[float64], rounds: int, threads: int, n_fixed: int = 0
    ) -> None: ...
    def label(
        self, centroids: NDArray[float64], threads: int
    ) -> tuple[NDArray[uint16], NDArray[int64], float]: ...

def tree(
    colors: NDArray[uint8],
    weights: NDArray[int64] | None,
    threads: int,
    coordinates: NDArray[int16] | None = None,
) -> Tree: ...
def best_greys(
    tree: Tree, places: NDArray[int16], fixed: NDArray[uint8], k: int, threads: int
) -> tuple[NDArray[uint8], NDArray[float64]]: ...

class Space:
    def __init__(
        self,
        mix: NDArray[uint32],
        roots: NDArray[uint32] | None,
        toe: tuple[int, int, int],
        rows: NDArray[int64],
        offsets: tuple[int, ...],
        neutral: tuple[int, ...],
        white: int,
    ) -> None: ...

def coordinates(colors: NDArray[uint8], space: Space | None, threads: int) -> NDArray[int16]: ...
def color_error(
    colors: NDArray[uint8],
    counts: NDArray[int64],
    palette: NDArray[uint8],
    labels: NDArray[uint16],
    threads: int,
) -> float: ...

class Canvas:
    def __new__(
        cls,
        pixels: NDArray[uint8],
        palette: NDArray[int16],
        clear: NDArray[int16],
        coordinates: NDArray[int16] | None,
    ) -> Canvas: ...
    def diffuse(self, atkinson: bool, strength: int, threads: int) -> tuple[Indices, float]: ...
    def order(
        self,
        blue: bool,
        colors: NDArray[uint8],
        coordinates: NDArray[int16],
        labels: NDArray[uint16],
        lightness: NDArray[uint16],
        strength: int,
        threads: int,
    ) -> Indices: ...
    def error(self, indices: Indices, threads: int) -> float: ...

def png_filter(rows: NDArray[uint8], threads: int, filter: int = -1) -> NDArray[uint8]: ...
def adjacency(indices: NDArray[uint8], k: int, threads: int) -> NDArray[int64]: ...
def palette_order(adjacency: NDArray[int64], threads: int) -> NDArray[int32]: ...
def palette_bytes(k: int) -> int: ...
def plane_bytes(height: int, width: int, contexts: int, slot_bits: int, n_bands: int) -> int: ...
def plane_write(
    indices: Indices,
    palette: NDArray[uint8],
    contexts: int,
    slot_bits: int,
    n_bands: int,
    threads: int,
) -> list[bytes]: ...
def plane_read(
    bands: list[bytes | None],
    height: int,
    width: int,
    palette: NDArray[uint8],
    contexts: int,
    slot_bits: int,
    threads: int,
) -> Indices: ...
def palette_write(palette: NDArray[uint8]) -> bytes: ...
def palette_read(data: bytes, k: int, channels: int) -> NDArray[uint8]: ...
def block_bytes(n: int) -> int: ...
def block_write(block: bytes) -> bytes: ...
def block_read(coded: bytes, n: int) -> bytes: ...
