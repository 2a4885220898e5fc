"""Pillow opens and saves .kmc files once `register` has been called, as ``import kmc`` does."""

from __future__ import annotations

from typing import Any

from PIL import Image

from kmc.formats.kmc.container import MIME_TYPE, NAME, SIGNATURE, SUFFIX


def register() -> None:
    """Tell Pillow about the format; the codec, and NumPy with it, are loaded with the first file.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.formats.kmc.pillow_registration import register
    >>> register()
    >>> Image.registered_extensions()[".kmc"]
    'KMC'
    """
    Image.register_open(NAME, _open, _accept)
    Image.register_save(NAME, _save)
    Image.register_extension(NAME, SUFFIX)
    Image.register_mime(NAME, MIME_TYPE)


def _accept(prefix: bytes) -> bool:
    return prefix.startswith(SIGNATURE)


def _open(file: Any, filename: Any) -> Any:
    from kmc.formats.kmc.pillow_plugin import KmcImageFile  # imports NumPy

    return KmcImageFile(file, filename)


def _save(picture: Any, file: Any, filename: Any) -> None:
    from kmc.formats.kmc.pillow_plugin import save  # imports NumPy

    save(picture, file)
