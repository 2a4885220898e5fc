"""Atomic writing of files and folders, optionally restricted to a folder."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator

from kmc.errors import FileWriteError

# How often a folder is removed until it is gone.
_REMOVALS = 100

# What is being written, under its temporary name.
_unfinished: set[str] = set()


def replace(
    path: str | os.PathLike[str],
    data: bytes,
    *,
    within: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
    like: os.stat_result | None = None,
) -> None:
    """Write `data` to the file at `path`, completely or not at all.

    The data goes to a temporary file in the same folder, which gets the permissions of the old file
    and then replaces it. If the disk is full or the process is killed, the old file remains.
    Write-protected files are not replaced; symbolic links are followed; pipes and devices are
    written to directly.

    Parameters
    ----------
    path : str or os.PathLike
    data : bytes
    within : str or os.PathLike, optional
        A folder that must contain the file after ``..`` and symbolic links are resolved.
    overwrite : bool, default True
        Whether an existing file may be replaced. Streams (`is_stream`) are always written to.
    like : os.stat_result, optional
        The status of a file whose permissions and time stamps the new one gets.

    Raises
    ------
    FileWriteError
        `path` is not in `within`, or exists although `overwrite` is False (`errno` is then EEXIST).
    OSError
        The operating system reports an error; the file is unchanged.

    Notes
    -----
    Data that replaces a file is flushed to disk first, so that a power failure cannot leave an
    empty file instead of the old one. For a new file that would only cost time.
    """
    name = os.fsdecode(path)
    target = name if within is None else inside(name, os.fsdecode(within))
    if is_stream(target):  # not the resolved path: the target of /dev/stdout may not exist
        with open(target, "wb") as file:
            file.write(data)
        return
    real, mode = _checked_target(name, target, overwrite)
    if mode is not None and not stat.S_ISREG(mode):
        with open(real, "wb") as file:
            file.write(data)
        return
    with (
        _in_place_of(name, real, mode, overwrite, like) as temporary,
        open(temporary, "xb") as file,
    ):
        file.write(data)
        if mode is not None:
            file.flush()
            os.fsync(file.fileno())


@contextlib.contextmanager
def replacement(
    path: str | os.PathLike[str],
    *,
    within: str | os.PathLike[str] | None = None,
    overwrite: bool = True,
    like: os.stat_result | None = None,
) -> Iterator[str]:
    """The name of a new file, or folder, that takes the place of `path` once it is complete.

    The caller creates and closes it within the context. If the context ends with an exception, it
    is removed, and what was at `path` remains. `within`, `overwrite`, `like` and what is raised are
    as for `replace`; a folder is replaced by a folder, a file by a file.
    """
    name = os.fsdecode(path)
    target = name if within is None else inside(name, os.fsdecode(within))
    real, mode = _checked_target(name, target, overwrite)
    if mode is not None and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise FileWriteError(f"{name}: cannot be written: it is neither a file nor a folder")
    with _in_place_of(name, real, mode, overwrite, like) as temporary:
        yield temporary


def remove_unfinished() -> None:
    """Remove what other threads are writing, before the process is ended in the midst of it."""
    for temporary in tuple(_unfinished):
        _remove(temporary)


def _checked_target(name: str, target: str, overwrite: bool) -> tuple[str, int | None]:
    """The file that a name stands for, and its mode if it exists."""
    real = os.path.realpath(target)
    try:
        mode = os.stat(real).st_mode
    except FileNotFoundError:
        return real, None
    if not overwrite:
        raise _exists(name)
    return real, mode


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether this is a pipe, a terminal or another character device, with no content to lose."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def inside(name: str, folder: str) -> str:
    """Resolve ``..`` and symbolic links in a file name.

    Raises
    ------
    FileWriteError
        The file is not in `folder`.
    """
    real, root = os.path.realpath(name), os.path.realpath(folder)
    if real == root or not real.startswith(os.path.join(root, "")):
        raise FileWriteError(f"{name}: leads out of {folder}, to {real}")
    return real


@contextlib.contextmanager
def _in_place_of(
    name: str,
    path: str,
    mode: int | None,
    overwrite: bool,
    like: os.stat_result | None,
) -> Iterator[str]:
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    temporary = os.path.join(os.path.dirname(path), f".kmc-{os.urandom(8).hex()}.tmp")
    _unfinished.add(temporary)
    try:
        yield temporary
        if mode is not None and like is None:
            os.chmod(temporary, stat.S_IMODE(mode))
        if like is not None:
            os.chmod(temporary, stat.S_IMODE(like.st_mode) & 0o777)
            os.utime(temporary, ns=(like.st_atime_ns, like.st_mtime_ns))
        if os.path.isdir(temporary):
            _move_folder(name, temporary, path, overwrite)
        elif overwrite:
            os.replace(temporary, path)
        else:
            _move_if_free(name, temporary, path)
    except BaseException:
        _remove(temporary)
        raise
    finally:
        _unfinished.discard(temporary)


def _remove(path: str) -> None:
    if os.path.isdir(path):
        import shutil  # slow to import, and needed only for folders

        for _ in range(_REMOVALS):  # another thread may be adding files
            shutil.rmtree(path, ignore_errors=True)
            if not os.path.lexists(path):
                break
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _move_folder(name: str, temporary: str, path: str, overwrite: bool) -> None:
    """Move a folder into place; one that is there is moved out of the way, then removed."""
    if not os.path.lexists(path):
        os.rename(temporary, path)
        return
    if not overwrite:
        raise _exists(name)
    old = f"{temporary}.old"
    os.rename(path, old)
    try:
        os.rename(temporary, path)
    except BaseException:
        os.rename(old, path)
        raise
    _remove(old)


def _move_if_free(name: str, temporary: str, path: str) -> None:
    """Unlike `os.replace`, `os.link` fails if another process has created the file meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise _exists(name) from None
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise _exists(name) from None
        os.replace(temporary, path)
    else:
        os.unlink(temporary)


def _exists(name: str) -> FileWriteError:
    error = FileWriteError(f"{name}: exists already")
    error.errno = errno.EEXIST
    return error
