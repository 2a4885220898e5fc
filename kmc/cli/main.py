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
from kmc.cli.layout import LazyGroup, print_result
from kmc.errors import KmcError

# Set in a context whose help is not to list the exit codes.
_SHORT = "kmc.short"

_COMMANDS = ("quantize", "palette", "plot", "info", "compare", "convert", "pngquant")


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
    """
    try:
        with _terminable():
            code = int(program.main(argv, "kmc", standalone_mode=False) or Exit.DONE)
    except click.ClickException as error:
        return _usage_error(error, sys.argv[1:] if argv is None else argv)
    except click.Abort:
        code = Exit.INTERRUPTED
    except KmcError as error:  # of --help or --version
        console.error(error)
        code = code_of(error)
    _drop_unwritten()
    if code in (Exit.INTERRUPTED, Exit.TERMINATED):
        console.clear_line()
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


def _usage_error(error: click.ClickException, arguments: Sequence[str]) -> Exit:
    context = getattr(error, "ctx", None)
    console.error(error.format_message())
    files = [each for each in arguments if each[:1] == "-" and os.path.lexists(each)]
    if files:
        console.note(f"./{console.printable(files[0])} is the file of that name")
    elif context is not None:
        console.note(f"see {context.command_path} --help")
    return Exit.FAILED


class Program(LazyGroup):
    """The group of all commands, which turns what ends a command into an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with warnings.catch_warnings():
                # The user chose the picture; one twice as large is an error still.
                warnings.filterwarnings("ignore", ".* could be decompression bomb")
                warnings.simplefilter("always", UserWarning)  # Pillow's and ours, of each file
                warnings.showwarning = console.show_warning
                return super().invoke(ctx)
        except BrokenPipeError:
            return Exit.BROKEN_PIPE
        except KeyboardInterrupt as error:
            return code_of(error)
        except (KmcError, MemoryError) as error:
            console.error(str(error) or "not enough memory")
            return code_of(error)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if _SHORT in ctx.meta:
            formatter.write_paragraph()
            formatter.write_text("kmc COMMAND --help lists a command's options")
            return
        with formatter.section("Exit codes; of several files, the worst"):
            formatter.write_dl([(str(int(code)), code.meaning) for code in Exit])


def _drop_unwritten() -> None:
    """Drop what standard output did not take, or the interpreter would fail to flush it at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the version, and what the speed depends on."""
    if not wanted or ctx.resilient_parsing:
        return
    try:
        count = kmc.cpu.threads()
        threads = f"OpenMP, {count} thread{'s' if count > 1 else ''}"
        details = f"{kmc.cpu.name()}, {threads if kmc.cpu.openmp() else 'without OpenMP'}"
    except KmcError as error:  # a variable in the environment that is wrong
        raise click.ClickException(str(error)) from error
    print_result(ctx, f"kmc {kmc.__version__} ({details})")


def _print_manual(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from kmc.cli.manual import manual_page  # imports every command

        print_result(ctx, manual_page(program, ctx))


@click.group(
    cls=Program,
    modules={name: f"kmc.cli.commands.{name}" for name in _COMMANDS},
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
@click.option(
    "--man",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_manual,
    help="Print the manual page: kmc --man | man -l -",
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
    console.note(ctx.get_help())
    return Exit.FAILED
