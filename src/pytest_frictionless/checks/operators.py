"""Does TensorRT take every operator, in the parser and in the builder?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.errors import StepInterrupted
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.place import place_of_node
from pytest_frictionless.workbench.reproducer import with_reproducer
from pytest_frictionless.workbench.sizes import impossible_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_frictionless.artifacts import RejectionRecord
    from pytest_frictionless.reproduce.records import FailureRecord
    from pytest_frictionless.workbench.store import Artifact

NEEDS_GPU = "cannot be judged on a machine without a GPU"
"""How the parser's answer begins where an operator's plugin asked CUDA and got none."""

MOST_REPRODUCERS = 3
CODES_OF = {"unsupported": "FR501", "builder": "FR502", "unknown": "FR503", "type": "FR504"}


def run(ctx: Context) -> Iterator[Finding]:
    """Ask the real parser for everything it refuses, then the real builder."""
    bench = ctx.workbench
    record = bench.parsed()
    ctx.measurements.update(engine=record["engine"], layers=record["layers"])
    refused = record["rejections"]
    try:
        refused = refused or _refused_by_builder(ctx)
    except StepInterrupted as interrupted:
        raise _crashed(ctx, interrupted) from interrupted
    yield from _with_reproducers(ctx, refused, record["engine"])
    if not record["complete"]:
        yield Finding(
            code="FR501", message="the time for listing rejections ended: there may be more",
            severity=Severity.WARNING,
        )  # fmt: skip


def _with_reproducers(
    ctx: Context, refused: Sequence[RejectionRecord], engine: str
) -> Iterator[Finding]:
    """Findings, the first of each of a few kinds with a small model that shows it."""
    shown: set[tuple[str, str]] = set()
    for rejection in refused:
        finding = _finding(rejection, engine)
        kind = (rejection["operator"], rejection["kind"])
        if kind not in shown and len(shown) < MOST_REPRODUCERS:
            shown.add(kind)
            place = f"operators-{len(shown)}" if len(shown) > 1 else "operators"
            failure = failure_of(rejection)
            finding = _reproduced(ctx, finding, failure, place)
        yield finding


def _reproduced(ctx: Context, finding: Finding, failure: FailureRecord, place: str) -> Finding:
    def make(seconds: float) -> Artifact:
        profile = next(iter(ctx.workbench.profiles), "")
        return ctx.workbench.reproducer(failure, profile=profile, seconds=seconds)

    return with_reproducer(ctx.workbench, finding, make, question=place, notes=ctx.notes)


def failure_of(rejection: RejectionRecord) -> FailureRecord:
    """What a reproducer of a refusal must show."""
    return {
        "stage": rejection["stage"], "kind": rejection["kind"], "operator": rejection["operator"],
        "node": rejection["node"], "stack": rejection["stack"], "reason": rejection["reason"],
        "error_code": rejection["error_code"],
    }  # fmt: skip


def _crashed(ctx: Context, interrupted: StepInterrupted) -> StepInterrupted:
    """A crash that no node could be blamed for, with a small model that crashes too."""
    signal = re.search(r"crashed with (SIG\w+)", interrupted.finding.message)
    if interrupted.finding.code != "FR003" or not signal:
        return interrupted
    failure: FailureRecord = {
        "stage": "crash", "kind": "", "operator": "", "node": "", "stack": [],
        "reason": interrupted.finding.message, "error_code": signal[1],
    }  # fmt: skip
    return StepInterrupted(_reproduced(ctx, interrupted.finding, failure, "operators"))


def _refused_by_builder(ctx: Context) -> list[RejectionRecord]:
    """What only the builder refuses; a profile that is at fault is for `build` to tell."""
    bench = ctx.workbench
    if any(True for each in bench.profiles.values() for _ in impossible_sizes(bench, each)):
        return []
    try:
        if bench.build(list(bench.profiles))["built"]:
            return []
        alone = [bench.build([name]) for name in bench.profiles]
        if any(each["built"] or each["profile_errors"] for each in alone):
            return []
    except StepInterrupted as interrupted:
        # Some graphs crash the builder: building parts of them, each in a process, names the node.
        if interrupted.finding.code != "FR003" or not (refused := bench.refused_by_builder()):
            raise
        return refused
    return bench.refused_by_builder()


def _finding(rejection: RejectionRecord, engine: str) -> Finding:
    subject = rejection["operator"] or rejection["node"] or "the graph"
    verb = "is unknown to" if rejection["kind"] == "unknown" else "is rejected by"
    where = "'s builder" if rejection["stage"] == "build" else ""
    undecided = rejection["reason"].startswith(NEEDS_GPU)
    stack = " > ".join(rejection["stack"])
    place = place_of_node(
        name=f"{stack} > {rejection['node']}" if stack else rejection["node"],
        operator=rejection["operator"], metadata=rejection["metadata"],
    )  # fmt: skip
    return Finding(
        code="FR505" if undecided else CODES_OF[rejection["kind"]],
        severity=Severity.SKIP if undecided else Severity.ERROR,
        message=f"{subject} {verb} {engine}{where}: {rejection['reason'].splitlines()[0]}",
        place=place,
        cause=rejection["reason"] if "\n" in rejection["reason"] else "",
    )


CHECK = Check(
    name="operators", scope=Scope.CHECKPOINT, run=run, after=("load", "export"),
    title="does TensorRT take every operator, in the parser and in the builder?",
)  # fmt: skip
