"""What the program tells the shell: exit codes, what they mean, which of two is worse."""

from __future__ import annotations

import errno
from enum import IntEnum

from kmc.errors import FileWriteError, ImageError, PaletteReadError, QualityError


class Exit(IntEnum):
    """The exit codes, from good to bad.

    Examples
    --------
    >>> from kmc.cli.exit_codes import Exit
    >>> int(Exit.EXISTS), Exit.EXISTS.meaning
    (15, 'the output exists already, and --force was not given')
    """

    meaning: str

    DONE = 0, "done"
    LARGER = 98, "the result was larger than the original, and --skip-if-larger was given"
    POOR = 99, "the quality asked for was not met"
    EXISTS = 15, "the output exists already, and --force was not given"
    FAILED = 1, "a wrong option, or any other error; kmc compare: beyond a threshold"
    UNREADABLE = 2, "a picture, or a palette, cannot be read"
    UNWRITABLE = 3, "a file cannot be written"
    INTERRUPTED = 130, "Ctrl-C; files that were done stay"
    BROKEN_PIPE = 141, "whoever read the output has gone; nothing is said"
    TERMINATED = 143, "SIGTERM; files that were done stay"

    def __new__(cls, code: int, meaning: str) -> Exit:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends the program just as Ctrl-C does."""


_FROM_GOOD_TO_BAD = tuple(Exit)


def worst(codes: list[Exit]) -> Exit:
    """The worst of what happened, in the order of `Exit`.

    Examples
    --------
    >>> from kmc.cli.exit_codes import Exit, worst
    >>> worst([Exit.EXISTS, Exit.UNREADABLE, Exit.LARGER]).name
    'UNREADABLE'
    """
    return max(codes, key=_FROM_GOOD_TO_BAD.index, default=Exit.DONE)


def code_of(error: BaseException) -> Exit:
    """The code that an error ends a file, or the program, with.

    Examples
    --------
    >>> from kmc.cli.exit_codes import code_of
    >>> from kmc.errors import ImageNotFoundError
    >>> int(code_of(ImageNotFoundError()))
    2
    """
    if isinstance(error, QualityError):
        return Exit.POOR
    if isinstance(error, ImageError | PaletteReadError):
        return Exit.UNREADABLE
    if isinstance(error, FileWriteError):
        return Exit.EXISTS if error.errno == errno.EEXIST else Exit.UNWRITABLE
    if isinstance(error, KeyboardInterrupt):
        return Exit.TERMINATED if isinstance(error, Terminated) else Exit.INTERRUPTED
    return Exit.FAILED
