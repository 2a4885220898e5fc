"""Where results go: names made of the inputs' names, and what may not be written over."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass

import click

from kmc.cli.inputs import STDIO, Input
from kmc.errors import FileWriteError
from kmc.utils.atomic_write import is_stream


@dataclass(frozen=True)
class Naming:
    """How outputs are named.

    Parameters
    ----------
    output : str, optional
        The one output, or ``-`` for standard output.
    folder : str, optional
        The folder for all of them; otherwise each lies beside its input.
    ending : str
        What comes after the input's name without its suffix.
    overwrite : bool
        Whether existing files are replaced.

    Examples
    --------
    >>> from kmc.cli.inputs import Input
    >>> from kmc.cli.outputs import Naming
    >>> Naming(ending="-kmc.png").target(Input("sea/wave.jpg", "wave.jpg"))
    'sea/wave-kmc.png'
    """

    output: str | None = None
    folder: str | None = None
    ending: str = ".png"
    overwrite: bool = False

    def target(self, source: Input) -> str:
        """The file that the result of an input is written to."""
        if self.output is not None:
            return self.output
        if self.folder is not None:
            return os.path.join(self.folder, os.path.splitext(source.below)[0] + self.ending)
        return os.path.splitext(source.path)[0] + self.ending

    def check(self, source: Input, target: str, rival: Input | None = None) -> None:
        """Find out what cannot be written before any work is done.

        Raises
        ------
        FileWriteError
            The file exists and may not be replaced, or is that of another input, the `rival`.
        """
        if rival is not None:
            raise _exists(
                f"{source.name}: its result would be {target}, as that of {rival.name} is; "
                "take it in a call of its own, with another --out-dir or --suffix"
            )
        if target == STDIO or self.overwrite or is_stream(target):
            return
        if os.path.lexists(target):
            raise _exists(f"{target}: exists already; --force replaces it")


def _exists(message: str) -> FileWriteError:
    error = FileWriteError(message)
    error.errno = errno.EEXIST
    return error


def naming(
    output: str | None,
    folder: str | None,
    suffix: str | None,
    ext: str,
    force: bool,
    inputs: Sequence[Input],
) -> Naming:
    """The naming that the options ask for.

    Raises
    ------
    click.UsageError
        Options that contradict each other, or names that leave no place for a result.
    FileWriteError
        A folder in the place of a file, or the other way round.

    Examples
    --------
    >>> from kmc.cli.inputs import Input
    >>> from kmc.cli.outputs import naming
    >>> naming(None, "small", None, "webp", False, []).ending
    '.webp'
    """
    if output is not None and folder is not None:
        raise click.UsageError("-o names one file, --out-dir a folder for all: give one of them")
    if output is not None and len(inputs) > 1:
        raise click.UsageError(
            f"-o names one file, and there are {len(inputs)} pictures: use --out-dir"
        )
    if output is not None and (os.path.isdir(output) or output.endswith(os.sep)):
        raise FileWriteError(f"{output}: cannot be written: it is a folder, which --out-dir takes")
    if folder is not None and os.path.exists(folder) and not os.path.isdir(folder):
        raise FileWriteError(f"{folder}: cannot be written to: it is no folder")
    if output is None and folder is None and any(each.path == STDIO for each in inputs):
        if len(inputs) > 1:
            raise click.UsageError("with other pictures beside -, use --out-dir")
        output = STDIO
    end = ending(folder, suffix, ext)
    for letter in (os.sep, os.altsep, "\0"):
        if letter and letter in end:
            raise click.UsageError(f"names cannot end in {end!r}; --out-dir names a folder")
    return Naming(output, folder, end, force)


def ending(folder: str | None, suffix: str | None, ext: str) -> str:
    """What comes after the names of inputs without their suffixes.

    Examples
    --------
    >>> from kmc.cli.outputs import ending
    >>> ending(None, None, "png"), ending("small", None, "png"), ending(None, "-16", ".gif")
    ('-kmc.png', '.png', '-16.gif')
    >>> ending(None, None, "-fs8.png")  # as a whole, which is how pngquant's --ext takes it
    '-fs8.png'
    """
    if "." in ext[1:]:
        return ext
    if suffix is None:
        suffix = "" if folder is not None else "-kmc"
    return f"{suffix}.{ext.removeprefix('.')}"


def with_rivals(inputs: Sequence[Input], targets: Sequence[str]) -> list[Input | None]:
    """For each target the earlier input whose result has the same name, if there is one.

    Examples
    --------
    >>> from kmc.cli.inputs import Input
    >>> from kmc.cli.outputs import with_rivals
    >>> inputs = [Input("a.jpg", "a.jpg"), Input("a.png", "a.png")]
    >>> with_rivals(inputs, ["small/a.png", "./small/a.png"])
    [None, Input(path='a.jpg', below='a.jpg', hopeless='')]
    """
    first: dict[str, Input] = {}
    rivals: list[Input | None] = []
    for source, target in zip(inputs, targets, strict=True):
        owner = first.setdefault(os.path.normcase(os.path.abspath(target)), source)
        rivals.append(None if owner is source else owner)
    return rivals
