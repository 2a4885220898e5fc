"""Outputs: their names, made of the inputs' names, what may be overwritten, and writing them."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from kmc.cli import console
from kmc.cli.inputs import STDIO, Input, is_zarr
from kmc.errors import ArgumentError, FileWriteError
from kmc.utils.atomic_write import inside, is_stream, replace
from kmc.utils.os_errors import writing

if TYPE_CHECKING:
    from kmc.formats.registry import Format


@dataclass(frozen=True)
class Naming:
    """How outputs are named.

    Parameters
    ----------
    output : str, optional
        The only output, or ``-`` for standard output.
    folder : str, optional
        The folder of all outputs; otherwise each is in the folder of its input.
    ending : str
        What comes after the input's stem.
    overwrite : bool
        Whether existing files are replaced.
    in_place : bool
        Whether each output is its input.
    """

    output: str | None = None
    folder: str | None = None
    ending: str = ".png"
    overwrite: bool = False
    in_place: bool = False

    def target(self, source: Input) -> str:
        """The name of the output of an input."""
        if self.in_place:
            return source.path
        if self.output is not None:
            return self.output
        if self.folder is not None:
            return os.path.join(self.folder, os.path.splitext(source.relative)[0] + self.ending)
        return os.path.splitext(source.path)[0] + self.ending

    def check(self, target: str, is_beside: bool = False) -> None:
        """Check that the output may be written, before any work is done.

        One beside its input has a folder, if the input exists, which reading says better.

        Raises
        ------
        FileWriteError
            The file exists and may not be replaced, or its folder is missing.
        """
        if target == STDIO or is_stream(target):
            return
        if not self.overwrite and os.path.lexists(target):
            raise exists_error(f"{target}: exists already; --force replaces it")
        if self.folder is None and not is_beside:
            with writing(target):
                os.stat(os.path.join(os.path.dirname(os.path.realpath(target)), ""))

    def check_ending(self, target: str, format: Format) -> None:
        """Check that a picture in place keeps a name that is right.

        Raises
        ------
        ArgumentError
            Its ending is that of another format.
        """
        from kmc.formats.registry import format_of_suffix  # NumPy: not for --help

        if not self.in_place or target == STDIO:
            return
        other, way_out = format_of_suffix(target), "--format names another"
        name = None if other is format else other.name if other else _read_only_format(target)
        if other is None:
            way_out = "without --in-place, it is written beside"
        if name is not None:
            raise ArgumentError(
                f"{target}: its ending is that of {name}, and the result's format is "
                f"{format.name}; {way_out}"
            )


def _read_only_format(target: str) -> str | None:
    """The format that a name's ending is of, if it is one that is read and not written."""
    ending = os.path.splitext(target)[1].lower()
    if not ending:
        return None
    if ending == ".npy":
        return "npy"
    from PIL import Image

    found = Image.registered_extensions().get(ending)
    return None if found is None else found.lower()


def exists_error(message: str) -> FileWriteError:
    """The error for an output that would replace a file that must stay."""
    error = FileWriteError(message)
    error.errno = errno.EEXIST
    return error


def naming(
    output: str | None,
    folder: str | None,
    suffix: str | None,
    ext: str | None,
    format: str | None,
    force: bool,
    inputs: Sequence[Input],
) -> Naming:
    """The naming that the options ask for.

    Raises
    ------
    click.UsageError
        Options that exclude each other, or that make no file names.
    FileWriteError
        A folder is given for a file, or the other way round.
    """
    if output is not None:
        for option, value in (("--out-dir", folder), ("--suffix", suffix), ("--ext", ext)):
            if value is not None:
                raise click.UsageError(f"-o names the one output: it excludes {option}")
        if len(inputs) > 1:
            raise click.UsageError(
                f"-o names one file, and there are {len(inputs)} pictures: use --out-dir"
            )
        output = output.rstrip(os.sep) if is_zarr(output) else output
        if (os.path.isdir(output) and not is_zarr(output)) or output.endswith(os.sep):
            raise FileWriteError(
                f"{output}: cannot be written: it is a folder; --out-dir takes folders"
            )
    if folder is not None and os.path.exists(folder) and not os.path.isdir(folder):
        raise FileWriteError(f"{folder}: cannot be written to: it is not a folder")
    if output is None and folder is None and any(each.path == STDIO for each in inputs):
        if len(inputs) > 1:
            raise click.UsageError("for several pictures, one of them -, use --out-dir")
        for option, value in (("--suffix", suffix), ("--ext", ext)):
            if value is not None:
                raise click.UsageError(f"{option} makes no name of standard input: use -o")
        output = STDIO
    end = ending(folder, suffix, ext, format)
    for letter in (os.sep, os.altsep, "\0"):
        if letter and letter in end:
            raise click.UsageError(f"names cannot end in {end!r}; --out-dir names a folder")
    return Naming(output, folder, end, force)


