"""Inputs: the files, folders and standard input that a command is given, as a list of files."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kmc.errors import ImageNotFoundError, ImageReadError
from kmc.utils.os_errors import reading
from kmc.utils.streams import read_stream

STDIO = "-"

# The files of a folder that are taken; a file that is named may have any suffix.
SUFFIXES = (
    *(".apng", ".avif", ".bmp", ".dib", ".gif", ".ico", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg"),
    *(".jpg", ".jpx", ".jxl", ".kmc", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tif"),
    *(".tiff", ".webp"),
)


# The files by which a zarr store is known: of an array or a group, in version 3 and in version 2.
_ZARR_FILES = ("zarr.json", ".zarray", ".zgroup")


def is_zarr(path: str) -> bool:
    """Whether a folder is a zarr store: one picture."""
    return any(os.path.isfile(os.path.join(path, each)) for each in _ZARR_FILES)


@dataclass(frozen=True)
class Input:
    """A file to read.

    Attributes
    ----------
    path : str
        Its name, or ``-`` for standard input.
    relative : str
        Its path below the folder that was given: that of its output below an output folder.
    problem : str
        Why it cannot be read, where that is known already.
    """

    path: str
    relative: str
    problem: str = ""

    @property
    def name(self) -> str:
        """Its name in messages."""
        return "standard input" if self.path == STDIO else self.path

    @property
    def is_stream(self) -> bool:
        """Whether it can be read only once: standard input, or a named pipe."""
        if self.path == STDIO:
            return True
        ordinary = os.path.isfile(self.path) or os.path.isdir(self.path)
        return os.path.exists(self.path) and not ordinary

    def check(self) -> None:
        """Raise ImageReadError if it is known that it cannot be read."""
        if self.problem:
            raise ImageReadError(f"{self.name}: {self.problem}")

    def source(self) -> tuple[str | io.BytesIO, int]:
        """What `kmc.read` takes, and its size in bytes; a stream is read for that.

        Raises
        ------
        ImageTooLargeError
            A stream is longer than the limit.
        ImageReadError
            A stream cannot be read, or it is a folder.
        """
        self.check()
        if not self.is_stream:
            return self.path, os.path.getsize(self.path) if os.path.exists(self.path) else 0
        with reading(self.name, ImageReadError, ImageNotFoundError):
            stream = io.BytesIO(self._content())
        stream.name = self.name  # for error messages
        return stream, len(stream.getbuffer())

    def _content(self) -> bytes:
        if self.path != STDIO:
            with open(self.path, "rb") as pipe:
                return read_stream(pipe, self.name)
        if sys.stdin is None:
            raise OSError("it is closed")
        return read_stream(sys.stdin.buffer, self.name)


def single_input(name: str) -> Input:
    """The file of that name, or standard input."""
    if name == STDIO:
        return Input(name, "stdin")
    is_folder = os.path.isdir(name) and not is_zarr(name)
    problem = "is a folder, not a picture" if is_folder else ""
    name = name.rstrip(os.sep) or name  # of a zarr array
    return Input(name, os.path.basename(name), problem)


def expand(
    names: Sequence[str],
    recursive: bool,
    suffix: str | None = None,
    out_dir: str | None = None,
    endings: Sequence[str] = SUFFIXES,
) -> list[Input]:
    """The files that are named, and if `recursive` the pictures in folders, sorted by name.

    Each file comes once. Of folders, files with one of the `endings` are taken. Results of an
    earlier run are left out: what is in `out_dir`, and files whose stems end with `suffix`.
    """
    found: dict[str, Input] = {}
    for name in names:
        for each in _files(name, recursive, suffix, out_dir, endings):
            found.setdefault(_place(each.path), each)
    return list(found.values())


def _place(path: str) -> str:
    """Equal for all ways to write a path, other than symbolic links to the file itself."""
    if path == STDIO:
        return path
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder or os.curdir), name)


def _files(
    name: str, recursive: bool, suffix: str | None, out_dir: str | None, endings: Sequence[str]
) -> list[Input]:
    if name == STDIO or not os.path.isdir(name) or is_zarr(name):
        return [single_input(name)]
    if not recursive:
        return [Input(name, "", "is a folder; -r takes the pictures in it")]
    found = list(_pictures(name, suffix, out_dir and os.path.realpath(out_dir), endings))
    return found or [Input(name, "", "is a folder without pictures")]


def _pictures(
    folder: str, suffix: str | None, out_dir: str | None, endings: Sequence[str]
) -> Iterator[Input]:
    unlisted: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=unlisted.append):
        folders[:] = sorted(
            each for each in folders if os.path.realpath(os.path.join(parent, each)) != out_dir
        )
        for name in sorted(files):
            stem, ending = os.path.splitext(name)
            if ending.lower() in endings and not (suffix and stem.endswith(suffix)):
                path = os.path.join(parent, name)
                yield Input(path, os.path.relpath(path, folder))
    for error in unlisted:
        yield Input(str(error.filename), "", f"cannot be read: {error.strerror}")
