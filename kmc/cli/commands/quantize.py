"""``kmc quantize``: pictures become files of few colours."""

from __future__ import annotations

import os
import re
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from kmc.cli import console
from kmc.cli.exit_codes import Exit, code_of
from kmc.cli.inputs import STDIO, Input, expand
from kmc.cli.layout import Command
from kmc.cli.options import (
    GOALS,
    MOST_JOBS,
    SEARCH,
    adapting,
    dithering,
    folders,
    given_palette,
    goals,
    group,
    how_many,
    named,
    opening,
    order,
    places,
    running,
    search,
)
from kmc.cli.outputs import Naming, ending, naming, with_rivals
from kmc.errors import MissingPackageError

if TYPE_CHECKING:
    from kmc.cli.job import Optimizer, Road
    from kmc.formats.registry import Format

# Higher ones take several times as long for the last few bytes.
OXIPNG_LEVEL = 4


@click.command(cls=Command)
@named("files", nargs=-1, required=True)
@how_many(256)
@given_palette
@adapting
@order
@group(
    "Colours",
    ("--shared-palette", "One palette for all the pictures.", {}),
)
@goals
@search
@dithering
@folders
@opening
@places
@running
def quantize(files: tuple[str, ...], **given: Any) -> Exit:
    """Reduce pictures to their best colours.

    photo.jpg becomes photo-kmc.png beside it; -o and --out-dir put results elsewhere. - reads
    standard input. Nothing is replaced without --force.

    \b
      kmc quantize photo.jpg -k 16
      kmc quantize *.png -k 64 --out-dir small/
      kmc quantize -r photos/ --out-dir small/ --resize 700
      kmc quantize - -k 16 -o - < in.png > out.png
    """
    end = ending(given["out_dir"], given["suffix"], given["ext"])
    results = None if given["out_dir"] else end.rpartition(".")[0] or "-kmc"
    inputs = expand(files, given["recursive"], results, given["out_dir"])
    names = naming(
        given["output"], given["out_dir"], given["suffix"], given["ext"], given["force"], inputs
    )
    if given["as_json"] and names.output == STDIO:
        raise click.UsageError("--json and the picture cannot both go to standard output")
    pipes = [each.name for each in inputs if each.once]
    if given["shared_palette"] and pipes:
        raise click.UsageError(f"--shared-palette reads pictures twice, and {pipes[0]} but once")
    for name in ("importance", *GOALS):
        if given["shared_palette"] and given[name] is not None:
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} is of one picture, --shared-palette for many")
    if given["shared_palette"] and given["order"] == "compact":
        raise click.UsageError("--order compact is of one picture, --shared-palette for many")
    if given["palette"]:
        _refuse_search()
    return _run(inputs, names, given)


def _refuse_search() -> None:
    """With a palette that is given, no option may ask for anything of one that is to be found."""
    context = click.get_current_context()
    needless = ("k", "fixed", "importance", "shared_palette", "order", *GOALS, *SEARCH, "verbose")
    for parameter in context.command.params:
        name = str(parameter.name)
        source = context.get_parameter_source(name)
        if name != "space" and name in needless and source == ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--palette gives the colours: there is nothing to find by {parameter.opts[-1]}"
            )


def _run(inputs: list[Input], names: Naming, given: dict[str, Any]) -> Exit:
    from kmc import cpu
    from kmc.cli.batch import in_order, leave
    from kmc.cli.report import Report

    if given["quiet"]:
        warnings.simplefilter("ignore")
    jobs = given["jobs"] or min(MOST_JOBS, cpu.processors())
    jobs = 1 if given["verbose"] else min(jobs, len(inputs))
    if jobs > 1 and not given["threads"]:
        given["threads"] = max(1, cpu.threads() // jobs)
    writing = threading.Lock()
    targets = [names.target(each) for each in inputs]
    steps = list(zip(inputs, targets, with_rivals(inputs, targets), strict=True))
    report = Report(len(inputs), json=given["as_json"], quiet=given["quiet"])
    try:
        road = _road(inputs, names, writing, jobs, given)
        outcomes = in_order(road.travel, steps, jobs)
        try:
            code = report.tell(outcomes)
        except Exception:
            outcomes.close()
            raise
    except KeyboardInterrupt as error:
        writing.acquire()  # what is being written gets whole, and nothing else is begun
        if jobs > 1:
            leave(code_of(error))
        return code_of(error)
    report.total()
    return code


def _road(
    inputs: list[Input],
    names: Naming,
    writing: threading.Lock,
    jobs: int,
    given: dict[str, Any],
) -> Road:
    from kmc.cli.fit_options import dither_options, fit_options, loaded_palette
    from kmc.cli.job import Road
    from kmc.cli.opening import Opener
    from kmc.cli.shared_palette import shared_palette

    format = _format(names, inputs, given["format"], given["quiet"])
    opener = Opener(given["frame"], given["resize"])
    fit, remap = fit_options(given, opener), dither_options(given)
    # A palette for many pictures is the same in all of their files.
    order = given["order"] or ("none" if given["shared_palette"] else "compact")
    if order != "none":
        fit["order"] = order
    palette = None
    if given["palette"]:
        palette = loaded_palette(given["palette"], given["space"])
    elif given["shared_palette"]:
        palette = shared_palette(inputs, opener, given["k"], jobs, **fit)
    return Road(
        names,
        format,
        writing,
        opener,
        k=given["k"],
        palette=palette,
        fit=fit,
        remap=remap | {"threads": given["threads"]},
        settings=_settings(format, given["level"], given["threads"]),
        keep=given["keep"],
        optimizer=_optimizer(format) if given["optimize"] else None,
        skip_if_larger=given["skip_if_larger"],
        dry_run=given["dry_run"],
        verbose=given["verbose"],
    )


def _settings(format: Format, level: int | None, threads: int | None) -> dict[str, Any]:
    """The parameters of the format's writer."""
    if level is not None and not format.leveled:
        raise click.UsageError(f"--level is for .png and .kmc files, not {format.name}")
    given = {"level": level, "threads": threads} if format.leveled else {}
    return {name: value for name, value in given.items() if value is not None}


def _optimizer(format: Format) -> Optimizer:
    if format.name != "png":
        raise click.UsageError(f"--optimize is for png files, not {format.name}")
    try:
        import oxipng
    except ImportError:
        raise MissingPackageError(
            "--optimize works through pyoxipng, which is not installed: "
            'pip install "kmc-quantize[optimize]"'
        ) from None
    return lambda data: oxipng.optimize_from_memory(data, level=OXIPNG_LEVEL)


def _format(names: Naming, inputs: list[Input], name: str | None, quiet: bool) -> Format:
    from kmc.cli.writing import called
    from kmc.formats.registry import find_format

    if names.output == STDIO:
        if console.is_terminal(sys.stdout):
            raise click.UsageError("a picture is no text for a terminal: redirect it, or use -o")
        name = name or "png"
    several = os.path.join(names.folder or "", f"*{names.ending}")
    target = names.target(inputs[0]) if len(inputs) == 1 else several
    format = find_format(target, name)
    if format.loss:
        if not quiet:
            console.warn(f"{called(target)}: {format.loss}")  # once, and not for every file
        warnings.filterwarnings("ignore", ".*" + re.escape(format.loss))
    return format
