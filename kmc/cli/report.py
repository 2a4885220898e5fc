"""The outcome of each file of a batch: a line each, progress on terminals, a total at the end."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit, worst
from kmc.display.wording import color_count


@dataclass
class Outcome:
    """The outcome of one job.

    Attributes
    ----------
    source, target : str
        The names of the input and the output.
    code : Exit
        The exit code that it asks for.
    message : str
        Why nothing was written.
    before, after : int
        Sizes of both files in bytes.
    width, height, colors : int
        Of the output.
    mse, psnr : float
        Of the output; `psnr` is infinite where nothing changed.
    iterations : int
        Of k-means.
    seconds : float
        From opening the input to having written the output.
    unchanged : bool
        Whether the output is the input's file as it was.
    up_to_date : bool
        Whether nothing was done since the output is not older than the input.
    """

    source: str
    target: str
    code: Exit = Exit.DONE
    message: str = ""
    before: int = 0
    after: int = 0
    width: int = 0
    height: int = 0
    colors: int = 0
    mse: float = 0.0
    psnr: float = math.inf
    iterations: int = 0
    seconds: float = 0.0
    unchanged: bool = False
    up_to_date: bool = False

    def __str__(self) -> str:
        names = f"{console.printable(self.source)} -> {console.printable(self.target)}"
        if self.up_to_date:
            return f"{names}: up to date"
        if self.unchanged:
            return f"{names}: as it is: {color_count(self.colors)} already"
        return (
            f"{names}: "
            f"{console.size_change(self.before, self.after)}, {color_count(self.colors)}, "
            f"MSE {self.mse:.2f}, PSNR {self.psnr:.2f} dB"
        )

    def json(self) -> str:
        """One line of JSON: what is known, and ``error`` where something failed."""
        fields: dict[str, Any] = {
            "input": self.source, "output": self.target, "code": int(self.code)
        }  # fmt: skip
        if self.message:
            fields["error"] = self.message
        for name in ("unchanged", "up_to_date"):
            if getattr(self, name):
                fields[name] = True
        if self.colors:
            fields |= {
                "width": self.width,
                "height": self.height,
                "colors": self.colors,
                "bytes_before": self.before,
                "bytes_after": self.after,
                "mse": round(self.mse, 6),
                "psnr": round(self.psnr, 4) if math.isfinite(self.psnr) else None,
                "iterations": self.iterations,
                "seconds": round(self.seconds, 4),
            }
        return console.json_line(fields)


def larger_message(name: str, outcome: Outcome) -> str:
    """Why nothing was written, where --skip-if-larger is the reason."""
    return (
        f"{name}: left as it is: the result would be larger, "
        f"{outcome.after} bytes for {outcome.before}"
    )


def _progress_bar(length: int, rate: Callable[[], str], visible: bool, *, show_pos: bool) -> Any:
    """A bar on the terminal with the time left and the rate."""
    return click.progressbar(
        length=length,
        width=24,
        bar_template="[%(bar)s]  %(info)s",
        file=sys.stderr,
        hidden=not visible,
        show_eta=True,
        show_pos=show_pos,
        show_percent=not show_pos,
        item_show_func=lambda _: rate(),
        color=console.has_color(sys.stderr),
    )


class BandProgress:
    """Shows on terminals how far a picture is that is read in bands, and how fast.

    Called with the number of pixels that have been dealt with since the last call.

    Parameters
    ----------
    n_pixels : int
        How many there are to deal with, in all passes.
    visible : bool
        Whether to show anything.
    """

    def __init__(self, n_pixels: int, *, visible: bool) -> None:
        visible = visible and console.can_rewrite(sys.stderr)
        self._bar = _progress_bar(n_pixels, self._rate, visible, show_pos=False)
        self._visible = visible
        self._done = 0
        self._started = time.perf_counter()

    def __enter__(self) -> BandProgress:
        self._bar.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._bar.__exit__(*error)
        if self._visible:
            console.clear_line()

    def __call__(self, n_pixels: int) -> None:
        self._done += n_pixels
        self._bar.update(n_pixels)

    def _rate(self) -> str:
        seconds = time.perf_counter() - self._started
        return f"{self._done / seconds / 1e6:.1f} megapixels/s" if self._done else ""


class Report:
    """Prints outcomes as they come, and keeps them for the total.

    Parameters
    ----------
    n : int
        How many there will be.
    json : bool
        Whether to print a line of JSON on stdout for each, in place of a line on stderr.
    quiet : bool
        Whether to print nothing but errors.
    """

    def __init__(self, n: int, *, json: bool, quiet: bool) -> None:
        self.n = n
        self.json = json
        self.quiet = quiet
        self.outcomes: list[Outcome] = []
        self.started = time.perf_counter()

    def show(self, outcomes: Iterable[Outcome]) -> Exit:
        """Print each outcome; returns the worst of their codes."""
        visible = self.n > 1 and not self.quiet and console.can_rewrite(sys.stderr)
        with self._progress(visible) as bar:
            for outcome in outcomes:
                self.outcomes.append(outcome)
                if visible:
                    console.clear_line()
                self._show(outcome)
                bar.update(1)
        return worst([outcome.code for outcome in self.outcomes])

    def _progress(self, visible: bool) -> Any:
        return _progress_bar(self.n, self._rate, visible, show_pos=True)

    def _rate(self) -> str:
        seconds = time.perf_counter() - self.started
        return f"{len(self.outcomes) / seconds:.1f} files/s" if self.outcomes else ""

    def _show(self, outcome: Outcome) -> None:
        if outcome.message:
            console.error(outcome.message)
        if self.json:
            console.result(outcome.json())
        elif not outcome.message and not self.quiet:
            console.note(str(outcome))

    def total(self) -> None:
        """Print how many files were done, and the sum of their sizes."""
        if self.quiet or self.json or self.n < 2:
            return
        done = [each for each in self.outcomes if each.code == Exit.DONE and not each.up_to_date]
        before, after = (sum(getattr(o, name) for o in done) for name in ("before", "after"))
        text = f"{len(done)} of {self.n} files"
        if done:
            text += f": {console.size_change(before, after)}"
        if current := sum(each.up_to_date for each in self.outcomes):
            text += f", {current} up to date"
        console.note(f"{text}, in {time.perf_counter() - self.started:.1f} s", bold=True)
