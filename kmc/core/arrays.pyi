from numpy import uint8, uint16
from numpy.typing import NDArray

Indices = NDArray[uint8] | NDArray[uint16]
