"""``kmc quantize``: pictures are reduced to few colours."""

from __future__ import annotations

import os
import re
import threading
import warnings
from typing import TYPE_CHECKING, Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit, code_of
from kmc.cli.inputs import STDIO, Input, expand
from kmc.cli.layout import Command
from kmc.cli.options import (
    GOALS,
    MAX_JOBS,
    SEARCH,
    SIZES,
    adapting,
    dithering,
    folders,
    given_options,
    given_palette,
    goals,
    group,
    look,
    loses,
    named,
    number_of_colors,
    opening,
    order,
    outputs,
    refuse,
    refuse_contradictions,
    running,
    search,
    sizes,
    transparency,
)
from kmc.cli.outputs import (
    Naming,
    check_level,
    conflicts,
    display_name,
    ending,
    is_same_file,
    naming,
    output_format,
)
from kmc.errors import MissingPackageError
from kmc.utils.atomic_write import is_stream

if TYPE_CHECKING:
    from kmc.cli.job import Leaving, Optimizer, Pipeline
    from kmc.cli.opening import Opener
    from kmc.formats.registry import Format

# Options that jobs look at themselves.
_SWITCHES = ("skip_if_larger", "dry_run", "check", "if_newer", "preserve", "verbose")

# Higher ones take several times as long for the last few bytes.
OXIPNG_LEVEL = 4


@click.command(cls=Command)
@named("files", nargs=-1, required=True)
@number_of_colors(256)
@given_palette
@look
@adapting
@order
@group(
    "Colours",
    ("--shared-palette", "One palette for all pictures.", {}),
)
@goals
@sizes
@search
@dithering
@folders
@opening
@transparency
@outputs
@running
def quantize(files: tuple[str, ...], **given: Any) -> Exit:
    """Reduce pictures to their best colours.

    photo.jpg becomes photo-kmc.png in the same folder; -o and --out-dir change that. - reads
    standard input. Existing files are replaced only with --force or --in-place, and with
    --if-newer if they are older.

    \b
      kmc quantize photo.jpg -k 16
      kmc quantize *.png -k 64 --out-dir small/
      kmc quantize -r photos/ --out-dir small/ --resize 700
      kmc quantize -r photos/ --in-place --preserve
      kmc quantize - -k 16 -o - < in.png > out.png
    """
    inputs, names = _inputs_and_names(files, given)
    if given["as_json"] and names.output == STDIO:
        raise click.UsageError("--json and the picture cannot both go to standard output")
    _refuse_exclusions(inputs, given)
    _refuse_for_files(inputs, names, given)
    return run(inputs, names, given)


def _inputs_and_names(files: tuple[str, ...], given: dict[str, Any]) -> tuple[list[Input], Naming]:
    recursive, out_dir = given["recursive"], given["out_dir"]
    for option, elsewhere in (
        ("check", ["in_place", "dry_run", "preserve"]),
        ("in_place", []),
    ):
        if given[option]:
            elsewhere += ["output", "out_dir", "suffix", "ext", "force", "if_newer"]
            name = f"--{option.replace('_', '-')}"
            refuse(elsewhere, f"{name} is about the files themselves: it excludes {{option}}")
            from kmc.formats.registry import find_format  # NumPy: not for --help

            format = find_format("", given["format"] or "png")
            endings = [f".{suffix}" for suffix in format.suffixes]
            names = Naming(ending=endings[0], overwrite=True, in_place=True)
            return expand(files, recursive, endings=endings), names
    end = ending(out_dir, given["suffix"], given["ext"], given["format"])
    results = None if out_dir else end.rpartition(".")[0] or "-kmc"
    inputs = expand(files, recursive, results, out_dir)
    overwrite = given["force"] or given["if_newer"]
    return inputs, naming(
        given["output"], out_dir, given["suffix"], given["ext"], given["format"], overwrite, inputs
    )


