"""The verdict of a cell, and of a profile's memory, as a finding."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.latency.memory import FIGURES
from pytest_frictionless.latency.verdict import ENGINE_GONE, Verdict

if TYPE_CHECKING:
    from pytest_frictionless.latency.memory import AcceptedMemory, Growth, MemoryRun
    from pytest_frictionless.latency.verdict import Report, Result

CODES = {
    Verdict.REGRESSION: "FR920",
    Verdict.COMMON_SHIFT: "FR921",
    Verdict.IMPROVED: "FR922",
    Verdict.NOISY: "FR923",
    Verdict.TACTIC_CHANGED: "FR924",
    Verdict.NO_BASELINE: "FR925",
    Verdict.INVALID: "FR912",
    Verdict.EXPIRED: "FR926",
}
"""The finding of each verdict; a pass is none, but where another environment's engine stood in."""
WITHOUT_BASELINE = "FR929"
FASTER_HERE = (
    "Look for what changed around the engines: clocks, power limit, driver. If that is meant, accept what "
    'is measured now: pytest-frictionless baseline accept --reason "..."; until then a loss as large '
    "goes unseen where the accepted engine is not kept."
)
"""Next step where all cells are faster, and no engine is known to be."""


def percent(change: float) -> str:
    """A logarithm as `+3.1 %`."""
    return f"{math.expm1(change):+.1%}".replace("%", " %")


def finding_of(result: Result, report: Report) -> Finding | None:
    """What to tell of a cell; None for a pass by a baseline of this environment."""
    if result.verdict is Verdict.PASS and result.against is None:
        return None
    evidence = _evidence(result, report)
    return Finding(
        code=CODES.get(result.verdict, WITHOUT_BASELINE), message=_message(result, report), cause=_cause(result),
        evidence=tuple(evidence), severity=Severity.ERROR if result.fails else Severity.WARNING,
        remedy=FASTER_HERE if result.verdict is Verdict.COMMON_SHIFT and (report.common or 0.0) < 0 else "",
    )  # fmt: skip


def finding_of_memory(now: MemoryRun, accepted: AcceptedMemory, grown: Growth) -> Finding:
    """FR915 for a profile that takes more than was accepted."""
    told = accepted.accepted
    return Finding(
        code="FR915",
        message=f"{now.cell} takes {grown.times:.2g} times the accepted memory: {grown.figure} "
        f"{grown.now_mib:.4g} MiB, and {grown.accepted_mib:.4g} MiB were accepted",
        cause="" if now.plan_sha256 == accepted.plan_sha256 else "the engine is another one",
        evidence=(
            *(
                (words, f"{getattr(now, name):.4g} MiB, accepted {getattr(accepted, name):.4g} MiB")
                for name, words in FIGURES.items()
            ),
            ("accepted", f"{told.date}: {told.reason}"),
        ),
    )


def _message(result: Result, report: Report) -> str:
    cell = result.cell
    change = percent(result.change) if result.change is not None else ""
    if result.against is not None and result.verdict in _STANDING:
        return f"{cell}{_STANDING[result.verdict]}: {_stood_in(result)}: {change}"
    match result.verdict:
        case Verdict.REGRESSION:
            return f"{cell} is slower than accepted: {change}, confirmed by {result.by}"
        case Verdict.COMMON_SHIFT:
            common = report.common or 0.0
            word = "slower" if common > 0 else "faster"
            is_machine = not result.fails and result.reason != ENGINE_GONE
            machine = ", and so is the accepted engine" if is_machine else ""
            return f"{cell} is {word} as all {len(report.results)} cells are: {percent(common)}{machine}"
        case Verdict.IMPROVED:
            how = (
                f"confirmed by {result.by}"
                if result.p is not None
                else f"as all {len(report.results)} cells are"
            )
            return f"{cell} is faster than accepted: {change}, {how}: accept it as the baseline"
        case Verdict.NOISY:
            floor = percent(result.detectable or 0.0)
            return f"{cell} is too noisy to judge: only a change above {floor} would be seen"
        case Verdict.TACTIC_CHANGED:
            return (
                f"{cell} was built with other kernels of the same network and is slower: {change}"
            )
        case Verdict.NO_BASELINE:
            now = f" ({result.now_ms:.4g} ms now)" if result.now_ms else ""
            return f"{cell} has no accepted baseline for this environment{now}"
        case Verdict.INVALID:
            return f"{cell} could not be measured: {result.reason}"
        case _:
            return f"{cell}: its baseline has expired: {result.reason}"


_STANDING = {Verdict.PASS: "", Verdict.REGRESSION: " is slower", Verdict.IMPROVED: " is faster"}
"""What is said of a cell that was measured in turns with another environment's engine."""


def _stood_in(result: Result) -> str:
    """Against which engine a cell without a baseline was measured."""
    other = result.against
    if other is None:
        return ""
    return (
        f"no baseline for this environment ({'; '.join(other.differences)}); against the accepted "
        f"engine of {other.environment} in {result.by}"
    )


def _cause(result: Result) -> str:
    """What else is known, without what the message says already."""
    told = result.verdict in (Verdict.INVALID, Verdict.EXPIRED, Verdict.NOISY)
    lines = [] if told or not result.reason else [result.reason]
    if result.verdict not in _STANDING and result.against is not None:
        lines.append(_stood_in(result))
    lines += [str(other) for other in result.elsewhere if other.problem]
    return "\n".join([*lines, *result.notes])


def _evidence(result: Result, report: Report) -> list[tuple[str, str]]:
    rows = []
    if result.centre is not None:
        accepted = result.centre.source.accepted
        rows.append(("accepted", f"{result.centre.ms:.4g} ms, {accepted.date}: {accepted.reason}"))
    if result.now_ms is not None:
        rows.append(("now", f"{result.now_ms:.4g} ms, {result.by}"))
    if result.p is not None:
        rows.append(("chance", f"{result.p:.2g} of so large a change by noise alone"))
    if report.common is not None:
        rows.append(("all cells", f"{percent(report.common)} in common"))
    if result.detectable is not None:
        rows.append(("detectable", percent(result.detectable)))
    return rows
