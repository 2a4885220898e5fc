from collections.abc import Callable

from numpy import float64, int16, int64, uint8, uint16
from numpy.typing import NDArray

class Tree:
    channels: int
    def __len__(self) -> int: ...
    def coarsen(self, min_cells: int, threads: int) -> Tree: ...
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
    tree: Tree, coordinates: NDArray[int16], fixed: NDArray[uint8], k: int, threads: int
) -> tuple[NDArray[uint8], NDArray[float64]]: ...