def _refuse_for_files(inputs: list[Input], names: Naming, given: dict[str, Any]) -> None:
    """Refuse what needs files that have names and time stamps."""
    output = names.output
    to_stream = output is not None and (output == STDIO or is_stream(output))
    if to_stream or any(each.is_stream for each in inputs):
        options = ["if_newer", "preserve", "in_place"]
        refuse(options, "{option} is for files, not for standard streams or pipes")
    if given["if_newer"]:
        refuse(["force"], "--if-newer replaces what is older, nothing else: it excludes {option}")
        refuse(
            ["shared_palette"],
            "{option} depends on all pictures: it excludes --if-newer; make a palette of them by "
            "kmc palette -o all.gpl, and use --palette all.gpl",
        )
        for each in inputs:
            if not each.problem and is_same_file(each, names.target(each)):
                raise click.UsageError(
                    f"--if-newer compares a picture with its result, and {each.name} is both"
                )


def _refuse_exclusions(inputs: list[Input], given: dict[str, Any]) -> None:
    refuse_contradictions(given)
    if given["pyramid"] is not None:
        refuse(["frame"], "--pyramid is about one picture of a file: it excludes {option}")
    if given["scheduler"] is not None:
        reason = "--scheduler leaves the work to the workers of a cluster: it excludes {option}"
        refuse(["shared_palette", "jobs", "threads"], reason)
    if given["shared_palette"]:
        streams = [each.name for each in inputs if each.is_stream]
        if streams:
            raise click.UsageError(
                f"--shared-palette reads pictures twice, which {streams[0]} cannot be"
            )
        names = ("importance", *GOALS, *(["order"] if given["order"] == "compact" else []))
        refuse(names, "{option} is for one picture, --shared-palette for many")
    if given["palette"]:
        names = ("k", "fixed", "importance", "shared_palette", "order", "verbose", *GOALS, *SIZES)
        names += SEARCH
        reason = "--palette gives the colours: there is nothing to find by {option}"
        refuse(set(names) - {"space"}, reason)
    if given["verbose"]:
        refuse(GOALS, "--verbose prints the iterations of one fit, and {option} needs many")
        refuse(["quiet"], "--verbose and {option} exclude each other")
        if given["jobs"] not in (None, 1):
            raise click.UsageError("--verbose takes one file at a time: it excludes --jobs")
    if loses(given):
        _refuse_with_loss(given)
    if given["background"] is not None:
        refuse(["alpha_threshold"], "--background leaves no alpha: it excludes {option}")


def _refuse_with_loss(given: dict[str, Any]) -> None:
    """Refuse what excludes a loss, or a size of files."""
    option = "--lossy" if given["max_bytes"] is None else "--max-bytes"
    if given["dither"] not in (None, "none"):
        raise click.UsageError(f"what dithering adds costs most: {option} excludes --dither")
    names = ("importance", "shared_palette", *([] if given["lossy"] == "auto" else GOALS))
    refuse(names, f"{option} and {{option}} exclude each other")
    if given["max_bytes"] is not None:
        refuse(["lossy"], "a size sets the loss: --max-bytes excludes {option}")
        refuse(["level", "optimize"], "--max-bytes is for the default compression, not {option}")
        refuse(["verbose"], "{option} prints the iterations of one fit, --max-bytes needs several")
    if given["lossy"] == "auto" and not given_options(given, GOALS):
        raise click.UsageError(
            "--lossy auto is the loss that a goal allows: --quality, --psnr or --max-mse"
        )


