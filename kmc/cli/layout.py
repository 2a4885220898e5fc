"""How the commands present themselves: options in groups, and a group of commands loaded late."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class Option(click.Option):
    """An option that knows under which heading ``--help`` lists it."""

    def __init__(self, *names: Any, heading: str = "Other options", **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.heading = heading


class Command(click.Command):
    """A command whose ``--help`` groups its options under headings, in the order of the first."""

    def invoke(self, ctx: click.Context) -> Any:
        from kmc.formats.kmc.pillow_registration import register  # imports Pillow: not for --help

        register()
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                heading = getattr(parameter, "heading", "Other options")
                groups.setdefault(heading, []).append(record)
        width = min(26, max(len(name) for group in groups.values() for name, _ in group))
        for heading, group in groups.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), text) for name, text in group], 30)


class LateGroup(click.Group):
    """A group that imports a command when it is called, or listed."""

    def __init__(self, *args: Any, homes: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.homes = homes

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.homes:
            return None
        command: click.Command = getattr(import_module(self.homes[cmd_name]), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.homes and not name.startswith("-"):
            ctx.fail(f"No such command {name!r}.{self._instead(name)}")
        return super().resolve_command(ctx, args)

    def _instead(self, name: str) -> str:
        """What may have been meant."""
        from difflib import get_close_matches

        if os.path.exists(name):
            return f" For a picture: kmc {next(iter(self.homes))} {name}"
        near = get_close_matches(name, self.homes, 1)
        return f" Did you mean {near[0]!r}?" if near else ""
