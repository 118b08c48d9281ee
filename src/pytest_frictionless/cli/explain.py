"""`pytest-frictionless explain FR203`: what a finding code means, arises from, and is mended by."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.codes import CODES
from pytest_frictionless.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare the codes; none lists them all."""
    parser.add_argument("code", nargs="*", help="finding codes, as FR203; none lists them all")


def run(given: Namespace) -> int:
    """Print the record of each code."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(width=None if Console().is_terminal else 120)
    for name in [code.upper() for code in given.code]:
        if name not in CODES:
            near = difflib.get_close_matches(name, CODES, 3)
            hint = f": did you mean {' or '.join(near)}?" if near else ""
            raise ConfigError([f"{name} is no finding code{hint}"])
    if not given.code:
        for name, code in CODES.items():
            console.print(f"{name}  {code.title}", highlight=False, markup=False)
    for name in given.code:
        console.print(Markdown(CODES[name.upper()].page))
    return 0


COMMAND = Command(
    name="explain", help="print what a finding code means and how to mend it",
    arguments=arguments, run=run,
)  # fmt: skip
