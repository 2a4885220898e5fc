from numpy import int16, int64, uint8, uint16, uint32
from numpy.typing import NDArray

from kmc.core.arrays import Indices

def histogram(pixels: NDArray[uint8], threads: int) -> tuple[NDArray[uint8], NDArray[int64]]: ...
def add_histograms(
    a_colors: NDArray[uint8],
    a_counts: NDArray[int64],
    b_colors: NDArray[uint8],
    b_counts: NDArray[int64],
    threads: int,
) -> tuple[NDArray[uint8], NDArray[int64]]: ...
def remap(
    pixels: NDArray[uint8],
    colors: NDArray[uint8],
    labels: NDArray[uint16],
    k: int,
    threads: int,
) -> Indices: ...

class Labels:
    def __new__(
        cls, colors: NDArray[uint8], labels: NDArray[uint16], k: int, threads: int
    ) -> Labels: ...
    def remap(self, pixels: NDArray[uint8], threads: int) -> Indices: ...

def assign(
    pixels: NDArray[uint8], palette: NDArray[uint8], threads: int
) -> tuple[Indices, int]: ...
def assign_sums(
    pixels: NDArray[uint8], palette: NDArray[uint8], threads: int
) -> tuple[Indices, int, NDArray[int64], NDArray[int64]]: ...
def add_weights(
    pixels: NDArray[uint8], weights: NDArray[uint16], colors: NDArray[uint8], threads: int
) -> NDArray[int64]: ...

class Space:
    def __init__(
        self,
        mix: NDArray[uint32],
        roots: NDArray[uint32] | None,
        toe: tuple[int, int, int],
        rows: NDArray[int64],
        offsets: tuple[int, ...],
        transparent: tuple[int, ...],
    ) -> None: ...

def coordinates(colors: NDArray[uint8], space: Space | None, threads: int) -> NDArray[int16]: ...
def color_error(
    colors: NDArray[uint8],
    counts: NDArray[int64],
    palette: NDArray[uint8],
    labels: NDArray[uint16],
    threads: int,
) -> tuple[NDArray[int64], float]: ...
def crowds(coordinates: NDArray[int16], axes: int, threads: int) -> NDArray[uint32]: ...