def run(inputs: list[Input], names: Naming, given: dict[str, Any]) -> Exit:
    """Quantize the inputs as the options say."""
    from kmc import cpu
    from kmc.cli.batch import leave, run_ordered
    from kmc.cli.job import Job
    from kmc.cli.report import Report

    if given["quiet"]:
        warnings.simplefilter("ignore")
    jobs = given["jobs"] or min(MAX_JOBS, cpu.processors())
    jobs = 1 if given["verbose"] else min(jobs, len(inputs))
    if jobs > 1 and not given["threads"]:
        given["threads"] = max(1, cpu.threads() // jobs)
    writing = threading.Lock()
    targets = ["" if each.problem else names.target(each) for each in inputs]
    todo = list(map(Job, inputs, targets, conflicts(inputs, targets)))
    report = Report(len(inputs), json=given["as_json"], quiet=given["quiet"])
    try:
        pipeline = _pipeline(inputs, names, writing, jobs, given)
        # Outcomes are small, and a large picture shall not keep the others waiting.
        outcomes = run_ordered(pipeline.run, todo, jobs, pending=len(todo))
        try:
            code = report.show(outcomes)
        except Exception:
            outcomes.close()
            raise
    except KeyboardInterrupt as error:
        writing.acquire()  # a file that is being written is completed, and no other is begun
        if jobs > 1:
            leave(code_of(error))
        return code_of(error)
    report.total()
    return code


def _pipeline(
    inputs: list[Input],
    names: Naming,
    writing: threading.Lock,
    jobs: int,
    given: dict[str, Any],
) -> Pipeline:
    from kmc.cli.fit_options import (
        apply_look,
        check_loss,
        dither_options,
        fit_options,
        loaded_palette,
        shared_palette,
    )
    from kmc.cli.job import Pipeline

    format = _format(names, inputs, given["format"], given["quiet"])
    optimizer = _optimizer(format) if given["optimize"] else None
    settings = _settings(format, given["level"], given["threads"])
    opener = _opener(given)
    check_loss(given, format)
    if given["scheduler"] is not None and given["look"] is None:
        given["dither"] = given["dither"] or "none"  # error diffusion is not for chunks
    apply_look(given)
    fit, remap = fit_options(given, opener), dither_options(given)
    # A shared palette is the same in all files, whose own orders would differ.
    order = given["order"] or ("luminance" if given["shared_palette"] else "compact")
    if order != "none":
        fit["order"] = order
    if loses(given):
        fit |= {**given_options(given, SIZES), "format": format.name}
    palette = None
    if given["palette"]:
        palette = loaded_palette(given["palette"], given["space"])
    elif given["shared_palette"]:
        palette = shared_palette(inputs, opener, given["k"], jobs, given["verbose"], **fit)
    return Pipeline(
        names,
        format,
        writing,
        opener,
        k=given["k"],
        palette=palette,
        order=given["order"],
        fit=fit,
        remap=remap | {"threads": given["threads"]},
        posterize=given.get("posterize") or 0,
        settings=settings,
        keep=given["keep"],
        optimizer=optimizer,
        leaving=_leaving(given),
        scheduler=given["scheduler"],
        shows_bands=len(inputs) == 1 and not (given["quiet"] or given["verbose"]),
        **{name: given[name] for name in _SWITCHES},
    )


def _opener(given: dict[str, Any]) -> Opener:
    from kmc.cli.opening import Opener

    return Opener(
        given["frame"],
        given["resize"],
        given["background"],
        given["alpha_threshold"],
        pyramid=given["pyramid"],
        threads=given["threads"],
    )


def _leaving(given: dict[str, Any]) -> Leaving:
    """Which files of at most k colours are left as they are."""
    if given["palette"] or given["shared_palette"] or given["fixed"]:
        return "never"
    if given["order"] not in (None, "compact", "none"):
        return "never"
    # What reaches a goal with fewer colours than a result has would be reduced again and again.
    has_goal = any(given[name] is not None for name in GOALS)
    return "reduced" if has_goal or given["order"] == "none" else "as good"


def _settings(format: Format, level: int | None, threads: int | None) -> dict[str, Any]:
    """The parameters of the format's encoder."""
    check_level(level, format)
    given = {"level": level, "threads": threads, "max_threads": threads}
    return {
        name: value
        for name, value in given.items()
        if value is not None and name in format.parameters
    }


def _optimizer(format: Format) -> Optimizer:
    if format.name != "png":
        raise click.UsageError(f"--optimize is for png files, not {format.name}")
    try:
        import oxipng
    except ImportError:
        raise MissingPackageError(
            "--optimize needs pyoxipng, which is not installed: "
            'pip install "kmc-quantize[optimize]"'
        ) from None
    return lambda data: oxipng.optimize_from_memory(data, level=OXIPNG_LEVEL)


def _format(names: Naming, inputs: list[Input], name: str | None, quiet: bool) -> Format:
    if names.output == STDIO:
        name = name or "png"
    several = os.path.join(names.folder or "", f"*{names.ending}")
    single = len(inputs) == 1 and not inputs[0].problem and not names.in_place
    target = names.target(inputs[0]) if single else several
    format = output_format(target, name)
    if format.loss:
        if not quiet:  # once, and not for each file
            console.show_warning(f"{display_name(target)}: {format.loss}")
        warnings.filterwarnings("ignore", ".*" + re.escape(format.loss))
    return format
