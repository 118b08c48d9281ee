"""The console command `pytest-frictionless`: one file beside this one for each subcommand."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_frictionless import __version__
from pytest_frictionless.cli import (
    baseline,
    ci,
    container,
    explain,
    manifest,
    operators,
    opset,
    profile,
    reduce,
    report,
    simplify,
    stack,
    upgrade,
)
from pytest_frictionless.errors import ConfigError, MissingDependency, StepFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (
    explain.COMMAND,
    operators.COMMAND,
    opset.COMMAND,
    reduce.COMMAND,
    simplify.COMMAND,
    baseline.COMMAND,
    ci.COMMAND,
    profile.COMMAND,
    manifest.COMMAND,
    stack.COMMAND,
    container.COMMAND,
    ci.COMMAND,
    report.COMMAND,
    upgrade.COMMAND,
)
"""Every subcommand, in the order of `--help`."""

FOUND = 1
WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one subcommand; its exit status."""
    parser = argparse.ArgumentParser(
        prog="pytest-frictionless",
        description="Work on one model checkpoint. The tests themselves: pytest --frictionless",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        subparser = subparsers.add_parser(command.name, help=command.help, description=command.help)
        command.arguments(subparser)
        subparser.set_defaults(run=command.run)
    given = parser.parse_args(arguments)
    try:
        status: int = given.run(given)
    except StepFailed as failed:
        print(failed.finding.render(), file=sys.stderr)
        return FOUND
    except (ConfigError, MissingDependency) as error:
        print(f"pytest-frictionless: {error}", file=sys.stderr)
        return WRONG_USAGE
    return status
