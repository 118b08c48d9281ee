"""`pytest-frictionless manifest`: what a deployed model was made with, written beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.cli import manifest_read, manifest_write
from pytest_frictionless.cli.command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare the actions, each with arguments of its own."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for action in (*manifest_write.ACTIONS, *manifest_read.ACTIONS):
        subparser = actions.add_parser(action.name, help=action.help, description=action.help)
        action.arguments(subparser)
        subparser.set_defaults(act=action.run)


def run(given: Namespace) -> int:
    """Carry out the action."""
    status: int = given.act(given)
    return status


COMMAND = Command(
    name="manifest", help="write, check and export the version manifest of a model",
    arguments=arguments, run=run,
)  # fmt: skip
