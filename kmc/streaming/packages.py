"""Packages that an ordinary installation does without."""

from __future__ import annotations

import importlib
from typing import Any

from kmc.errors import MissingPackageError


def needed(package: str, name: str) -> Any:
    """Import a package that the file called `name` needs.

    Raises
    ------
    MissingPackageError
        It is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(
            f'{name}: needs {package}, which is not installed: pip install "kmc-quantize[large]"'
        ) from error
