"""The pictures a command is given: files, folders and standard input become a list of files."""

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

FOLDER = "is a folder, and no picture"

# What a folder is searched for; a file that is named may have any name.
SUFFIXES = (
    *(".apng", ".avif", ".bmp", ".dib", ".gif", ".ico", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg"),
    *(".jpg", ".jpx", ".jxl", ".kmc", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tif"),
    *(".tiff", ".webp"),
)


@dataclass(frozen=True)
class Input:
    """A file to read, and where below an output folder its result belongs.

    Examples
    --------
    >>> from kmc.cli.inputs import Input
    >>> Input("-", "stdin").name
    'standard input'
    """

    path: str
    below: str
    hopeless: str = ""  # why it cannot be read, where that is known beforehand

    @property
    def name(self) -> str:
        """What messages call it."""
        return "standard input" if self.path == STDIO else self.path

    @property
    def once(self) -> bool:
        """Whether it can be read once only: standard input, or a pipe with a name."""
        if self.path == STDIO:
            return True
        ordinary = os.path.isfile(self.path) or os.path.isdir(self.path)
        return os.path.exists(self.path) and not ordinary

    def source(self) -> tuple[str | io.BytesIO, int]:
        """What `kmc.read` takes, and its size in bytes; standard input and pipes can be had once.

        Raises
        ------
        ImageTooLargeError
            Standard input or a pipe has no end within reason.
        ImageReadError
            Standard input or a pipe cannot be read, or it is a folder; whether a file can be is for
            whoever opens it to say.
        """
        if self.hopeless:
            raise ImageReadError(f"{self.name}: {self.hopeless}")
        if not self.once:
            return self.path, os.path.getsize(self.path) if os.path.exists(self.path) else 0
        with reading(self.name, ImageReadError, ImageNotFoundError):
            stream = io.BytesIO(self._everything())
        stream.name = self.name  # what errors call it
        return stream, len(stream.getbuffer())

    def _everything(self) -> bytes:
        if self.path != STDIO:
            with open(self.path, "rb") as pipe:
                return read_stream(pipe, self.name)
        if sys.stdin is None:
            raise OSError("it is closed")
        return read_stream(sys.stdin.buffer, self.name)


def one(name: str) -> Input:
    """The file that is named, or standard input.

    Examples
    --------
    >>> from kmc.cli.inputs import one
    >>> one("a/b.png").below, one(".").hopeless
    ('b.png', 'is a folder, and no picture')
    """
    if name == STDIO:
        return Input(name, "stdin")
    return Input(name, os.path.basename(name), FOLDER if os.path.isdir(name) else "")


def expand(
    names: Sequence[str], recursive: bool, suffix: str | None = None, out_dir: str | None = None
) -> list[Input]:
    """The files that are named, and with `recursive` the pictures in folders, by name.

    Each file comes once. Left out of folders are results of an earlier run: what lies in `out_dir`,
    and files whose names end with `suffix`.

    Examples
    --------
    >>> from kmc.cli.inputs import expand
    >>> [each.below for each in expand(["a/b.png", "-", "a//b.png"], recursive=False)]
    ['b.png', 'stdin']
    """
    found: dict[str, Input] = {}
    for name in names:
        for each in _named(name, recursive, suffix, out_dir):
            found.setdefault(os.path.normpath(each.path), each)
    return list(found.values())


def _named(name: str, recursive: bool, suffix: str | None, out_dir: str | None) -> list[Input]:
    if name == STDIO or not os.path.isdir(name):
        return [one(name)]
    if not recursive:
        return [Input(name, "", "is a folder; -r takes the pictures in it")]
    found = list(_pictures(name, suffix, out_dir and os.path.realpath(out_dir)))
    return found or [Input(name, "", "is a folder without pictures")]


def _pictures(folder: str, suffix: str | None, out_dir: str | None) -> Iterator[Input]:
    closed: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(
            each for each in folders if os.path.realpath(os.path.join(parent, each)) != out_dir
        )
        for name in sorted(files):
            stem, ending = os.path.splitext(name)
            if ending.lower() in SUFFIXES and not (suffix and stem.endswith(suffix)):
                path = os.path.join(parent, name)
                yield Input(path, os.path.relpath(path, folder))
    for error in closed:
        yield Input(str(error.filename), "", f"cannot be read: {error.strerror}")
