"""Does TensorRT take every operator, in the parser and in the builder?"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_frictionless.artifacts import RejectionRecord
from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.place import place_of_node

CODES_OF = {"unsupported": "FR501", "builder": "FR502", "unknown": "FR503", "type": "FR504"}


def run(ctx: Context) -> Iterator[Finding]:
    """Ask the real parser for everything it refuses, then the real builder."""
    bench = ctx.workbench
    record = bench.parsed()
    ctx.measurements.update(engine=record["engine"], layers=record["layers"])
    rejections = record["rejections"]
    if not rejections and not bench.build(list(bench.profiles()))["built"]:
        alone = [bench.build([name]) for name in bench.profiles()]
        if not any(each["built"] or each["profile_errors"] for each in alone):
            rejections = bench.refused_by_builder()
    for rejection in rejections:
        yield _finding(rejection, record["engine"])
    if not record["complete"]:
        yield Finding(
            code="FR501", message="the time for listing rejections ended: there may be more",
            severity=Severity.WARNING,
        )  # fmt: skip


def _finding(rejection: RejectionRecord, engine: str) -> Finding:
    subject = rejection["operator"] or rejection["node"] or "the graph"
    verb = "is unknown to" if rejection["kind"] == "unknown" else "is rejected by"
    where = "'s builder" if rejection["stage"] == "build" else ""
    stack = " > ".join(rejection["stack"])
    place = place_of_node(
        name=f"{stack} > {rejection['node']}" if stack else rejection["node"],
        operator=rejection["operator"], metadata=rejection["metadata"],
    )  # fmt: skip
    return Finding(
        code=CODES_OF[rejection["kind"]],
        message=f"{subject} {verb} {engine}{where}: {rejection['reason'].splitlines()[0]}",
        place=place,
        cause=rejection["reason"] if "\n" in rejection["reason"] else "",
    )


CHECK = Check(
    name="operators", scope=Scope.CHECKPOINT, run=run, after=("load", "export"),
    title="does TensorRT take every operator, in the parser and in the builder?",
)  # fmt: skip
