from typing import Any

from numpy import int16, uint8
from numpy.typing import NDArray

MAX_COLORS: int

class Choice:
    def __init__(
        self,
        nearest: NDArray[Any],
        points: NDArray[int16],
        entries: NDArray[int16],
        kinds: NDArray[uint8],
        price: int,
        reach: int,
    ) -> None: ...
    def by_kmc(
        self,
        palette: NDArray[uint8],
        contexts: int,
        slot_bits: int,
        n_bands: int,
        threads: int,
    ) -> tuple[NDArray[Any], int]: ...
