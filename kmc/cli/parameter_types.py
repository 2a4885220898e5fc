"""The values that options take: numbers in ranges, sizes, colours, file names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def name_of(kind: str) -> Completion:
    """Shell completion of names of a kind, ``"file"`` or ``"dir"``, which is left to the shell."""

    def complete(
        ctx: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=kind)]

    return complete


def whole(least: int, most: int | None = None, word: str = "") -> Callable[[str | int], int]:
    """A whole number from `least` to `most`; errors name the word that may stand in its place."""
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
    bounds += f", or {word}" if word else ""

    def convert(text: str | int) -> int:
        number = int(text) if re.fullmatch(r"-?\d{1,18}", str(text).strip()) else least - 1
        if number < least or (most is not None and number > most):
            raise click.BadParameter(f"{text!r} is not a whole number {bounds}")
        return number

    return convert


def real(least: float, most: float = math.inf) -> Callable[[str | float], float]:
    """A number from `least` to `most`."""
    bounds = f"of at least {least:g}" if most == math.inf else f"from {least:g} to {most:g}"

    def convert(text: str | float) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise click.BadParameter(f"{text!r} is not a number {bounds}")
        return number

    return convert


def positive(text: str | float) -> float:
    """A number above 0."""
    number = real(0)(text)
    if number == 0:
        raise click.BadParameter(f"{text!r} is not a number above 0")
    return number


@dataclass(frozen=True)
class Size:
    """What to scale a picture to: a width, a height, both, or a percentage of both."""

    width: int | None = None
    height: int | None = None
    percent: float | None = None

    def of(self, width: int, height: int) -> tuple[int, int]:
        """The size that a picture gets: a width or a height alone never enlarges it."""
        if self.percent is not None:
            return _scaled(width, self.percent / 100), _scaled(height, self.percent / 100)
        if self.width is not None and self.height is not None:
            return self.width, self.height
        if self.width is not None and self.width < width:
            return self.width, _scaled(height, self.width / width)
        if self.height is not None and self.height < height:
            return _scaled(width, self.height / height), self.height
        return width, height


def _scaled(length: int, factor: float) -> int:
    return max(1, round(length * factor))


def size(text: str) -> Size:
    """A size such as ``700`` (a width), ``x465`` (a height), ``700x465`` or ``50%``."""
    text = text.strip()
    if percent := re.fullmatch(r"(\d{1,4}(?:\.\d{1,6})?)%", text):
        factor = float(percent[1])
        if factor > 0:
            return Size(percent=factor)
    elif text and (match := re.fullmatch(r"([1-9]\d{0,5})?(?:[xX]([1-9]\d{0,5}))?", text)):
        width, height = (int(part) if part else None for part in match.groups())
        return Size(width, height)
    raise click.BadParameter(
        f"{text!r} is not a size: 700 is a width, x465 a height, 700x465 both, and 50% a scale"
    )


def alpha_threshold(text: str | int) -> int | Literal["dither"]:
    """A whole number from 1 to 255, or ``dither``."""
    return "dither" if text == "dither" else whole(1, 255, "dither")(text)


def loss(text: str | int) -> int | Literal["auto"]:
    """A whole number from 0 to 100, or ``auto``."""
    return "auto" if text == "auto" else whole(0, 100, "auto")(text)


def numbers_of_colors(n: int) -> Callable[[str], list[int]]:
    """Numbers of colours: a list such as ``4,16,64``, or n in equal ratios, such as ``2-256``."""

    def parse(text: str) -> list[int]:
        match = re.fullmatch(r"(\d{1,6})-(\d{1,6})", text.strip())
        if match and 0 < int(match[1]) <= int(match[2]):
            least, most = int(match[1]), int(match[2])
            ratio = (most / least) ** (1 / (n - 1))
            return sorted({round(least * ratio**step) for step in range(n)})
        if re.fullmatch(r"\s*0*[1-9]\d{0,5}\s*(,\s*0*[1-9]\d{0,5}\s*)*", text):
            return sorted({int(part) for part in text.split(",")})
        raise click.BadParameter(
            f"{text!r} is neither a range like 2-256, the lower number first, nor a list like "
            "4,16,64"
        )

    return parse


def losses(text: str) -> list[int]:
    """Losses from 0 to 100, as ``0,15,30``."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"0*\d{1,3}", part) and int(part) <= 100 for part in parts):
        raise click.BadParameter(f"{text!r} is no list of losses from 0 to 100, like 0,15,30")
    return sorted({int(part) for part in parts})


def quality(text: str) -> tuple[float, float]:
    """A range of quality, such as ``60-80``, ``70-`` or ``-80``, from 0 to 100."""
    number = r"(\d{1,3}(?:\.\d{1,6})?)"
    match = re.fullmatch(rf"{number}?-{number}?", text.strip())
    low, high = (float(match[1] or 0), float(match[2] or 100)) if match else (1.0, 0.0)
    if not low <= high <= 100 or text.strip() == "-":
        raise click.BadParameter(
            f"{text!r} is not a quality range: 60-80, 60- or -80, from 0 to 100"
        )
    return low, high


def colors(text: str) -> tuple[tuple[int, ...], ...]:
    """Colours in hexadecimal with commas between them, all with alpha or all without."""
    found = tuple(_color(part.strip()) for part in text.split(","))
    if len({len(color) for color in found}) > 1:
        raise click.BadParameter(f"{text!r}: give all colours with alpha, or all without")
    return found


def n_bytes(text: str | int) -> int:
    """A number of bytes such as ``40000``, ``40K`` or ``1.5M``; K is 1000 of them."""
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,6})?)([kKM]?)B?", str(text).strip())
    units = {"": 1, "K": 1000, "M": 1_000_000}
    number = int(float(match[1]) * units[match[2].upper()]) if match else 0
    if number == 0:
        raise click.BadParameter(f"{text!r} is not a size of a file: 40000, 40K or 1.5M")
    return number


def opaque_color(text: str) -> tuple[int, ...]:
    """One colour in hexadecimal, without alpha."""
    found = _color(text.strip())
    if len(found) != 3:
        raise click.BadParameter(f"{text!r} has alpha: a background is opaque")
    return found


def _color(text: str) -> tuple[int, ...]:
    from kmc.colors.arrays import color_of_code  # imports NumPy

    try:
        return color_of_code(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
