"""The manual page of the program, made of its commands: ``kmc --man``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator

import click

import kmc
from kmc.cli.exit_codes import Exit
from kmc.cli.layout import LazyGroup, grouped_options

ENVIRONMENT = {
    "KMC_NUM_THREADS": "The most threads; takes precedence over OMP_NUM_THREADS.",
    "OMP_NUM_THREADS": "The same, for all programs that use OpenMP.",
    "KMC_CPU": "The instruction set: c, avx2, avx512 or neon; by default the fastest.",
    "OMP_WAIT_POLICY": "How idle threads wait; kmc chooses passive if it is not set.",
    "NO_COLOR": "No colour on terminals.",
}


def manual_page(program: LazyGroup, ctx: click.Context) -> str:
    """The page of section 1, in the macros of man(7)."""
    summary, _, description = inspect.cleandoc(program.help or "").partition("\n\n")
    return "\n".join(
        [
            f'.TH KMC 1 "" "kmc {kmc.__version__}" "User Commands"',
            ".SH NAME",
            _text(f"kmc - {summary[0].lower()}{summary[1:].rstrip('.')}"),
            ".SH SYNOPSIS",
            *_usages(program, ctx),
            ".SH DESCRIPTION",
            _text(summary),
            *_paragraphs(description),
            ".SH OPTIONS",
            *_options(program, ctx),
            ".SH COMMANDS",
            *(line for name in program.list_commands(ctx) for line in _command(program, ctx, name)),
            ".SH EXIT STATUS",
            "Of several files, the worst; from good to bad:",
            *_list((str(int(code)), code.meaning) for code in Exit),
            ".SH ENVIRONMENT",
            *_list(ENVIRONMENT.items()),
        ]
    )


def _usages(program: LazyGroup, ctx: click.Context) -> Iterator[str]:
    for name in program.list_commands(ctx):
        command = program.get_command(ctx, name)
        assert command is not None
        pieces = command.collect_usage_pieces(click.Context(command))
        yield f".B {_text(f'kmc {name}')}"
        yield _text(" ".join(pieces))
        yield ".br"


def _command(program: LazyGroup, ctx: click.Context, name: str) -> Iterator[str]:
    command = program.get_command(ctx, name)
    assert command is not None
    yield f".SS {_text(f'kmc {name}')}"
    yield from _paragraphs(inspect.cleandoc(command.help or ""))
    yield from _options(command, click.Context(command, parent=ctx, info_name=name))


def _options(command: click.Command, ctx: click.Context) -> Iterator[str]:
    for heading, options in grouped_options(command, ctx).items():
        yield ".PP"
        yield f".I {_text(heading)}"
        yield from _list(options)


def _list(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in entries:
        yield from (".TP", f".B {_text(name)}", _text(text))


def _paragraphs(text: str) -> Iterator[str]:
    r"""The paragraphs of a help text; those after ``\b`` are kept as they are."""
    for paragraph in filter(None, text.split("\n\n")):
        if paragraph.startswith("\b"):
            lines = [_text(line) for line in paragraph.splitlines()[1:]]
            yield from (".PP", ".nf", *lines, ".fi")
        else:
            yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    """Text in which nothing is taken for a request of roff."""
    escaped = text.replace("\\", r"\(rs").replace("-", r"\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", escaped)
