"""Files are replaced whole or not at all, and never outside the folder they were meant for."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from kmc.errors import FileWriteError


def replace(
    path: str | os.PathLike[str],
    data: bytes,
    *,
    within: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
) -> None:
    """Put `data` in the place of the file at `path`, all of it or nothing.

    The new file is made beside the old one, takes over its permissions and is moved onto it: a full
    disk, Ctrl-C or the end of the process leave the one or the other. A write-protected file stays;
    symbolic links are followed; pipes and devices are written to as they are.

    Parameters
    ----------
    path : str or os.PathLike
        Where to.
    data : bytes
        The whole content.
    within : str or os.PathLike, optional
        A folder that the file must lie in once ``..`` and symbolic links are followed.
    overwrite : bool, default True
        Whether an existing file may be replaced. A stream (`is_stream`) loses nothing, and takes
        `data` in any case.

    Raises
    ------
    FileWriteError
        `path` leads out of `within`, or exists although `overwrite` is False (then its `errno` is
        EEXIST).
    OSError
        The system refuses; the target is as it was.

    Notes
    -----
    What replaces a file is flushed to the disk first, so that a power cut cannot take the old one
    and leave the new one empty. A file that is new is not: there is nothing to lose, and waiting
    for the disk takes several times as long as encoding a picture.
    """
    name = os.fsdecode(path)
    target = name if within is None else inside(name, os.fsdecode(within))
    if is_stream(target):  # by this name: where /dev/stdout leads, there may be none
        with open(target, "wb") as file:
            file.write(data)
        return
    real = os.path.realpath(target)
    try:
        mode = os.stat(real).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not overwrite:
        raise _exists(name)
    if mode is not None and not stat.S_ISREG(mode):
        with open(real, "wb") as file:
            file.write(data)
    else:
        _move_into_place(name, real, data, mode, overwrite)


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether this is a pipe, a terminal or a device like them, which keeps nothing to be lost."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def inside(name: str, folder: str) -> str:
    """The file that a name stands for, once ``..`` and symbolic links are followed.

    Raises
    ------
    FileWriteError
        It does not lie in `folder`.
    """
    real, root = os.path.realpath(name), os.path.realpath(folder)
    if real == root or not real.startswith(os.path.join(root, "")):
        raise FileWriteError(f"{name}: leads out of {folder}, to {real}")
    return real


def _move_into_place(name: str, path: str, data: bytes, mode: int | None, overwrite: bool) -> None:
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    temporary = os.path.join(os.path.dirname(path), f".kmc-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            if mode is not None:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        if overwrite:
            os.replace(temporary, path)
        else:
            _move_if_free(name, temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _move_if_free(name: str, temporary: str, path: str) -> None:
    """A link, unlike a move, fails where another process has made the file meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(name) from None
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise _exists(name) from None
        os.replace(temporary, path)
    else:
        os.unlink(temporary)


def _exists(name: str) -> FileWriteError:
    error = FileWriteError(f"{name}: exists already")
    error.errno = errno.EEXIST
    return error
