from numpy import int16, uint8, uint16
from numpy.typing import NDArray

from kmc.core.arrays import Indices

class Canvas:
    def __new__(
        cls,
        pixels: NDArray[uint8],
        palette: NDArray[int16],
        clear: NDArray[int16],
        coordinates: NDArray[int16] | None,
        colors: NDArray[uint8] | None = None,
        threads: int = 1,
    ) -> Canvas: ...
    coordinates: NDArray[int16] | None
    def diffuse(self, atkinson: bool, strength: int, threads: int) -> tuple[Indices, float]: ...
    def adapt(
        self, coordinates: NDArray[int16], labels: NDArray[uint16], strength: int, threads: int
    ) -> Indices: ...
    def order(
        self,
        blue: bool,
        colors: NDArray[uint8],
        coordinates: NDArray[int16],
        labels: NDArray[uint16],
        lightness: NDArray[uint16],
        strength: int,
        threads: int,
        y: int = 0,
        x: int = 0,
    ) -> Indices: ...
    def error(self, indices: Indices, threads: int) -> float: ...
