"""`pytest-frictionless report FORMAT RESULTS...`: what recorded runs found, in one form of many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports.formats import FORMATS
from pytest_frictionless.reports.merge import merge
from pytest_frictionless.reports.stored import read_all, write_text
from pytest_frictionless.reports.verdict import has_failed

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from pytest_frictionless.reports.format import Format


def arguments(parser: ArgumentParser) -> None:
    """Declare the formats, each with the records that it takes."""
    formats = parser.add_subparsers(required=True, metavar="FORMAT")
    for each in FORMATS:
        subparser = formats.add_parser(each.name, help=each.help, description=each.help)
        subparser.add_argument(
            "results", nargs="+", metavar="RESULTS",
            help="results.json of a run; several are merged, as those of shards",
        )  # fmt: skip
        subparser.add_argument(
            "-o", "--output", metavar="FILE", help="file to write; standard output without"
        )
        subparser.set_defaults(format=each)


def run(given: Namespace) -> int:
    """Merge the records and tell them."""
    form: Format = given.format
    results = merge(read_all(map(Path, given.results)))
    text = form.render(results)
    if given.output:
        try:
            write_text(text, Path(given.output))
        except OSError as error:
            raise ConfigError([f"-o {given.output}: {error.strerror or error}"]) from None
    else:
        print(text, end="")
    return 1 if form.judges and has_failed(results) else 0


COMMAND = Command(
    name="report", help="tell what recorded runs of pytest --frictionless found",
    arguments=arguments, run=run,
)  # fmt: skip
