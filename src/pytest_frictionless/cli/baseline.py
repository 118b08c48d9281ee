"""`pytest-frictionless baseline`: recorded latencies, and which of them are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.cli import baseline_read, baseline_write
from pytest_frictionless.cli.command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare the actions, each with arguments of its own."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for action in (*baseline_write.ACTIONS, *baseline_read.ACTIONS):
        subparser = actions.add_parser(action.name, help=action.help, description=action.help)
        action.arguments(subparser)
        subparser.set_defaults(act=action.run)


def run(given: Namespace) -> int:
    """Carry out the action."""
    status: int = given.act(given)
    return status


COMMAND = Command(
    name="baseline", help="record, compare and accept latencies measured on a GPU",
    arguments=arguments, run=run,
)  # fmt: skip
