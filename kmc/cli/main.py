"""The program ``kmc``: its commands, its errors, its exit codes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import click

import kmc
from kmc.cli import console
from kmc.cli.exit_codes import Exit, Terminated, code_of
from kmc.cli.layout import LateGroup
from kmc.errors import KmcError

# Set in a context whose help is not to list the exit codes.
_SHORT = "kmc.short"

_COMMANDS = ("quantize", "palette", "plot", "info", "compare", "convert")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; by default those of this process.

    Returns
    -------
    int
        The exit code, one of `kmc.cli.exit_codes.Exit`.

    Examples
    --------
    >>> from kmc.cli.main import main
    >>> main(["quantize", "no such picture.png", "-k", "16", "-o", "out.png"])
    2
    """
    try:
        with _terminable():
            code = int(program.main(argv, "kmc", standalone_mode=False) or Exit.DONE)
    except click.ClickException as error:
        return _misused(error, sys.argv[1:] if argv is None else argv)
    except click.Abort:
        code = Exit.INTERRUPTED
    if code in (Exit.INTERRUPTED, Exit.TERMINATED):
        console.clear()
    return code


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the program as Ctrl-C does, so that no temporary file is left."""

    def terminate(*_: object) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # in another thread than the main one
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _misused(error: click.ClickException, arguments: Sequence[str]) -> Exit:
    context = getattr(error, "ctx", None)
    console.complain(error.format_message())
    files = [each for each in arguments if each[:1] == "-" and os.path.lexists(each)]
    if files:
        console.say(f"./{console.printable(files[0])} is the file of that name")
    elif context is not None:
        console.say(f"{context.command_path} --help says more")
    return Exit.FAILED


class Program(LateGroup):
    """The group of all commands, where what ends a command becomes an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                # Whoever names a picture here has chosen it; one twice as large is an error still.
                warnings.filterwarnings("ignore", ".* could be decompression bomb")
                warnings.simplefilter("always", UserWarning)  # Pillow's and ours, of each file
                warnings.showwarning = console.warn
                return super().invoke(ctx)
        except BrokenPipeError:
            _drop_stdout()
            return Exit.BROKEN_PIPE
        except KeyboardInterrupt as error:
            return code_of(error)
        except KmcError as error:
            console.complain(error)
            return code_of(error)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if _SHORT in ctx.meta:
            formatter.write_paragraph()
            formatter.write_text("kmc COMMAND --help lists a command's options")
            return
        with formatter.section("Exit codes, of many files the worst"):
            formatter.write_dl([(str(int(code)), code.meaning) for code in Exit])


def _drop_stdout() -> None:
    """Keep the interpreter from complaining, at its end, about what it cannot flush."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """The version, and what the speed depends on."""
    if not wanted or ctx.resilient_parsing:
        return
    try:
        count = kmc.cpu.threads()
        threads = f"OpenMP, {count} thread{'s' if count > 1 else ''}"
        details = f"{kmc.cpu.name()}, {threads if kmc.cpu.openmp() else 'without OpenMP'}"
    except KmcError as error:  # a variable in the environment that is wrong
        raise click.ClickException(str(error)) from error
    console.result(f"kmc {kmc.__version__} ({details})")
    ctx.exit()


@click.group(
    cls=Program,
    homes={name: f"kmc.cli.commands.{name}" for name in _COMMANDS},
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version, the instruction set and the threads.",
)
@click.pass_context
def program(ctx: click.Context) -> int:
    """Reduce pictures to their k best colours, exactly and in milliseconds.

    \b
      kmc quantize photo.jpg -k 16                 writes photo-kmc.png
      kmc quantize *.png -k 64 --out-dir small/    a folder of small files
      kmc palette photo.jpg -k 8                   its colours, with their shares
    """
    if ctx.invoked_subcommand is not None:
        return Exit.DONE
    ctx.meta[_SHORT] = True
    console.say(ctx.get_help())
    return Exit.FAILED
