"""Output: results on stdout, everything else on stderr, colour only on terminals."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

import click

from kmc.display.wording import byte_count
from kmc.errors import FileWriteError, FormatWarning, KmcError, OutOfMemoryError

CLEAR_LINE = "\r\x1b[K"

# The name of the input that each thread works on, for warnings that do not name it.
_current = threading.local()


def has_color(stream: Any) -> bool:
    """Whether to write colour to a stream: it is a terminal, and ``NO_COLOR`` is not set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def is_terminal(stream: Any) -> bool:
    """Whether a stream is a terminal; one that is closed is none."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def can_rewrite(stream: Any) -> bool:
    """Whether a line that was written can be replaced: on terminals other than dumb ones."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def clear_line() -> None:
    """Remove what is on the terminal's current line: progress, or the ^C that was typed."""
    if can_rewrite(sys.stderr):
        click.echo(CLEAR_LINE, sys.stderr, nl=False, color=True)


def note(text: str, **style: Any) -> None:
    """Write a line to stderr, in a style if it has colour."""
    clear_line()
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # nowhere is left to report it
            _write(sys.stderr, text, style)


def result(text: str, **style: Any) -> None:
    """Write a line of the result to stdout.

    Raises
    ------
    FileWriteError
        Standard output is closed or full.
    BrokenPipeError
        The reader of standard output has ended.
    """
    with standard_output() as stream:
        _write(stream, text, style)


def result_bytes(data: bytes) -> None:
    """Write a file to stdout; it raises what `result` does."""
    with standard_output() as stream:
        stream.buffer.write(data)
        stream.buffer.flush()


@contextlib.contextmanager
def standard_output() -> Iterator[TextIO]:
    """Standard output, with errors as `result` raises them."""
    if sys.stdout is None:
        raise FileWriteError("standard output: cannot be written: it is closed")
    try:
        yield sys.stdout
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:  # ValueError: closed by the caller of main()
        reason = getattr(error, "strerror", None) or error
        raise FileWriteError(f"standard output: cannot be written: {reason}") from error


def error(problem: object, color: str = "red") -> None:
    """Write an error, or a warning, to stderr as one line, whatever the names in it contain."""
    prefix = click.style("kmc:", fg=color, bold=True) if has_color(sys.stderr) else "kmc:"
    note(f"{prefix} {printable(problem)}")


@contextlib.contextmanager
def working_on(name: str, *others: str) -> Iterator[None]:
    """Warnings and errors within this context begin with the input's name, or with another file's.

    Raises
    ------
    OutOfMemoryError
        In place of a MemoryError.
    """
    outer = getattr(_current, "name", "")
    _current.name = name
    try:
        yield
    except KmcError as problem:
        # At the beginning: a short name may occur in any message by chance.
        named = tuple(each + end for each in (name, *others) for end in (": ", os.sep))
        if not str(problem).startswith(named):
            problem.args = (f"{name}: {problem}", *problem.args[1:])
        raise
    except MemoryError as problem:
        raise OutOfMemoryError(f"{name}: not enough memory") from problem
    finally:
        _current.name = outer


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """Warnings of this thread are not shown: the picture is read again, and they come then."""
    _current.silent = True
    try:
        yield
    finally:
        _current.silent = False


def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Replace ``warnings.showwarning``: write one line that names the file."""
    if getattr(_current, "silent", False):
        return
    name = getattr(_current, "name", "")
    if isinstance(message, FormatWarning):  # which names the output
        name = ""
    error(f"{name}: {message}" if name else message, "yellow")


def _write(stream: TextIO, text: str, style: dict[str, Any]) -> None:
    colored = has_color(stream)
    text = click.style(text, **style) if style and colored else text
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    click.echo(text, stream, color=colored)


def printable(text: object) -> str:
    """Text for one line of a terminal: characters that move the cursor are escaped."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text)
    )


def size_change(before: int, after: int) -> str:
    """Two sizes in bytes and their difference, such as ``2.0 kB -> 500 B (75 % smaller)``."""
    sizes = f"{byte_count(before)} -> {byte_count(after)}"
    if before == after:
        return f"{sizes} (the same size)"
    percent = 100 * abs(after - before) / before
    digits = 0 if 10 <= percent < 99 or percent >= 100 else 1
    return f"{sizes} ({percent:.{digits}f} % {'larger' if after > before else 'smaller'})"


def json_line(fields: dict[str, Any]) -> str:
    """A JSON object in one line."""
    import json  # slow to import, and not needed by every command

    return json.dumps(fields)
