"""A checkpoint at several opsets: what each one gives, where it breaks, and which one to pin."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pytest_frictionless.check import Examiner, Scope, Verdict, slug
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.knowledge.opsets import opset_limits
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.workbench.repinned import at_opset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_frictionless.check import Check
    from pytest_frictionless.workbench.workbench import Workbench

ASKED = ("load", "export", "opset", "operators", "dynamic", "parity", "build")
"""Checks that an opset has to pass, in the order in which the first problem is looked for."""
BESIDE = ("FR303",)
"""Findings about the pin itself, which is what is being looked for."""


@dataclass(slots=True, kw_only=True)
class Row:
    """What came of one opset."""

    asked: int
    delivered: int | None = None
    ir_version: int | None = None
    nodes: int | None = None
    checker: str = "-"
    """"ok", a code, or "-" where it was never asked."""
    parser: str = "-"
    build: str = "-"
    parity: str = "-"
    max_abs: float | None = None
    engine: str = ""
    reference: str = ""
    seconds: float = 0.0
    problems: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)
    """Warnings: what the target does not document, for example."""
    unasked: list[str] = field(default_factory=list)
    """Why questions could not be asked."""

    @property
    def works(self) -> bool:
        """Whether everything was asked, and nothing found."""
        return not self.problems and not self.unasked and self.delivered == self.asked

    @property
    def first(self) -> str:
        """The first problem in one line, with its node."""
        if not self.problems:
            return next(iter(self.unasked), "")
        return told(self.problems[0])


def told(finding: Finding) -> str:
    """A finding in one line, with its node and source line before the words."""
    where = str(finding.place).splitlines()[0] if finding.place else ""
    return f"{finding.code} {where}: {finding.message}" if where else finding.headline


def try_opset(bench: Workbench, version: int, checks: Mapping[str, Check]) -> Row:
    """Ask every question at one opset, in child processes that this call ends."""
    row, started = Row(asked=version), time.perf_counter()
    try:
        tried = at_opset(bench, version)
    except StepFailed as failed:
        row.problems.append(failed.finding)
        return row
    asked = {name: checks[name] for name in ASKED if name in checks}
    examiner = Examiner(tried, asked)
    try:
        _fill(row, tried, {c.name: dict(_verdicts(examiner, c)) for c in asked.values()})
    finally:
        tried.close()
    row.seconds = time.perf_counter() - started
    return row


def _verdicts(examiner: Examiner, check: Check) -> Iterator[tuple[str, Verdict]]:
    """Every verdict of one check: for all profiles, and all their points."""
    try:
        profiles = list(examiner.workbench.profiles)
    except (StepFailed, MissingDependency):
        profiles = []
    for profile in profiles if check.scope is not Scope.CHECKPOINT else [""]:
        for point in POINTS if check.scope is Scope.POINT else [""]:
            yield slug(check, profile, point), examiner.verdict(check, profile, point)


def _fill(row: Row, tried: Workbench, answers: Mapping[str, Mapping[str, Verdict]]) -> None:
    for verdicts in answers.values():
        for verdict in verdicts.values():
            if verdict.blocked_by:
                continue
            row.problems += [each for each in verdict.errors if each not in row.problems]
            row.remarks += [
                each
                for each in verdict.findings
                if each not in (*verdict.errors, *row.remarks) and each.code not in BESIDE
            ]
            if verdict.skip and verdict.skip not in row.unasked and not verdict.ignored:
                row.unasked.append(verdict.skip)
    row.checker = _cell(answers.get("export", {}))
    try:
        written = tried.versions()
        row.delivered, row.ir_version = written["opset"], written["ir_version"]
        row.nodes = written["nodes"]
        row.engine = tried.parsed()["engine"]
        refused = tried.parsed()["rejections"]
        row.parser = _cell(answers.get("operators", {})) if refused else "ok"
    except (StepFailed, MissingDependency):
        pass
    row.build = _cell({**({} if row.parser != "ok" else answers.get("operators", {})),
                       **answers.get("build", {})})  # fmt: skip
    parity = answers.get("parity", {})
    row.parity = _cell(parity)
    found = [v.measurements["max_abs"] for v in parity.values() if "max_abs" in v.measurements]
    row.max_abs = max(found, default=None)
    references = (v.measurements.get("reference") for v in parity.values())
    row.reference = next((each for each in references if each), "")


def _cell(verdicts: Mapping[str, Verdict]) -> str:
    """The word ok where all passed, the first code where one failed, and "-" where one was not asked."""
    failed = [v for v in verdicts.values() if v.failed and not v.blocked_by]
    if failed:
        return failed[0].errors[0].code
    if not verdicts or any(v.blocked_by or v.skip for v in verdicts.values()):
        return "-"
    return "ok"


def breaks(rows: Sequence[Row]) -> list[Finding]:
    """FR306 for each opset that does not work although the one tried before it does."""
    found = []
    for before, after in pairwise(rows):
        if before.works and not after.works and after.problems:
            first = after.problems[0]
            finding = Finding(
                code="FR306",
                message=f"works at {before.asked}, breaks at {after.asked}: {told(first)}",
                place=first.place,
                cause=first.cause,
            )
            found.append(finding)
    return found


def spelled(versions: Sequence[int]) -> str:
    """Ascending numbers in short: "17, 20 to 23"."""
    runs: list[list[int]] = []
    for version in versions:
        if runs and version == runs[-1][-1] + 1:
            runs[-1].append(version)
        else:
            runs.append([version])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Which opset to pin, and why."""

    version: int
    reason: str

    @property
    def pin(self) -> str:
        """The line for frictionless.yaml."""
        return f"opset: {{version: {self.version}, reason: {json.dumps(self.reason)}}}"


