"""Commands whose help groups options, and a group whose commands are imported when called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit


class Option(click.Option):
    """An option with the heading under which ``--help`` lists it."""

    def __init__(self, *names: Any, heading: str = "Other options", **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.heading = heading


def print_result(ctx: click.Context, text: str) -> None:
    """Print a result on standard output, and end the program."""
    try:
        console.result(text)
    except BrokenPipeError:
        ctx.exit(Exit.BROKEN_PIPE)
    ctx.exit()


class _Help(click.Command):
    """A command whose help is printed as all results are: not without a word where it cannot be."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _print_help
        return option


def _print_help(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        print_result(ctx, ctx.get_help())


def grouped_options(command: click.Command, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
    """The options of a command with what they do, by their headings."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        if record is not None and isinstance(parameter, click.Option):
            heading = getattr(parameter, "heading", "Other options")
            groups.setdefault(heading, []).append(record)
    return groups


class Command(_Help):
    """A command whose ``--help`` groups its options under headings, in the order of the first."""

    def invoke(self, ctx: click.Context) -> Any:
        import logging  # as Pillow does: not for --help

        from kmc.formats.kmc.pillow_registration import register

        register()
        # Nobody shall print what Pillow logs: errors follow as exceptions, and then name the file.
        logging.getLogger("PIL").addHandler(logging.NullHandler())
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups = grouped_options(self, ctx)
        width = min(26, max(len(name) for group in groups.values() for name, _ in group))
        for heading, group in groups.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), text) for name, text in group], 30)


class LazyGroup(_Help, click.Group):
    """A group that imports a command when it is called, or listed; `modules` names its module."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.modules:
            return None
        command: click.Command = getattr(import_module(self.modules[cmd_name]), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.modules and not name.startswith("-"):
            ctx.fail(f"No such command {name!r}.{self._suggestion(name)}")
        return super().resolve_command(ctx, args)

    def _suggestion(self, name: str) -> str:
        """What may have been meant, as a sentence."""
        from difflib import get_close_matches

        if os.path.exists(name):
            return f" For a picture: kmc {next(iter(self.modules))} {name}"
        near = get_close_matches(name, self.modules, 1)
        return f" Did you mean {near[0]!r}?" if near else ""
