"""The command line: ``kmc quantize IN -k 16 -o OUT``."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import kmc
from kmc.errors import ArgumentError, FileWriteError, ImageReadError, KmcError

if TYPE_CHECKING:
    from kmc.indexed import IndexedImage

_INTERRUPTED = 130  # as a shell reports a program that Ctrl-C ended
_BROKEN_PIPE = 141  # as a shell reports one whose reader went away
_STDIO = "-"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; by default those of this process.

    Returns
    -------
    int
        The exit code: 0, 1 after an error (one line on stderr), 2 for a wrong usage (by way of
        SystemExit, as argparse does it), 130 after Ctrl-C, 141 when nobody reads stdout any more.

    Examples
    --------
    >>> from kmc.cli import main
    >>> main(["quantize", "no such picture.png", "-k", "16", "-o", "out.png"])
    1
    """
    arguments = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            # Whoever names a picture here has chosen it; one twice as large is an error still.
            warnings.filterwarnings("ignore", ".* could be decompression bomb")
            _quantize(arguments)
    except BrokenPipeError:
        _drop_stdout()
        return _BROKEN_PIPE
    except KmcError as error:
        print(f"kmc: {_one_line(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kmc", description=kmc.__doc__)
    parser.add_argument("--version", action="version", version=f"kmc {kmc.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    quantize = commands.add_parser(
        "quantize",
        help="reduce a picture to its k best colours",
        description="Reduce a picture to its k best colours and write it with that palette.",
    )
    add = quantize.add_argument
    add("input", metavar="IN", help="the picture; - reads standard input")
    add("-k", type=int, default=256, help="how many colours, 1 to 65536 (default: %(default)s)")
    add("-o", "--output", metavar="OUT", required=True, help="the file to write; - is stdout")
    add("--format", help="png, gif, webp, tiff, bmp or jpg (default: OUT's suffix; png on stdout)")
    add("--force", action="store_true", help="replace OUT if it exists")
    add("--effort", choices=("fast", "default", "best"), help="how hard to search")
    add("--init", help="the seeding: k-means++, random or bisecting")
    add("--seed", type=int, help="of the random numbers; the same gives the same file")
    add("--max-iter", type=int, help="the most iterations")
    add("--tol", type=float, help="stop when no centroid moves by more, in levels squared")
    add("--threads", type=int, help="the most threads; the file never depends on it")
    return parser


def _quantize(arguments: argparse.Namespace) -> None:
    to_stdout = arguments.output == _STDIO
    _check_output(arguments, to_stdout)
    source = _input(arguments.input)
    names = ("effort", "init", "seed", "max_iter", "tol", "threads")
    options = {name: getattr(arguments, name) for name in names}
    result = kmc.quantize(
        source, arguments.k, **{name: value for name, value in options.items() if value is not None}
    )
    before = os.path.getsize(source) if isinstance(source, str) else source.getbuffer().nbytes
    if to_stdout:
        after = _write_stdout(result, arguments.format or "png")
    else:
        result.save(arguments.output, arguments.format)
        after = os.path.getsize(arguments.output)
    print(_summary(arguments, result, before, after), file=sys.stderr)


def _check_output(arguments: argparse.Namespace, to_stdout: bool) -> None:
    """Find out what cannot be written before any work is done."""
    from kmc.files import find_format

    if to_stdout:
        find_format(_STDIO, arguments.format or "png")
        if sys.stdout.isatty():
            raise ArgumentError("a picture is no text for a terminal: redirect stdout, or use -o")
        return
    find_format(arguments.output, arguments.format)
    if os.path.lexists(arguments.output) and not arguments.force:
        raise FileWriteError(f"{arguments.output}: exists already; --force replaces it")


def _input(name: str) -> str | io.BytesIO:
    if name != _STDIO:
        return name
    try:
        source = io.BytesIO(sys.stdin.buffer.read())
    except OSError as error:
        raise ImageReadError(f"standard input: {error.strerror}") from error
    source.name = "standard input"  # what errors call it
    return source


def _write_stdout(result: IndexedImage, format: str) -> int:
    from kmc.files import encode, find_format

    data = encode(result, find_format(_STDIO, format), "standard output")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileWriteError(f"standard output: cannot be written: {error.strerror}") from error
    return len(data)


def _drop_stdout() -> None:
    """Keep the interpreter from complaining, at its end, about what it cannot flush."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _summary(arguments: argparse.Namespace, result: IndexedImage, before: int, after: int) -> str:
    return (
        f"{arguments.input} -> {arguments.output}: {_bytes(before)} -> {_bytes(after)}, "
        f"k = {len(result.palette)}, MSE {result.mse:.2f}, PSNR {result.psnr:.2f} dB"
    )


def _bytes(n: int) -> str:
    if n < 1000:
        return f"{n} B"
    return f"{n / 1000:.1f} kB" if n < 1_000_000 else f"{n / 1_000_000:.2f} MB"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