def advice(rows: Sequence[Row], tensorrt: str | None) -> Advice | None:
    """The newest opset that works and that the target documents; None where none does."""
    working = [row for row in rows if row.works]
    documented = [row for row in working if not any(e.code == "FR302" for e in row.remarks)]
    if not (chosen := max(documented or working, key=lambda row: row.asked, default=None)):
        return None
    why = f"newest of {spelled([row.asked for row in rows])} that {chosen.engine} builds with the numbers of {chosen.reference}"
    if tensorrt and documented:
        why += f" and TensorRT {tensorrt} documents"
    newer = [row for row in rows if row.asked > chosen.asked and row.problems]
    if newer:
        first = min(newer, key=lambda row: row.asked)
        finding = first.problems[0]
        node = finding.place.operator or finding.place.node if finding.place else ""
        why += f"; {first.asked} breaks: {finding.code}{f' {node}' if node else ''}"
    return Advice(version=chosen.asked, reason=why)


def limits(tensorrt: str | None) -> str:
    """What the target documents of opsets, in one line."""
    if tensorrt is None:
        return "no TensorRT version is named in `target`, and TensorRT-RTX publishes no limit"
    known, beyond = opset_limits(tensorrt)
    rows = dict.fromkeys(row for row in (known, beyond) if row)
    parts = [f"TensorRT {row.tensorrt} documents opsets up to {row.opset}" for row in rows]
    return f"target TensorRT {tensorrt}: {'; '.join(parts) or 'nothing is documented'}"


def to_json(row: Row) -> dict[str, Any]:
    """A row as plain values."""
    return {
        "asked": row.asked, "delivered": row.delivered, "ir_version": row.ir_version,
        "nodes": row.nodes, "checker": row.checker, "parser": row.parser, "build": row.build,
        "parity": row.parity, "max_abs": row.max_abs, "reference": row.reference,
        "engine": row.engine, "seconds": round(row.seconds, 3), "works": row.works,
        "problems": [each.to_json() for each in row.problems],
        "warnings": [each.to_json() for each in row.remarks], "not_asked": row.unasked,
    }  # fmt: skip
