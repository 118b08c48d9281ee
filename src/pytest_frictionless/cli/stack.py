"""`pytest-frictionless stack`: what runs here, what the target is, and what does not fit."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_project

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from pytest_frictionless.finding import Finding
    from pytest_frictionless.settings.settings import Settings
    from pytest_frictionless.stack.differences import Difference
    from pytest_frictionless.workbench.shop import Shop

    Source = Callable[[Path, Settings, Mapping[str, str]], Iterable[Finding]]

BREAKS = 1
STYLES = {"error": "red", "warning": "yellow", "skip": "dim"}
WIDTH = 160
"""Columns where the output is no terminal."""


def sources() -> tuple[Source, ...]:
    """Who finds what does not fit: each is given the root, the settings and what runs here."""
    from pytest_frictionless.stack.contradictions import findings_of_repository
    from pytest_frictionless.stack.manifests import manifest_findings
    from pytest_frictionless.stack.target import target_findings

    return target_findings, manifest_findings, findings_of_repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that is known of the stack of one repository."""

    running: Mapping[str, str]
    """Versions by component."""
    target: Mapping[str, str]
    container: Mapping[str, str]
    """What is inside of the target's image."""
    manifests: Mapping[str, tuple[Difference, ...]]
    """Differences by checkpoint."""
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "running": dict(self.running), "target": dict(self.target),
            "container": dict(self.container),
            "manifests": {name: [_told(each) for each in found] for name, found in self.manifests.items()},
            "findings": [each.to_json() for each in self.findings],
        }  # fmt: skip

    def recorded(self, component: str) -> str:
        """Each version of a component that some manifest records."""
        said = (each for found in self.manifests.values() for each in found if each.recorded)
        return ", ".join(
            dict.fromkeys(each.recorded for each in said if each.component == component)
        )


def arguments(parser: ArgumentParser) -> None:
    """Declare the form of the answer."""
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")


def run(given: Namespace) -> int:
    """Print what runs here, the target and every finding; exit status 1 where something breaks."""
    from rich.console import Console

    with open_project() as shop:
        answer = _ask(shop)
    if given.json:
        print(json.dumps(answer.to_json(), indent=2))
    else:
        console = Console(width=None if Console().is_terminal else WIDTH, highlight=False)
        _show(console, answer, shop.root)
    return BREAKS if any(each.severity == "error" for each in answer.findings) else 0


def _ask(shop: Shop) -> Answer:
    from pytest_frictionless.errors import StepFailed
    from pytest_frictionless.knowledge.containers import contents_of
    from pytest_frictionless.stack.manifests import compared
    from pytest_frictionless.workbench.components import machine

    root, settings = shop.root, shop.settings
    running = machine(shop)
    findings = [each for source in sources() for each in source(root, settings, running)]
    try:
        manifests = dict(compared(root, settings, running))
    except StepFailed:
        manifests = {}  # one cannot be read, as the findings say
    target = settings.target
    wanted = {
        "tensorrt": target.tensorrt, "tensorrt_rtx": target.tensorrt_rtx,
        "compute_capability": ", ".join(target.compute_capabilities), "container": target.container,
    }  # fmt: skip
    return Answer(
        running=dict(running), target={name: text for name, text in wanted.items() if text},
        container=contents_of((target.container or "").partition("@")[0]) or {},
        manifests=manifests, findings=tuple(findings),
    )  # fmt: skip


def _told(each: Difference) -> dict[str, str]:
    return {
        "component": each.component, "recorded": each.recorded, "running": each.running,
        "kind": str(each.kind), "why": each.why, "source": each.source, "code": each.code,
    }  # fmt: skip


def _show(console: Console, answer: Answer, root: Path) -> None:
    console.print(_table(answer))
    for checkpoint, found in answer.manifests.items():
        counts = Counter(str(each.kind) for each in found)
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        console.print(f"{checkpoint}: {told}", markup=False)
    for finding in answer.findings:
        text = f"{finding.severity}: {finding.render(root=root)}"
        console.print(text, style=STYLES[finding.severity], markup=False)
    if not answer.findings:
        console.print("no contradiction found", style="green")


def _table(answer: Answer) -> Table:
    """A row for each component that is known of anything."""
    from rich.table import Table

    from pytest_frictionless.stack.manifest import COMPONENTS

    table = Table("component", "runs here", "target", "in its container", "in manifests")
    for name, title in COMPONENTS.items():
        cells = [each.get(name, "") for each in (answer.running, answer.target, answer.container)]
        if any(row := (*cells, answer.recorded(name))):
            table.add_row(title, *row)
    return table


COMMAND = Command(
    name="stack", help="what runs here, what the target is, and what does not fit",
    arguments=arguments, run=run,
)  # fmt: skip
