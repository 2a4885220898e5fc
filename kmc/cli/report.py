"""What a batch says while it runs: a line a file, progress on a terminal, a total at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit, worst
from kmc.cli.outcome import Outcome


class Report:
    """Tells of outcomes as they come, and keeps the worst code.

    Parameters
    ----------
    n : int
        How many there will be.
    json : bool
        Whether each is a line of JSON on stdout, in place of a line for people on stderr.
    quiet : bool
        Whether nothing but errors is said.
    """

    def __init__(self, n: int, *, json: bool, quiet: bool) -> None:
        self.n = n
        self.json = json
        self.quiet = quiet
        self.outcomes: list[Outcome] = []
        self.started = time.perf_counter()

    def tell(self, outcomes: Iterable[Outcome]) -> Exit:
        """Say what became of each, and at last of all; the worst code of them."""
        shown = self.n > 1 and not self.quiet and console.has_lines(sys.stderr)
        with self._progress(shown) as bar:
            for outcome in outcomes:
                self.outcomes.append(outcome)
                if shown:
                    console.clear()
                self._tell(outcome)
                bar.update(1)
        return worst([outcome.code for outcome in self.outcomes])

    def _progress(self, shown: bool) -> Any:
        return click.progressbar(
            length=self.n,
            width=24,
            bar_template="[%(bar)s]  %(info)s",
            file=sys.stderr,
            hidden=not shown,
            show_eta=True,
            show_pos=True,
            show_percent=False,
            item_show_func=lambda _: self._rate(),
            color=console.has_color(sys.stderr),
        )

    def _rate(self) -> str:
        seconds = time.perf_counter() - self.started
        return f"{len(self.outcomes) / seconds:.1f} files/s" if self.outcomes else ""

    def _tell(self, outcome: Outcome) -> None:
        if outcome.message:
            console.complain(outcome.message)
        if self.json:
            console.result(outcome.json())
        elif not outcome.message and not self.quiet:
            console.say(str(outcome))

    def total(self) -> None:
        """The sum over the files that were done, and how many were not."""
        if self.quiet or self.json or self.n < 2:
            return
        done = [outcome for outcome in self.outcomes if outcome.code == Exit.DONE]
        before, after = (sum(getattr(o, name) for o in done) for name in ("before", "after"))
        text = f"{len(done)} of {self.n} files"
        if done:
            text += f": {console.sizes(before, after)}"
        console.say(f"{text}, in {time.perf_counter() - self.started:.1f} s", bold=True)
