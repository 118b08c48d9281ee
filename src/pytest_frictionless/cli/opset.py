"""`pytest-frictionless opset MODEL --try 17..23`: the same model at several opsets, in one table."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_model
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import shortened
from pytest_frictionless.knowledge.opsets import NEWEST, OLDEST

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from pytest_frictionless.opset_trial import Row
    from pytest_frictionless.workbench.workbench import Workbench

NO_OPSET_WORKS = 1
LONGEST = 140


def arguments(parser: ArgumentParser) -> None:
    """Declare the model and the opsets to try."""
    parser.add_argument("model", help="path of a checkpoint, or its name in frictionless.yaml")
    parser.add_argument(
        "--try", dest="versions", default="17..23", metavar="OPSETS",
        help="opsets to try, as 17..23 or 17,20 (default: 17..23)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the table as JSON")


def versions_of(text: str) -> list[int]:
    """Opsets of `17..23`, `17,20` or both, ascending; raises ConfigError for anything else."""
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:\s*\.\.\s*(\d+))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if not OLDEST <= first <= last <= NEWEST:
            raise ConfigError(
                [f"--try {text}: it takes opsets from {OLDEST} to {NEWEST}, as 17..23 or 17,20"]
            )
        found.update(range(first, last + 1))
    return sorted(found)


def run(given: Namespace) -> int:
    """Try every opset, print what each gives, and say which to pin."""
    from rich.console import Console

    from pytest_frictionless.checks import CHECKS
    from pytest_frictionless.opset_trial import try_opset

    versions = versions_of(given.versions)
    checks = {check.name: check for check in CHECKS}
    console = Console(width=None if Console().is_terminal else 200, highlight=False)
    rows: list[Row] = []
    with open_model(given.model) as bench:
        bench.weights()  # what cannot be read at all has no row for each opset
        for version in versions:
            shown = console.is_terminal and not given.json
            with console.status(f"opset {version}") if shown else nullcontext():
                rows.append(try_opset(bench, version, checks))
        if given.json:
            console.print_json(json.dumps(_record(bench, rows)))
        else:
            _print(console, bench, rows)
    return 0 if any(row.works for row in rows) else NO_OPSET_WORKS


def _record(bench: Workbench, rows: Sequence[Row]) -> dict[str, object]:
    from pytest_frictionless import opset_trial

    tensorrt = bench.shop.settings.target.tensorrt
    advice = opset_trial.advice(rows, tensorrt)
    return {
        "model": bench.relative_path, "converted": bench.is_onnx, "pinned": bench.pinned_opset,
        "rows": [opset_trial.to_json(row) for row in rows],
        "breaks": [finding.to_json() for finding in opset_trial.breaks(rows)],
        "limits": opset_trial.limits(tensorrt),
        "recommended": {"version": advice.version, "reason": advice.reason} if advice else None,
    }  # fmt: skip


def _print(console: Console, bench: Workbench, rows: Sequence[Row]) -> None:
    from pytest_frictionless import opset_trial

    def say(text: str, style: str = "") -> None:
        console.print(
            shortened(text, bench.shop.root), style=style or None, markup=False, soft_wrap=True
        )

    tensorrt = bench.shop.settings.target.tensorrt
    pinned = f"pinned at {bench.pinned_opset}" if bench.pinned_opset else "not pinned"
    say(f"{bench.relative_path}, {pinned}; {opset_trial.limits(tensorrt)}")
    if bench.is_onnx:
        say(
            f"The file is at opset {bench.onnx()['opset']}. The others are made of it by "
            "onnx.version_converter and compared with it; an export of the model at that opset may differ."
        )
    console.print(_table(bench, rows))
    for finding in opset_trial.breaks(rows):
        say(finding.headline, "red")
    for text in dict.fromkeys(finding.headline for row in rows for finding in row.remarks):
        say(f"warning: {text}", "yellow")
    advice = opset_trial.advice(rows, tensorrt)
    if advice is None:
        unknown = any(not row.problems for row in rows)
        word = "is proved to work" if unknown else "works"
        say(f"No opset of these {word}: nothing to pin.", "bold red")
        return
    same = "pinned already" if advice.version == bench.pinned_opset else "for frictionless.yaml"
    say(f"Pin {advice.version} ({same}):", "bold")
    say(f"  {advice.pin}")
    if bench.is_onnx and advice.version != bench.onnx()["opset"]:
        say("The file has to be exported, or converted, to that opset as well.")


def _table(bench: Workbench, rows: Sequence[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("opset", "delivered", "IR", "nodes", "checker", "parser", "build", "parity", "max error", "s"):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("first problem", overflow="fold")
    for row in rows:
        error = "" if row.max_abs is None else f"{row.max_abs:.2g}"
        cells = [row.checker, row.parser, row.build, row.parity]
        table.add_row(
            str(row.asked),
            *(str(each or "-") for each in (row.delivered, row.ir_version, row.nodes)),
            *(Text(cell, style=_style(cell)) for cell in cells),
            error, f"{row.seconds:.1f}", Text(_cut(shortened(row.first, bench.shop.root)) or "works" * row.works),
        )  # fmt: skip
    return table


def _cut(text: str) -> str:
    """As much of a line as a table bears; the whole stands below."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _style(cell: str) -> str:
    return {"ok": "green", "-": "dim"}.get(cell, "bold red")


COMMAND = Command(
    name="opset", help="try a model at several opsets, and say which one to pin",
    arguments=arguments, run=run,
)  # fmt: skip
