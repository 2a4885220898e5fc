"""Pillow learns of .kmc files when it is imported, be it before kmc, after, or never."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from kmc.formats.kmc.signature import MIME_TYPE, NAME, SIGNATURE, SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_WATCHED = "PIL.Image"


class _Finder:
    """Waits for one module to be looked for, and lets all other finders find it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _WATCHED:
            return None
        with contextlib.suppress(ValueError):  # another thread was first
            sys.meta_path.remove(self)
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)  # the import system passes over others, too
            spec: ModuleSpec | None = find(name, path, target) if find else None
            if spec is not None:
                _register_after(spec)
                return spec
        return None


def _register_after(spec: ModuleSpec) -> None:
    """Have the plug-in imported as soon as the module of this spec has been."""
    loader = spec.loader
    if loader is None:
        return
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        del loader.exec_module
        execute(module)
        _register()

    loader.exec_module = exec_module  # type: ignore[method-assign]


def _register() -> None:
    """Name the format to Pillow; the plug-in itself, and NumPy with it, wait for such a file."""
    image = sys.modules[_WATCHED]
    image.register_open(NAME, _opened, _accept)
    image.register_save(NAME, _saved)
    image.register_extension(NAME, SUFFIX)
    image.register_mime(NAME, MIME_TYPE)


def _accept(start: bytes) -> bool:
    return start.startswith(SIGNATURE)


def _opened(file: Any, filename: Any) -> Any:
    from kmc.formats.kmc.pillow_plugin import KmcImageFile

    return KmcImageFile(file, filename)


def _saved(picture: Any, file: Any, filename: Any) -> None:
    from kmc.formats.kmc.pillow_plugin import save

    save(picture, file)


def install() -> None:
    """Register the plug-in with Pillow: now if it is there, or else once it is."""
    if _WATCHED in sys.modules:
        _register()
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
