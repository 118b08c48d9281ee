"""From the record of a run to what is signed of it, checkpoint by checkpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.evidence.statement import GpuRun, SignedFinding, SignedVerdict
from pytest_frictionless.finding import Severity
from pytest_frictionless.knowledge.gpus import TITLES
from pytest_frictionless.reports.results import Outcome
from pytest_frictionless.reports.verdict import told_by, unexplained

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pytest_frictionless.reports.results import Checkpoint, Item, Results, Run

EVIDENCE = "evidence"
"""Measurement of an item that evidence has answered: it is not signed again, which would renew it."""
OUTCOMES = {
    Outcome.PASSED: "passed", Outcome.XPASSED: "passed", Outcome.SKIPPED: "skipped",
    Outcome.FAILED: "failed", Outcome.ERROR: "failed", Outcome.XFAILED: "failed",
}  # fmt: skip


def gpu_run(results: Results, checkpoint: Checkpoint, checks: Collection[str]) -> GpuRun | None:
    """What the latest run on a GPU found for one checkpoint; None where there was none.

    Args:
        results: The record.
        checkpoint: One that is in it.
        checks: Names of the checks that need a GPU.

    Raises:
        ConfigError: The items of one run name several GPUs or engines.
    """
    path = checkpoint.path
    items = [
        item
        for item in results.items
        if item.checkpoint == path and item.check in checks and EVIDENCE not in item.measurements
    ]
    latest = max((item.run for item in items if item.outcome is not Outcome.SKIPPED), default=None)
    if latest is None:
        return None
    run, items = results.runs[latest], [item for item in items if item.run == latest]
    gpu = _the_one("gpu", path, items) or run.environment.get("gpu", "")
    engine = _the_one("engine", path, items) or _engine(run)
    if not gpu or not engine:
        return None
    return GpuRun(
        checkpoint=path, written_by=run.written_by, run_at=run.started,
        commit=run.commit.sha if run.commit else "",
        modified=bool(run.commit and run.commit.dirty),
        gpu=gpu, engine=engine, environment_key=_the_one("environment", path, items),
        environment=dict(run.environment), settings=dict(checkpoint.settings),
        sources=dict(checkpoint.sources),
        verdicts=tuple(_verdict(told_by(item, items)) for item in items),
    )  # fmt: skip


def _the_one(name: str, path: str, items: Iterable[Item]) -> str:
    """What all items measured with; empty where none says."""
    found = {str(item.measurements[name]) for item in items if name in item.measurements}
    if len(found) > 1:
        raise ConfigError([f"{path}: one run names several of {name}: {', '.join(sorted(found))}"])
    return next(iter(found), "")


def _engine(run: Run) -> str:
    versions = {title: run.environment.get(name) for name, title in TITLES.items()}
    told = [f"{title} {version}" for title, version in versions.items() if version]
    return told[0] if len(told) == 1 else ""


def _verdict(item: Item) -> SignedVerdict:
    outcome: Any = OUTCOMES[item.outcome]
    findings = [*item.findings, *(each.finding for each in item.ignored)]
    if outcome == "failed" and not any(each.severity is Severity.ERROR for each in findings):
        # Warnings fail a strict run; without any, pytest itself did not take the answer.
        nameless = unexplained(item.id.rpartition("::")[2])
        findings = [replace(each, severity=Severity.ERROR) for each in findings] or [nameless]
    return SignedVerdict(
        item=item.id.rpartition("::")[2], outcome=outcome, skip=item.skip,
        findings=tuple(
            SignedFinding(
                code=each.code, message=each.message, cause=each.cause, severity=each.severity
            )
            for each in findings
        ),
        measurements={
            name: value
            for name, value in item.measurements.items()
            if isinstance(value, str | int | float)
        },
    )  # fmt: skip
