"""The options that say how colours are found, shared by the commands that find some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kmc.commands.kinds import real, whole
from kmc.commands.layout import option

F = TypeVar("F", bound=Callable[..., Any])

HEADING = "How colours are found"

# What the names of the options are in `kmc.quantize`.
NAMES = ("effort", "init", "n_init", "max_iter", "tol", "seed")

_OPTIONS = (
    option(
        HEADING,
        "--effort",
        type=click.Choice(["fast", "default", "best"]),
        metavar="WORD",
        help="fast, default or best: how long to look for a lower error.",
    ),
    option(
        HEADING,
        "--init",
        type=click.Choice(["k-means++", "random", "bisecting"]),
        metavar="WORD",
        help="k-means++, random or bisecting: where k-means starts.",
    ),
    option(
        HEADING,
        "--n-init",
        type=whole(1),
        metavar="N",
        help="How often it starts anew; the best is kept.",
    ),
    option(
        HEADING,
        "--max-iter",
        type=whole(1),
        metavar="N",
        help="The most iterations over all colours.",
    ),
    option(
        HEADING,
        "--tol",
        type=real(0),
        metavar="X",
        help="Stop when no colour moves by more: levels, squared.",
    ),
    option(
        HEADING,
        "--seed",
        type=whole(0),
        metavar="N",
        help="Of the random numbers: the same gives the same file.",
    ),
)


def search_options(function: F) -> F:
    """Add all of them to a command.

    Examples
    --------
    >>> import click
    >>> from kmc.commands.search import search_options
    >>> [each.name for each in click.command(search_options(lambda: None)).params][:2]
    ['effort', 'init']
    """
    for add in reversed(_OPTIONS):
        function = add(function)
    return function


def chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments for `kmc.quantize` that were given.

    Examples
    --------
    >>> from kmc.commands.search import chosen
    >>> chosen({"effort": "best", "seed": None, "force": True})
    {'effort': 'best'}
    """
    return {name: given[name] for name in NAMES if given.get(name) is not None}
