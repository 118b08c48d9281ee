"""`pytest-frictionless ci`: what the jobs of GitHub and GitLab call, so that their YAML stays thin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.cli import (
    ci_cache_key,
    ci_discover,
    ci_durations,
    ci_evidence,
    ci_report,
    ci_run,
)
from pytest_frictionless.cli.command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

ACTIONS = (
    ci_discover.COMMAND, ci_run.COMMAND, ci_report.COMMAND, ci_evidence.COMMAND, ci_durations.COMMAND,
    ci_cache_key.COMMAND,
)  # fmt: skip
"""Every action, in the order of a pipeline."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the actions, each with arguments of its own."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for action in ACTIONS:
        subparser = actions.add_parser(action.name, help=action.help, description=action.help)
        action.arguments(subparser)
        subparser.set_defaults(act=action.run)


def run(given: Namespace) -> int:
    """Carry out the action."""
    status: int = given.act(given)
    return status


COMMAND = Command(
    name="ci", help="what CI jobs call: find, split and run checkpoints, report, sign, tell cache keys",
    arguments=arguments, run=run,
)  # fmt: skip
