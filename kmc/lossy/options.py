"""The options `lossy`, `max_bytes` and `format`, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from kmc.clustering.options import Options
from kmc.errors import ArgumentError
from kmc.formats.registry import Format, find_format
from kmc.lossy.choice import CHOOSERS, max_colors
from kmc.utils.arguments import whole

MAX_LOSS = 100


@dataclass(frozen=True)
class Request:
    """What a file shall cost: a loss from 0 to 100, what a goal allows, or bytes, in a format."""

    format: Format
    loss: int | Literal["auto"]
    max_bytes: int | None

    def refuse_others(self, options: Options, given: dict[str, Any]) -> None:
        """Raise ArgumentError for options that exclude a loss; docs/options.md lists them.

        `given` are the options, by name, that are not among the checked ones.
        """
        name = "lossy" if self.max_bytes is None else "max_bytes"
        for other, value in given.items():
            if value is not None:
                raise ArgumentError(f"{name} and {other} exclude each other: {_REASONS[other]}")
        if self.loss == "auto":
            if options.goal is None:
                raise ArgumentError(
                    "lossy='auto' is the loss that a target allows: it needs psnr, max_mse or "
                    "quality"
                )
        elif options.goal is not None:
            way_out = "a size" if name == "max_bytes" else "a loss"
            raise ArgumentError(
                f"{name} and {options.goal.measure} exclude each other: "
                f"{way_out} would miss the target; lossy='auto' keeps it"
            )
        most = max_colors(self.format.name)
        if options.k > most:
            raise ArgumentError(
                f"{name} is for at most {most} colours in {self.format.name}, not {options.k}"
            )
        if self.max_bytes is None:
            return
        if not isinstance(options.init, str):
            raise ArgumentError(
                "init as an array and max_bytes exclude each other: "
                "the number of colours is not known in advance"
            )
        if options.callback is not None:
            raise ArgumentError(
                "callback and max_bytes exclude each other: reaching a size takes several fits"
            )


def checked_request(lossy: Any, max_bytes: Any, format: Any) -> Request | None:
    """The options, checked; None where no loss is asked for.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An option is out of range or of the wrong type, excludes another or needs one.
    """
    loss: int | Literal["auto"] = 0
    if isinstance(lossy, str):
        if lossy != "auto":
            raise ArgumentError(f"lossy must be 0 to {MAX_LOSS} or 'auto', not {lossy!r}")
        loss = "auto"
    elif lossy is not None:
        loss = whole("lossy", lossy, 0, MAX_LOSS)
    if max_bytes is not None:
        max_bytes = whole("max_bytes", max_bytes, 1)
        if lossy is not None:
            raise ArgumentError("lossy and max_bytes exclude each other: a size sets the loss")
    name = "lossy" if max_bytes is None else "max_bytes"
    if format is None:
        if loss or max_bytes is not None:
            raise ArgumentError(f"{name} needs the format of the file: {_formats()}")
        return None
    if lossy is None and max_bytes is None:
        raise ArgumentError("format is that of the file that lossy or max_bytes is for: give one")
    kind = find_format("", format)
    if kind.name not in CHOOSERS:
        raise ArgumentError(f"{name} is for {_formats()}, not {kind.name}")
    return Request(kind, loss, max_bytes) if loss or max_bytes is not None else None


_REASONS = {
    "dither": "what dither and dither_strength add is what costs most",
    "importance": "a loss counts all pixels alike",
}


def _formats() -> str:
    return ", ".join(CHOOSERS)
