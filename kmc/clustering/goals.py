"""Targets: a PSNR, an MSE or a range of quality, and the error that each stands for."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

from kmc.colors.arrays import color_channels
from kmc.colors.quality import MAX_QUALITY, mse_of_quality
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.utils.arguments import not_negative


class Goal(NamedTuple):
    """A target: what to reach and the lowest value accepted, which are equal but for quality.

    `description` is how errors name it.
    """

    measure: Literal["psnr", "max_mse", "quality"]
    target: float
    lowest: float
    description: str

    def limits(self, channels: int) -> tuple[float, float]:
        """The MSE to reach and the highest MSE accepted, for a number of channels.

        Those of a quality are in its own space, all others in levels.
        """
        if self.measure == "psnr":
            return mse_of(self.target, channels), mse_of(self.lowest, channels)
        if self.measure == "quality":
            return mse_of_quality(self.target), mse_of_quality(self.lowest)
        return self.target, self.lowest


def mse_of(psnr: float, channels: int) -> float:
    """The MSE, summed over the colour channels, at a PSNR in dB.

    Decimal arithmetic gives the same result on every platform; ``math.pow`` might not.
    """
    from decimal import Context, Decimal

    if math.isinf(psnr):
        return 0.0
    exact = Context(prec=30, traps=[])
    tenths = exact.divide(Decimal(psnr), Decimal(-10))
    peak = Decimal(255**2 * color_channels(channels))
    return float(exact.multiply(exact.power(Decimal(10), tenths), peak))


def psnr_of(mse: float, channels: int) -> float:
    """The PSNR in dB at an MSE summed over the colour channels; infinite where it is 0."""
    return math.inf if mse == 0 else 10 * math.log10(255**2 * color_channels(channels) / mse)


def checked_goal(psnr: Any, max_mse: Any, quality: Any) -> Goal | None:
    """The goal set by one of three options, or None if none of them is given.

    Raises
    ------
    ArgumentTypeError
        The option is not a number, or not a pair of numbers.
    ArgumentError
        The option is out of range, or more than one is given.
    """
    given = {"psnr": psnr, "max_mse": max_mse, "quality": quality}
    names = [name for name, value in given.items() if value is not None]
    if not names:
        return None
    if len(names) > 1:
        raise ArgumentError(f"{names[0]} and {names[1]} exclude each other: one goal at a time")
    if psnr is not None:
        number = not_negative("psnr", psnr)
        return Goal("psnr", number, number, f"a PSNR of {number:g} dB")
    if max_mse is not None:
        number = not_negative("max_mse", max_mse)
        return Goal("max_mse", number, number, f"an MSE of {number:g}")
    try:
        low, high = quality
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"quality must be (min, max), not {quality!r}") from None
    low, high = not_negative("quality", low), not_negative("quality", high)
    if not low <= high <= MAX_QUALITY:
        raise ArgumentError(
            f"quality must be 0 <= min <= max <= {MAX_QUALITY}, not ({low:g}, {high:g})"
        )
    values = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return Goal("quality", high, low, f"a quality of {values}")