def ending(folder: str | None, suffix: str | None, ext: str | None, format: str | None) -> str:
    """What follows the stems of inputs: ``-kmc.png``, or ``.png`` in an output folder.

    An `ext` with a dot inside, such as ``-fs8.png``, is all of it, as for pngquant's option.

    Raises
    ------
    click.UsageError
        There is such an `ext` and a suffix, too.
    """
    if ext is None:
        ext = (format or "png").lower()
    if "." in ext[1:]:
        if suffix is not None:
            raise click.UsageError(f"--ext {ext} is all that follows a name: it excludes --suffix")
        return ext
    if suffix is None:
        suffix = "" if folder is not None else "-kmc"
    return f"{suffix}.{ext.removeprefix('.')}"


def output_format(target: str, name: str | None) -> Format:
    """The format that the option ``--format`` or the ending of the output names.

    Raises
    ------
    ArgumentError
        There is none of that name.
    click.UsageError
        They name two formats, or the output is a terminal.
    """
    from kmc.formats.registry import find_format, format_of_suffix  # NumPy: not for --help
    from kmc.streaming.sinks import ZARR

    if target == STDIO and console.is_terminal(sys.stdout):
        raise click.UsageError("a terminal shows no pictures: redirect the output, or name a file")
    wanted = name if name is not None else os.path.splitext(target)[1]
    format = ZARR if wanted.lower().strip(".") == ZARR.name else find_format(target, name)
    other = ZARR if target.lower().endswith(".zarr") else format_of_suffix(target)
    if target != STDIO and other is not None and other is not format:
        raise click.UsageError(
            f"{target}: --format {format.name} contradicts the ending, that of {other.name}"
        )
    return format


def check_level(level: int | None, format: Format) -> None:
    """Raise click.UsageError if a level of compression is given for a format that has none."""
    if level is not None and "level" not in format.parameters:
        raise click.UsageError(f"--level is for .png and .kmc files, not {format.name}")


def conflicts(inputs: Sequence[Input], targets: Sequence[str]) -> list[str]:
    """For each output, why writing it would destroy another file of the batch, or ``""``.

    Names are compared once symbolic links are followed.
    """
    readable = [each for each in inputs if each.path != STDIO and not each.problem]
    sources = {_identity(each.path): each for each in readable}
    owners: dict[Hashable, Input] = {}
    found = []
    for source, target in zip(inputs, targets, strict=True):
        found.append("")
        if source.problem or target == STDIO or is_stream(target):
            continue
        file = _identity(target)
        owner = owners.setdefault(file, source)
        other = sources.get(file, source)
        if owner is not source:
            found[-1] = (
                f"{source.name}: its result would be {target}, as that of {owner.name} is; "
                "take it in a call of its own, with another --out-dir or --suffix"
            )
        elif other is not source and _identity(source.path) != file:
            found[-1] = (
                f"{source.name}: its result would replace {other.name}, which is another input; "
                "choose another --out-dir or --suffix"
            )
    return found


def _identity(path: str) -> Hashable:
    """Equal for all names of a file that exists, or that would be made."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.normcase(os.path.realpath(path))
    return status.st_dev, status.st_ino


def display_name(target: str) -> str:
    """The name of an output in messages."""
    return "standard output" if target == STDIO else target


def is_same_file(source: Input, target: str) -> bool:
    """Whether an output is the file of an input."""
    if STDIO in (source.path, target):
        return False
    return os.path.exists(target) and _identity(source.path) == _identity(target)


def is_up_to_date(source: Input, target: str) -> bool:
    """Whether an output exists and is not older than its input."""
    try:
        return os.stat(target).st_mtime_ns >= os.stat(source.path).st_mtime_ns
    except (OSError, ValueError):
        return False


def write(
    target: str,
    data: bytes,
    *,
    within: str | None = None,
    overwrite: bool = True,
    like: os.stat_result | None = None,
) -> None:
    """Write a file atomically, or write to standard output.

    A folder `within` which the file must be is created, with the folders between. The file gets the
    permissions and time stamps of another, where the status of that is given.

    Raises
    ------
    FileWriteError
        The system refuses; an existing file is as it was.
    BrokenPipeError
        The reader of standard output has ended.
    """
    if target == STDIO:
        console.result_bytes(data)
        return
    with writing(target):
        if within is not None:
            os.makedirs(os.path.dirname(inside(target, within)), exist_ok=True)
        replace(target, data, within=within, overwrite=overwrite, like=like)
