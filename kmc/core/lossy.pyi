from typing import Any

from numpy import int16, uint8, uint16
from numpy.typing import NDArray

MAX_COLORS: int

class Choice:
    @property
    def nearest(self) -> NDArray[Any]: ...
    def __new__(
        cls,
        nearest: NDArray[Any],
        points: NDArray[int16],
        entries: NDArray[int16],
        kinds: NDArray[uint8],
        price: int,
        reach: int,
        weights: NDArray[uint16] | None = None,
    ) -> Choice: ...
    def masking_weights(self, threads: int) -> NDArray[uint16]: ...
    def by_png(self, threads: int) -> NDArray[uint8]: ...
    def by_gif(self, threads: int) -> NDArray[uint8]: ...
    def by_kmc(
        self,
        palette: NDArray[uint8],
        contexts: int,
        slot_bits: int,
        n_bands: int,
        threads: int,
    ) -> NDArray[Any]: ...
