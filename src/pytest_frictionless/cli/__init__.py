"""The console command `pytest-frictionless`: one file beside this one for each subcommand."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from pytest_frictionless import __version__
from pytest_frictionless.cli.command import declare
from pytest_frictionless.errors import ConfigError, MissingDependency, StepFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_frictionless.cli.command import Command

COMMANDS = (
    "init", "explain", "operators", "opset", "reduce", "simplify", "profile", "baseline", "manifest", "stack",
    "container", "upgrade", "ci", "report",
)  # fmt: skip
"""Every subcommand, in the order of `--help`: each is a file of this name."""

FOUND = 1
WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one subcommand; its exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    asked = words[:1] if words[:1] and words[0] in COMMANDS else COMMANDS
    parser = argparse.ArgumentParser(
        prog="pytest-frictionless",
        description="Work on one model checkpoint. The tests themselves: pytest --frictionless",
    )
    parser.add_argument("--version", action="version", version=__version__)
    declare(parser, map(_command, asked), metavar="COMMAND")  # the others are not even imported
    given = parser.parse_args(words)
    try:
        status: int = given.run(given)
    except StepFailed as failed:
        from pytest_frictionless.cli.project import project_root

        print(failed.finding.render(root=project_root()), file=sys.stderr)
        return FOUND
    except (ConfigError, MissingDependency) as error:
        print(f"pytest-frictionless: {error}", file=sys.stderr)
        return WRONG_USAGE
    except OSError as error:
        if error.filename is None:
            raise  # of no file that was named
        print(f"pytest-frictionless: {error.filename}: {error.strerror}", file=sys.stderr)
        return WRONG_USAGE
    return status


def _command(name: str) -> Command:
    command: Command = import_module(f"{__name__}.{name}").COMMAND
    return command
