"""Does TensorRT take every operator, in the parser and in the builder?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.errors import StepInterrupted
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.place import place_of_node
from pytest_frictionless.workbench.repinned import with_older_opset
from pytest_frictionless.workbench.sizes import impossible_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.artifacts import RejectionRecord

NEEDS_GPU = "cannot be judged on a machine without a GPU"
"""How the parser's answer begins where an operator's plugin asked CUDA and got none."""

CODES_OF = {"unsupported": "FR501", "builder": "FR502", "unknown": "FR503", "type": "FR504"}


def run(ctx: Context) -> Iterator[Finding]:
    """Ask the real parser for everything it refuses, then the real builder."""
    bench = ctx.workbench
    record = bench.parsed()
    ctx.measurements.update(engine=record["engine"], layers=record["layers"])
    for rejection in record["rejections"] or _refused_by_builder(ctx):
        yield with_older_opset(bench, _finding(rejection, record["engine"]))
    if not record["complete"]:
        yield Finding(
            code="FR501", message="the time for listing rejections ended: there may be more",
            severity=Severity.WARNING,
        )  # fmt: skip


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
