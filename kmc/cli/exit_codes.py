"""The exit codes of the program, and which of them an error or a batch has."""

from __future__ import annotations

import errno
from enum import IntEnum

from kmc.errors import FileWriteError, ImageError, PaletteReadError, QualityError, SizeError


class Exit(IntEnum):
    """The exit codes with their meanings, from good to bad."""

    meaning: str

    DONE = 0, "done"
    LARGER = 98, "the result was larger than the original, and --skip-if-larger was given"
    POOR = 99, "the quality or the size asked for was not met"
    EXISTS = 15, "the output exists already and --force was not given, or it is another input"
    FAILED = 1, "a wrong option, or any other error; --check, kmc compare: not passed"
    UNREADABLE = 2, "a picture, or a palette, cannot be read"
    UNWRITABLE = 3, "a file cannot be written"
    INTERRUPTED = 130, "Ctrl-C; files that were done stay"
    BROKEN_PIPE = 141, "the reader of standard output has ended"
    TERMINATED = 143, "SIGTERM; files that were done stay"

    def __new__(cls, code: int, meaning: str) -> Exit:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends the program as Ctrl-C does."""


_FROM_GOOD_TO_BAD = tuple(Exit)


def worst(codes: list[Exit]) -> Exit:
    """The worst of some codes, in the order of `Exit`."""
    return max(codes, key=_FROM_GOOD_TO_BAD.index, default=Exit.DONE)


def code_of(error: BaseException) -> Exit:
    """The exit code of an error."""
    if isinstance(error, QualityError | SizeError):
        return Exit.POOR
    if isinstance(error, ImageError | PaletteReadError):
        return Exit.UNREADABLE
    if isinstance(error, FileWriteError):
        return Exit.EXISTS if error.errno == errno.EEXIST else Exit.UNWRITABLE
    if isinstance(error, KeyboardInterrupt):
        return Exit.TERMINATED if isinstance(error, Terminated) else Exit.INTERRUPTED
    return Exit.FAILED
