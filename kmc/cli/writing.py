"""What the commands make is written: to files, whole or not at all, or to standard output."""

from __future__ import annotations

import os
import sys

from kmc.cli.inputs import STDIO
from kmc.errors import FileWriteError


def called(target: str) -> str:
    """What messages call a target.

    Examples
    --------
    >>> from kmc.cli.writing import called
    >>> called("small/a.png"), called("-")
    ('small/a.png', 'standard output')
    """
    return "standard output" if target == STDIO else target


def write(target: str, data: bytes, *, within: str | None = None, overwrite: bool = True) -> None:
    """Put data into a file, as `kmc.replace.replace` does it, or out.

    A folder `within` which it must lie is made, and those between.

    Raises
    ------
    FileWriteError
        The system refuses; a file is as it was.
    BrokenPipeError
        Whoever read standard output has gone.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from kmc.cli.writing import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(folder + "/new/a.txt", b"whole", within=folder + "/new")
    ...     pathlib.Path(folder, "new", "a.txt").read_bytes()
    b'whole'
    """
    from kmc.utils.atomic_write import inside, replace

    try:
        if target == STDIO:
            _print(data)
            return
        if within is not None:
            os.makedirs(os.path.dirname(inside(target, within)), exist_ok=True)
        replace(target, data, within=within, overwrite=overwrite)
    except (BrokenPipeError, FileWriteError):
        raise
    except (OSError, ValueError) as error:
        reason = _reason(target, error)
        raise FileWriteError(f"{called(target)}: cannot be written: {reason}") from error


def _print(data: bytes) -> None:
    if sys.stdout is None:
        raise OSError("it is closed")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _reason(target: str, error: OSError | ValueError) -> object:
    if isinstance(error, FileNotFoundError):
        return f"there is no folder {os.path.dirname(target)}"
    return getattr(error, "strerror", None) or error
