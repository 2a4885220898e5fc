"""A base for value objects: attributes are set once, and arrays among them are read-only."""

from __future__ import annotations

from typing import Any

import numpy as np


class Immutable:
    """Subclasses list attributes in ``__slots__`` and set them with `_set` in ``__init__``."""

    __slots__: tuple[str, ...] = ()

    def _set(self, **attributes: Any) -> None:
        for name, value in attributes.items():
            if isinstance(value, np.ndarray):
                value = value.view()
                value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} is immutable: {name} cannot be deleted")

    def _digest(self) -> str:
        """A hash of all attributes: numbers, strings, lists of these, and arrays."""
        import hashlib  # loaded late: only Dask asks, and it takes time

        found = hashlib.blake2b(digest_size=16)
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                found.update(f"{name} {value.dtype.str} {value.shape} ".encode())
                found.update(value.tobytes())
            else:
                found.update(f"{name} {value!r} ".encode())
        return found.hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), {name: getattr(self, name) for name in self.__slots__})


def _restored(cls: type[Immutable], attributes: dict[str, Any]) -> Immutable:
    """Rebuild an object for `pickle` and `copy`, without calling ``__init__``."""
    made = cls.__new__(cls)
    made._set(**attributes)
    return made
