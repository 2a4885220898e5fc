"""What the program says: results on stdout, everything else on stderr, colour only where wanted."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

import click

from kmc.display.wording import byte_count
from kmc.errors import FormatWarning

CLEAR_LINE = "\r\x1b[K"

# Of each thread, the name of the picture at hand, for warnings that do not say it.
_at_hand = threading.local()


def has_color(stream: Any) -> bool:
    """Whether colour may go to a stream: a terminal, and ``NO_COLOR`` is not set.

    Examples
    --------
    >>> import io
    >>> from kmc.cli.console import has_color
    >>> has_color(io.StringIO())
    False
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def is_terminal(stream: Any) -> bool:
    """Whether somebody looks at a stream; nobody at one that is closed.

    Examples
    --------
    >>> from kmc.cli.console import is_terminal
    >>> is_terminal(None)
    False
    """
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def has_lines(stream: Any) -> bool:
    """Whether a line of a stream can be taken back: it is a terminal, and not a dumb one.

    Examples
    --------
    >>> from kmc.cli.console import has_lines
    >>> has_lines(None)
    False
    """
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def clear() -> None:
    """Take away what stands on the line of the terminal: progress, or the ^C that was typed."""
    if has_lines(sys.stderr):
        click.echo(CLEAR_LINE, sys.stderr, nl=False, color=True)


def say(text: str, **style: Any) -> None:
    """A line on stderr, in a style where colour is wanted; progress makes room for it."""
    clear()
    _write(sys.stderr, text, style)


def result(text: str, **style: Any) -> None:
    """A line of the result on stdout."""
    _write(sys.stdout, text, style)


def complain(message: object, color: str = "red") -> None:
    """An error or a warning: one line, whatever the names in it hold."""
    prefix = click.style("kmc:", fg=color, bold=True) if has_color(sys.stderr) else "kmc:"
    say(f"{prefix} {printable(message)}")


@contextlib.contextmanager
def about(name: str) -> Iterator[None]:
    """Meanwhile warnings are about the picture of that name, in this thread.

    Examples
    --------
    >>> from kmc.cli.console import about
    >>> with about("photo.jpg"):
    ...     pass
    """
    _at_hand.name = name
    try:
        yield
    finally:
        _at_hand.name = ""


def warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """In the place of ``warnings.showwarning``: one line that names the file."""
    name = getattr(_at_hand, "name", "")
    if isinstance(message, FormatWarning):  # which says the name of the file that is written
        name = ""
    complain(f"{name}: {message}" if name else message, "yellow")


def _write(stream: TextIO | None, text: str, style: dict[str, Any]) -> None:
    if stream is None:  # closed by whoever started the program
        return
    wanted = has_color(stream)
    click.echo(click.style(text, **style) if style and wanted else text, stream, color=wanted)


def printable(text: object) -> str:
    r"""Text for one line of a terminal: what would move the cursor is written as an escape.

    Examples
    --------
    >>> from kmc.cli.console import printable
    >>> print(printable("café\n\x1b[2J.png"))
    café\n\x1b[2J.png
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text)
    )


def sizes(before: int, after: int) -> str:
    """How a size changed.

    Examples
    --------
    >>> from kmc.cli.console import sizes
    >>> sizes(2000, 500)
    '2.0 kB -> 500 B (25 %)'
    """
    percent = 100 * after / before
    share = f"{percent:.{0 if percent >= 10 else 1}f} %"
    return f"{byte_count(before)} -> {byte_count(after)} ({share})"


def json_line(said: dict[str, Any]) -> str:
    """An object of JSON in one line.

    Examples
    --------
    >>> from kmc.cli.console import json_line
    >>> json_line({"file": "a.png", "colors": 3})
    '{"file": "a.png", "colors": 3}'
    """
    import json  # not needed to start

    return json.dumps(said)
