"""`pytest-frictionless ci durations`: how long each checkpoint took, for later runs to be split by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.ci.costs import DURATIONS_FILE, durations_of
from pytest_frictionless.cli.command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare the records."""
    parser.add_argument("results", metavar="RESULTS", nargs="+", type=Path,
                        help="results.json of runs, and files that this command has written")  # fmt: skip


def run(given: Namespace) -> int:
    """Print seconds by checkpoint."""
    seconds = {place: round(taken, 1) for place, taken in durations_of(given.results).items()}
    print(json.dumps(dict(sorted(seconds.items())), indent=1))
    return 0


COMMAND = Command(
    name="durations", help=f"tell how long each checkpoint took, to be kept as {DURATIONS_FILE}",
    arguments=arguments, run=run,
)  # fmt: skip
