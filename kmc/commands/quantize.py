"""``kmc quantize``: pictures become files of few colours."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from kmc.commands import console
from kmc.commands.exits import Exit
from kmc.commands.inputs import STDIO, Input, expand
from kmc.commands.kinds import size, whole
from kmc.commands.layout import Command, option
from kmc.commands.outputs import Naming, naming, with_rivals
from kmc.commands.search import chosen, search_options

if TYPE_CHECKING:
    from kmc.files import Format

# So many files at once, where nothing else is asked for: each holds a picture in memory.
MOST_JOBS = 4

COLORS, INPUT, OUTPUT, RUNNING = "Colours", "Input", "Output", "Running"


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True)
@option(
    COLORS,
    "-k",
    "--colors",
    "k",
    type=whole(1, 65536),
    default=256,
    show_default=True,
    metavar="N",
    help="How many colours.",
)
@search_options
@option(INPUT, "-r", "--recursive", is_flag=True, help="Take the pictures in folders, too.")
@option(
    INPUT,
    "--resize",
    type=size,
    metavar="W[xH]",
    help="Scale first: 700 is the most width, 700x465 the very size.",
)
@option(
    OUTPUT,
    "-o",
    "--output",
    metavar="FILE",
    help="Where the one result goes; - is standard output.",
)
@option(OUTPUT, "--out-dir", metavar="DIR", help="Where results go, under their inputs' names.")
@option(
    OUTPUT,
    "--suffix",
    metavar="TEXT",
    help="Put after inputs' names; by default -kmc, and nothing with --out-dir.",
)
@option(
    OUTPUT,
    "--ext",
    metavar="EXT",
    default="png",
    show_default=True,
    help="The ending of results' names, and so their format.",
)
@option(
    OUTPUT,
    "--format",
    metavar="NAME",
    help="The format, where a name does not say it: png, gif, webp, tiff, bmp, jpg.",
)
@option(OUTPUT, "-f", "--force", is_flag=True, help="Replace files that exist.")
@option(
    OUTPUT,
    "--skip-if-larger",
    is_flag=True,
    help="Write only what is not larger than its original; else exit with 98.",
)
@option(OUTPUT, "-n", "--dry-run", is_flag=True, help="Do everything but write.")
@option(
    RUNNING,
    "--jobs",
    type=whole(1, 1024),
    metavar="N",
    help=f"Files at once; by default one a processor, at most {MOST_JOBS}.",
)
@option(
    RUNNING,
    "--threads",
    type=whole(1, 1024),
    metavar="N",
    help="The most threads for one file; the result never depends on it.",
)
@option(
    RUNNING,
    "--json",
    "as_json",
    is_flag=True,
    help="A line of JSON for each file, on standard output.",
)
@option(RUNNING, "-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@option(
    RUNNING, "-v", "--verbose", is_flag=True, help="Tell of each iteration; one file at a time."
)
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
        size=given["resize"],
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
        console.complain(f"warning: {format.loss}")
    return format
