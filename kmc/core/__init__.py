"""The engine: C behind Cython. Importing it from here has its idle threads leave the processor.

libgomp reads OMP_WAIT_POLICY when it is loaded, with the engine. By default its threads spin for
some milliseconds after every loop, which costs others their processors, and our own later loops.
"""

import os

# Whoever has set one of them has chosen how threads wait.
_CHOICES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")

if any(name in os.environ for name in _CHOICES):
    from kmc.core import _core
else:
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        from kmc.core import _core
    finally:
        del os.environ["OMP_WAIT_POLICY"]

__all__ = ["_core"]
