"""The kinds of values that options take: numbers in their ranges, sizes, colours, files' names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def name_of(kind: str) -> Completion:
    """Tab completes the name of a ``"file"``, or of a ``"dir"``; what is there is not looked at.

    Examples
    --------
    >>> from kmc.cli.parameter_types import name_of
    >>> [item.type for item in name_of("dir")(None, None, "sma")]
    ['dir']
    """

    def complete(
        ctx: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=kind)]

    return complete


def whole(least: int, most: int | None = None) -> Callable[[str | int], int]:
    """A whole number from `least` to `most`.

    Examples
    --------
    >>> from kmc.cli.parameter_types import whole
    >>> whole(1, 256)("16")
    16
    """
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"

    def convert(text: str | int) -> int:
        number = int(text) if re.fullmatch(r"-?\d{1,18}", str(text).strip()) else least - 1
        if number < least or (most is not None and number > most):
            raise click.BadParameter(f"{text!r} is no whole number {bounds}")
        return number

    return convert


def real(least: float, most: float = math.inf) -> Callable[[str | float], float]:
    """A number from `least` to `most`.

    Examples
    --------
    >>> from kmc.cli.parameter_types import real
    >>> real(0)("0.5")
    0.5
    """
    bounds = f"of at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"

    def convert(text: str | float) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise click.BadParameter(f"{text!r} is no number {bounds}")
        return number

    return convert


def positive(text: str | float) -> float:
    """A number above 0.

    Examples
    --------
    >>> from kmc.cli.parameter_types import positive
    >>> positive("0.5")
    0.5
    """
    number = real(0)(text)
    if number == 0:
        raise click.BadParameter(f"{text!r} is no number above 0")
    return number


def size(text: str) -> tuple[int, int | None]:
    """``700`` is a width, ``700x465`` a width and a height.

    Examples
    --------
    >>> from kmc.cli.parameter_types import size
    >>> size("700x465"), size("700")
    ((700, 465), (700, None))
    """
    match = re.fullmatch(r"([1-9]\d{0,5})(?:[xX]([1-9]\d{0,5}))?", text.strip())
    if match is None:
        raise click.BadParameter(
            f"{text!r} is no size: 700 is a width, 700x465 a width and a height"
        )
    return int(match[1]), int(match[2]) if match[2] else None


def whole_range(text: str) -> tuple[int, int]:
    """Two whole numbers above 0 with a minus sign between them.

    Examples
    --------
    >>> from kmc.cli.parameter_types import whole_range
    >>> whole_range("2-256")
    (2, 256)
    """
    match = re.fullmatch(r"(\d{1,6})-(\d{1,6})", text.strip())
    if match is None or not 0 < int(match[1]) <= int(match[2]):
        raise click.BadParameter(f"{text!r} is no range: two numbers like 2-256, the lower first")
    return int(match[1]), int(match[2])


def quality(text: str) -> tuple[float, float]:
    """A range of quality, 0 to 100; either end may be left out.

    Examples
    --------
    >>> from kmc.cli.parameter_types import quality
    >>> quality("60-80"), quality("70-"), quality("-80")
    ((60.0, 80.0), (70.0, 100.0), (0.0, 80.0))
    """
    number = r"(\d{1,3}(?:\.\d{1,6})?)"
    match = re.fullmatch(rf"{number}?-{number}?", text.strip())
    low, high = (float(match[1] or 0), float(match[2] or 100)) if match else (1.0, 0.0)
    if not low <= high <= 100 or text.strip() == "-":
        raise click.BadParameter(f"{text!r} is no quality: 60-80, 60- or -80, from 0 to 100")
    return low, high


def colors(text: str) -> tuple[tuple[int, ...], ...]:
    """Colours in hexadecimal with commas between them, all with alpha or all without.

    Examples
    --------
    >>> from kmc.cli.parameter_types import colors
    >>> colors("#ffffff, f80")
    ((255, 255, 255), (255, 136, 0))
    """
    found = tuple(_color(part.strip()) for part in text.split(","))
    if len({len(color) for color in found}) > 1:
        raise click.BadParameter(f"{text!r}: give all colours with alpha, or all without")
    return found


def _color(text: str) -> tuple[int, ...]:
    from kmc.colors.arrays import color_of_code  # imports NumPy

    try:
        return color_of_code(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
