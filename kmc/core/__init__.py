"""The engine: C behind Cython, a module for each folder of src_c, and `run` for how calls run.

Importing it has the idle threads of OpenMP leave the processor. libgomp reads OMP_WAIT_POLICY when
it is loaded, with the engine. By default its threads spin for some milliseconds after every loop,
which costs others their processors, and our own later loops.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kmc.core import codec, colors, dither, kmeans, lossy, png, run

__all__ = ["codec", "colors", "dither", "kmeans", "lossy", "png", "run"]

# Whoever has set one of them has chosen how threads wait.
_CHOICES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")


def _load() -> None:
    """Loads all modules from one library, as PEP 489 has it: so they share the state that C keeps.

    The library is named after the module in it that has what Cython generates for all others.
    """
    path = import_module(f"{__name__}._engine").__file__
    for name in dict.fromkeys(("arrays", "run", *__all__)):  # those first that others cimport
        loader = ExtensionFileLoader(f"{__name__}.{name}", str(path))
        spec = ModuleSpec(loader.name, loader, origin=loader.path)
        module = globals()[name] = sys.modules[loader.name] = loader.create_module(spec)
        module.__spec__ = spec
        loader.exec_module(module)


if any(name in os.environ for name in _CHOICES):
    _load()
else:
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        _load()
    finally:
        del os.environ["OMP_WAIT_POLICY"]
