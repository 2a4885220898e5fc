"""Writes the page of the program's commands and options, from the program itself."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path

import click

from kmc.cli.main import program

_INTRODUCTION = """# Commands and options

This page is made from the program, as `kmc COMMAND --help` shows it.
[Command line](../command-line.md) explains how the parts work together, and lists the exit codes.
"""


def page() -> str:
    """The page in MyST Markdown."""
    context = click.Context(program, info_name="kmc")
    commands = [program.get_command(context, name) for name in program.list_commands(context)]
    parts = [_INTRODUCTION, *(_command(command, context) for command in commands if command)]
    return "\n".join(parts)


def _command(command: click.Command, parent: click.Context) -> str:
    context = click.Context(command, parent, command.name)
    name = f"kmc {command.name}"
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"## {name}\n", _prose(command.help or ""), f"```text\n{usage}\n```\n"]
    groups: dict[str, list[str]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            heading = getattr(parameter, "heading", "Other options")
            groups.setdefault(heading, []).append(f"`{record[0]}`\n: {_marked(record[1])}\n")
    for heading, options in groups.items():
        parts += [f"```{{rubric}} {heading}\n```\n", *options]
    return "\n".join(parts)


def _prose(text: str) -> str:
    """Paragraphs as they are, and those that click is told not to wrap as examples."""
    parts = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            lines = textwrap.dedent(paragraph.removeprefix("\b").strip("\n"))
            parts.append(f"```text\n{lines}\n```\n")
        else:
            parts.append(f"{_marked(' '.join(paragraph.split()))}\n")
    return "\n".join(parts)


def _marked(text: str) -> str:
    """Text with the options in it as code."""
    options = re.compile(r"((?<![\w-])--?[a-z][\w-]*(?:[=.]\w+)*)")
    parts = options.split(text)
    return "".join(f"`{part}`" if i % 2 else _escaped(part) for i, part in enumerate(parts))


def _escaped(text: str) -> str:
    """Text that Markdown would take for markup."""
    for mark in "\\*_#[]<>`":
        text = text.replace(mark, f"\\{mark}")
    return text


def write(path: Path) -> None:
    """Write the page if it has changed, so that Sphinx need not read it again."""
    text = page()
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
