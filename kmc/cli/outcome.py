"""What became of one picture, as a line for people and as one for programs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from kmc.cli.console import json_line, printable, sizes
from kmc.cli.exit_codes import Exit
from kmc.display.wording import color_count


@dataclass
class Outcome:
    """One input, its output, and what is known of both.

    Attributes
    ----------
    source, target : str
        The names.
    code : Exit
        What it adds to the program's exit code.
    message : str
        Why nothing was written.
    before, after : int
        Bytes.
    width, height, colors : int
        Of the result.
    mse, psnr : float
        Of the result; `psnr` is infinite where nothing changed.
    iterations : int
        Of k-means.
    seconds : float
        From the opening of the input to the end of the writing.

    Examples
    --------
    >>> from kmc.cli.outcome import Outcome
    >>> print(Outcome("a.png", "b.png", before=4000, after=1000, colors=4, mse=2.0, psnr=49.9))
    a.png -> b.png: 4.0 kB -> 1.0 kB (25 %), 4 colours, MSE 2.00, PSNR 49.90 dB
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

    def __str__(self) -> str:
        return (
            f"{printable(self.source)} -> {printable(self.target)}: "
            f"{sizes(self.before, self.after)}, {color_count(self.colors)}, "
            f"MSE {self.mse:.2f}, PSNR {self.psnr:.2f} dB"
        )

    def json(self) -> str:
        """One line: what is known, and ``error`` where something went wrong.

        Examples
        --------
        >>> from kmc.cli.exit_codes import Exit
        >>> from kmc.cli.outcome import Outcome
        >>> print(Outcome("a.png", "b.png", Exit.UNREADABLE, "a.png: no such file").json())
        {"input": "a.png", "output": "b.png", "code": 2, "error": "a.png: no such file"}
        """
        said: dict[str, Any] = {"input": self.source, "output": self.target, "code": int(self.code)}
        if self.message:
            said["error"] = self.message
        if self.colors:
            said |= {
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
        return json_line(said)
