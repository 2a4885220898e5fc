"""The options of a fit, from what the command line gives to what `kmc.fit` takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from kmc.commands.opening import Opener
from kmc.commands.options import chosen
from kmc.options import checked_options


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
    >>> from kmc.commands.fitting import fit_options
    >>> from kmc.commands.opening import Opener
    >>> fit_options({"k": 4, "effort": "best", "seed": None, "force": True}, Opener())
    {'effort': 'best'}
    """
    options = chosen(given)
    if given.get("fixed"):
        options["fixed"] = np.array(given["fixed"], np.uint8)
    if given.get("threads"):
        options["threads"] = given["threads"]
    checked_options(given["k"], **options)
    if given.get("importance"):
        options["importance"] = opener.mask(given["importance"])
    return options
