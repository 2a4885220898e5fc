"""What the program says: results on stdout, everything else on stderr, colour only where wanted."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

import click


def has_color(stream: Any) -> bool:
    """Whether colour may go to a stream: a terminal, and ``NO_COLOR`` is not set.

    Examples
    --------
    >>> import io
    >>> from kmc.commands.console import has_color
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
    >>> from kmc.commands.console import is_terminal
    >>> is_terminal(None)
    False
    """
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def say(text: str, **style: Any) -> None:
    """A line on stderr, in a style where colour is wanted."""
    _write(sys.stderr, text, style)


def result(text: str, **style: Any) -> None:
    """A line of the result on stdout."""
    _write(sys.stdout, text, style)


def complain(message: object) -> None:
    """An error or a warning: one line, whatever the names in it hold."""
    prefix = click.style("kmc:", fg="red", bold=True) if has_color(sys.stderr) else "kmc:"
    say(f"{prefix} {printable(message)}")


def _write(stream: TextIO | None, text: str, style: dict[str, Any]) -> None:
    if stream is None:  # closed by whoever started the program
        return
    wanted = has_color(stream)
    click.echo(click.style(text, **style) if style and wanted else text, stream, color=wanted)


def printable(text: object) -> str:
    r"""Text for one line of a terminal: what would move the cursor is written as an escape.

    Examples
    --------
    >>> from kmc.commands.console import printable
    >>> print(printable("café\n\x1b[2J.png"))
    café\n\x1b[2J.png
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text)
    )


def file_size(n: int) -> str:
    """Bytes as people write them, in powers of ten.

    Examples
    --------
    >>> from kmc.commands.console import file_size
    >>> file_size(999), file_size(12_345), file_size(1_000_000)
    ('999 B', '12.3 kB', '1.00 MB')
    """
    if n < 1000:
        return f"{n} B"
    return f"{n / 1000:.1f} kB" if n < 999_950 else f"{n / 1_000_000:.2f} MB"
