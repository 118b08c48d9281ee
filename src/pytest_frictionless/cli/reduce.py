"""`pytest-frictionless reduce MODEL`: the smallest model that still fails in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.check import Examiner, Scope
from pytest_frictionless.checks import CHECKS
from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_model
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.workbench.reproducer import FILES

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from pytest_frictionless.check import Verdict
    from pytest_frictionless.finding import Finding
    from pytest_frictionless.workbench.workbench import Workbench

REDUCED = ("operators", "build", "parity")
"""Checks whose failures are reduced, in the order in which they are asked."""


def arguments(parser: ArgumentParser) -> None:
    """Declare the model, the check, the folder and the time."""
    parser.add_argument("model", help="path of a checkpoint, or its name in frictionless.yaml")
    parser.add_argument("--check", choices=REDUCED, help="the failing check; the first that fails")
    parser.add_argument("-o", "--output", metavar="DIR", help="where the files are copied to")
    parser.add_argument(
        "--seconds", type=float, default=60.0, metavar="N", help="time for one search (60)"
    )


def run(given: Namespace) -> int:
    """Ask the checks until one fails, and show its reproducers."""
    from rich.console import Console

    if given.seconds <= 0:
        raise ConfigError([f"--seconds takes a number above zero, not {given.seconds:g}"])
    console = Console(width=None if Console().is_terminal else 200, highlight=False, markup=False)
    with open_model(given.model) as bench:
        limits = bench.shop.settings.limits.model_copy(update={"reduce_s": given.seconds})
        bench.shop.settings = bench.shop.settings.model_copy(update={"limits": limits})
        for name, verdict in _verdicts(bench, [given.check] if given.check else REDUCED):
            if not verdict.failed:
                if verdict.skip:
                    console.print(f"{name}: not asked: {verdict.skip}")
                continue
            for finding in verdict.errors:
                console.print(finding.render(root=bench.shop.root))
            for note in verdict.notes:
                console.print(note)
            if verdict.blocked_by:
                console.print(f"{name} cannot be asked before {verdict.blocked_by} passes")
            _copy(verdict.errors, bench.shop.root, given.output)
            return 1
    console.print("nothing fails: there is nothing to reduce")
    return 0


def _verdicts(
    bench: Workbench, names: tuple[str, ...] | list[str]
) -> Iterator[tuple[str, Verdict]]:
    checks = {check.name: check for check in CHECKS}
    examiner = Examiner(bench, checks)
    for name in names:
        check = checks[name]
        load = examiner.verdict(checks["load"])
        profiles = list(bench.profiles) if not load.failed else [""]
        for profile in profiles if check.scope is not Scope.CHECKPOINT else [""]:
            for point in POINTS if check.scope is Scope.POINT else [""]:
                verdict = examiner.verdict(check, profile, point)
                yield "-".join(part for part in (name, profile, point) if part), verdict


def _copy(findings: tuple[Finding, ...], root: Path, output: str | None) -> None:
    """Copy every reproducer below the folder asked for; raises ConfigError where that fails."""
    import shutil

    scripts = [root / each.reproducer.partition(" (")[0] for each in findings if each.reproducer]
    for script in scripts if output else []:
        folder = Path(str(output)) / (script.parent.name if len(scripts) > 1 else "")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in FILES:
                if (script.parent / name).exists():
                    shutil.copyfile(script.parent / name, folder / name)
        except OSError as error:
            raise ConfigError([f"-o {output}: {error}"]) from error


COMMAND = Command(
    name="reduce", help="make the smallest model that fails in the same way, with a script",
    arguments=arguments, run=run,
)  # fmt: skip
