"""What a subcommand of `pytest-frictionless` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One subcommand; `run` gives the exit status: 0, or 1 for findings, or 2 for wrong usage."""

    name: str
    help: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int] | None = None
    """None for a group: each of its actions has one."""
    about: str = ""
    """What its own `--help` begins with; `help` where it is empty."""


def group(name: str, help: str, actions: Iterable[Command]) -> Command:
    """A subcommand of several actions, in this order."""
    return Command(
        name=name, help=help, arguments=lambda parser: declare(parser, actions, metavar="ACTION")
    )


def declare(parser: ArgumentParser, commands: Iterable[Command], *, metavar: str) -> None:
    """Declare subcommands, each with arguments of its own; `run` of the namespace is the chosen one's."""
    subparsers = parser.add_subparsers(required=True, metavar=metavar)
    for command in commands:
        about = command.about or command.help
        subparser = subparsers.add_parser(command.name, help=command.help, description=about)
        command.arguments(subparser)
        if command.run is not None:
            subparser.set_defaults(run=command.run)
