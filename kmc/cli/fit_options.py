"""The options of a fit, from what the command line gives to what `kmc.fit` takes."""

from __future__ import annotations

import os
from typing import Any, cast

import numpy as np

import kmc
from kmc.cli.opening import Opener
from kmc.cli.options import DITHERING, GOALS, SEARCH, chosen
from kmc.clustering.options import FitOptions, checked_options
from kmc.colors.spaces import SpaceName
from kmc.errors import PaletteNotFoundError
from kmc.mapping.dithering import checked_dither
from kmc.palette import Palette


def loaded_palette(name: str, space: SpaceName | None) -> Palette:
    """The palette in a file, or else the well-known one of that name.

    Raises
    ------
    PaletteReadError, ImageError
        There is neither, or it cannot be read.

    Examples
    --------
    >>> from kmc.cli.fit_options import loaded_palette
    >>> loaded_palette("pico-8", "oklab")
    <kmc.Palette: 16 colours>
    """
    if os.path.exists(name):
        found = Palette.load(name)
    elif name in kmc.palettes:
        found = kmc.palettes[name]
    else:
        raise PaletteNotFoundError(
            f"{name}: no such file, and none of the well-known palettes, "
            f"which are {', '.join(kmc.palettes)}"
        )
    return Palette(found.colors, space=space or "rgb")


def dither_options(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of dithering for `kmc.quantize` and `Palette.remap`.

    Raises
    ------
    ArgumentError
        A strength without a dither.

    Examples
    --------
    >>> from kmc.cli.fit_options import dither_options
    >>> dither_options({"dither": "bayer", "dither_strength": None})
    {'dither': 'bayer'}
    """
    options = chosen(given, DITHERING)
    checked_dither(options.get("dither"), options.get("dither_strength", 1.0))
    return options


def fit_options(given: dict[str, Any], opener: Opener) -> dict[str, Any]:
    """The arguments for `kmc.fit` and `kmc.quantize` beside the picture and k.

    Raises
    ------
    ArgumentError
        Options that do not go together: said here once, rather than for every file.
    ImageError
        The mask cannot be read.

    Examples
    --------
    >>> from kmc.cli.fit_options import fit_options
    >>> from kmc.cli.opening import Opener
    >>> fit_options({"k": 4, "effort": "best", "seed": None, "force": True}, Opener())
    {'effort': 'best'}
    """
    options, goals = chosen(given, SEARCH), chosen(given, GOALS)
    if given.get("fixed"):
        options["fixed"] = np.array(given["fixed"], np.uint8)
    if given.get("threads"):
        options["threads"] = given["threads"]
    checked_options(given["k"], cast(FitOptions, options), **goals)
    options |= goals
    if given.get("importance"):
        options["importance"] = opener.mask(given["importance"])
    return options
