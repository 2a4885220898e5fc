"""``kmc quantize``: pictures become files of few colours."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

import click

from kmc.commands import console
from kmc.commands.exits import Exit
from kmc.commands.inputs import STDIO, Input, expand
from kmc.commands.layout import Command
from kmc.commands.options import (
    MOST_JOBS,
    chosen,
    folders,
    how_many,
    opening,
    places,
    running,
    search,
)
from kmc.commands.outputs import Naming, naming, with_rivals

if TYPE_CHECKING:
    from kmc.files import Format


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True)
@how_many(256)
@search
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
    results = None if given["out_dir"] else given["suffix"] or "-kmc"
    inputs = expand(files, given["recursive"], results, given["out_dir"])
    names = naming(
        given["output"], given["out_dir"], given["suffix"], given["ext"], given["force"], inputs
    )
    if given["as_json"] and names.output == STDIO:
        raise click.UsageError("--json and the picture cannot both go to standard output")
    return _run(inputs, names, given)


def _run(inputs: list[Input], names: Naming, given: dict[str, Any]) -> Exit:
    from kmc import cpu
    from kmc.commands.batch import in_order, leave
    from kmc.commands.report import Report
    from kmc.commands.road import Road

    jobs = given["jobs"] or min(MOST_JOBS, cpu.threads())
    jobs = 1 if given["verbose"] else min(jobs, len(inputs))
    writing = threading.Lock()
    road = Road(
        names,
        _format(names, given["format"]),
        writing,
        k=given["k"],
        options=chosen(given),
        threads=given["threads"] or (max(1, cpu.threads() // jobs) if jobs > 1 else None),
        frame=given["frame"],
        size=given["resize"],
        keep=given["keep"],
        skip_if_larger=given["skip_if_larger"],
        dry_run=given["dry_run"],
        verbose=given["verbose"],
    )
    targets = [names.target(each) for each in inputs]
    steps = list(zip(inputs, targets, with_rivals(inputs, targets), strict=True))
    report = Report(len(inputs), json=given["as_json"], quiet=given["quiet"])
    with contextlib.closing(in_order(road.travel, steps, jobs)) as outcomes, report:
        try:
            code = report.tell(outcomes)
        except KeyboardInterrupt:
            writing.acquire()  # what is being written gets whole, and nothing else is begun
            if jobs > 1:
                leave(Exit.INTERRUPTED)
            return Exit.INTERRUPTED
    report.total()
    return code


def _format(names: Naming, name: str | None) -> Format:
    from kmc.files import find_format

    if names.output == STDIO:
        if console.is_terminal(sys.stdout):
            raise click.UsageError("a picture is no text for a terminal: redirect it, or use -o")
        name = name or "png"
    format = find_format(names.output or f"results{names.ending}", name)
    if format.loss:
        console.complain(f"warning: {format.loss}")  # once, and not for every file
        warnings.filterwarnings("ignore", ".*" + re.escape(format.loss))
    return format
