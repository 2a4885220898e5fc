"""How far a batch is, in a line of the terminal that the next one takes the place of."""

from __future__ import annotations

import os
import sys
import time

import click

from kmc.commands import console

BAR = 24  # characters


class Progress:
    """Draws how many of `n` files are done, how fast it goes, and how long it will take.

    On stderr, and only where that is a terminal and there are several files. What `console.say`
    says takes the line's place.
    """

    def __init__(self, n: int, *, quiet: bool) -> None:
        self.n = n
        self.started = time.perf_counter()
        self.shown = n > 1 and not quiet and console.has_lines(sys.stderr)

    def draw(self, done: int) -> None:
        """Show that so many are done."""
        if self.shown:
            text = told(done, self.n, time.perf_counter() - self.started)
            console.clear()
            # A line that wraps could not be taken back.
            click.echo(text[: _columns() - 1], sys.stderr, nl=False)

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            console.clear()


def told(done: int, n: int, seconds: float) -> str:
    """What the line says after so many seconds.

    Examples
    --------
    >>> from kmc.commands.progress import told
    >>> told(0, 8, 0.1)
    '[........................] 0 of 8 files'
    >>> told(50, 200, 10.0)
    '[######..................] 50 of 200 files, 5.0 files/s, 30 s left'
    """
    bar = "#" * (BAR * done // n)
    text = f"[{bar:.<{BAR}}] {done} of {n} files"
    if done == 0:
        return text
    return f"{text}, {done / seconds:.1f} files/s, {duration((n - done) * seconds / done)} left"


def duration(seconds: float) -> str:
    """Seconds as people read them.

    Examples
    --------
    >>> from kmc.commands.progress import duration
    >>> duration(0.2), duration(59.6), duration(3725)
    ('0 s', '1 min 0 s', '1 h 2 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
