"""Does TensorRT take every operator, in the parser and in the builder?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.errors import StepFailed, StepInterrupted
from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.knowledge.equivalents import equivalent_of
from pytest_frictionless.knowledge.evidence import measured_rows, published_rows
from pytest_frictionless.knowledge.fragile import fragilities
from pytest_frictionless.knowledge.refusal import finding_of, place_of_operator
from pytest_frictionless.workbench.repinned import with_older_opset
from pytest_frictionless.workbench.reproducer import with_reproducer
from pytest_frictionless.workbench.sizes import impossible_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_frictionless.artifacts.engine import PluginRecord, RejectionRecord
    from pytest_frictionless.reproduce.records import FailureRecord
    from pytest_frictionless.workbench.store import Artifact

MOST_REPRODUCERS = 3


def run(ctx: Context) -> Iterator[Finding]:
    """Ask the real parser for everything it refuses, then the real builder."""
    bench = ctx.workbench
    record = bench.parsed()
    ctx.measurements.update(engine=record["engine"], layers=record["layers"])
    engine, plugins = record["engine"], record.get("plugins", [])
    refused = record["rejections"]
    try:
        refused = refused or _refused_by_builder(ctx)
    except StepFailed as failed:
        raise _crashed(ctx, failed) from failed
    yield from _with_reproducers(ctx, refused, engine, plugins)
    if not record["complete"]:
        yield Finding(
            code="FR501", message="not every rejection could be listed: there may be more",
            remedy="Mend what is shown, and ask again: what lies behind it could not be asked yet.",
            severity=Severity.WARNING,
        )  # fmt: skip
    yield from _only_just(ctx, engine, {rejection["operator"] for rejection in refused})


def _only_just(ctx: Context, engine: str, refused: set[str]) -> Iterator[Finding]:
    """Warn of what is taken here and may not be taken where it is deployed."""
    target = ctx.workbench.shop.settings.target
    for used in ctx.workbench.operators():
        operator, domain = used["operator"], used["domain"]
        reasons = fragilities(
            operator, domain=domain, deprecated_from=used["deprecated_from"], engine=engine,
            tensorrt=target.tensorrt, tensorrt_rtx=target.tensorrt_rtx,
            precision=ctx.workbench.spec.precision,
        )  # fmt: skip
        for reason in reasons if operator not in refused else ():
            count = f"{used['count']} nodes, the first is shown" if used["count"] > 1 else ""
            rows = [*published_rows(operator, target.tensorrt), *measured_rows(operator)]
            yield Finding(
                code="FR511",
                severity=Severity.WARNING,
                message=f"{f'{domain}.' if domain else ''}{operator} only just works: {reason}",
                place=place_of_operator(operator, used["node"], used["stack"], used["metadata"]),
                cause=count,
                evidence=() if domain else tuple(rows),
                remedy=str(equivalent_of(operator, "") or "") if not domain else "",
            )


def _with_reproducers(
    ctx: Context,
    refused: Sequence[RejectionRecord],
    engine: str,
    plugins: Sequence[PluginRecord],
) -> Iterator[Finding]:
    """Findings, the first of each of a few kinds with a small model that shows it."""
    shown: set[tuple[str, str]] = set()
    for rejection in refused:
        target = ctx.workbench.shop.settings.target
        finding = finding_of(rejection, engine=engine, target=target, plugins=plugins)
        finding = with_older_opset(ctx.workbench, finding)
        kind = (rejection["operator"], finding.message)
        judged = finding.severity is Severity.ERROR
        if judged and kind not in shown and len(shown) < MOST_REPRODUCERS:
            shown.add(kind)
            place = f"operators-{len(shown)}" if len(shown) > 1 else "operators"
            finding = _reproduced(ctx, finding, failure_of(rejection), place)
        yield finding


def _reproduced(ctx: Context, finding: Finding, failure: FailureRecord, question: str) -> Finding:
    def make(seconds: float) -> Artifact:
        profile = next(iter(ctx.workbench.profiles), "")
        return ctx.workbench.reproducer(failure, profile=profile, seconds=seconds)

    return with_reproducer(ctx.workbench, finding, make, question=question, notes=ctx.notes)


def failure_of(rejection: RejectionRecord) -> FailureRecord:
    """What a reproducer of a refusal must show."""
    return {
        "stage": rejection["stage"], "kind": rejection["kind"], "operator": rejection["operator"],
        "node": rejection["node"], "stack": rejection["stack"], "reason": rejection["reason"],
        "error_code": rejection["error_code"],
    }  # fmt: skip


def _crashed(ctx: Context, failed: StepFailed) -> StepFailed:
    """A crash, with a small model that ends the builder in the same way."""
    signal = re.search(r"\bSIG[A-Z]+", failed.finding.message)
    if failed.finding.code != "FR003" or not signal:
        return failed
    place = failed.finding.place or Place()
    failure: FailureRecord = {
        "stage": "crash", "kind": "", "operator": place.operator, "node": place.node, "stack": [],
        "reason": failed.finding.message, "error_code": signal[0],
    }  # fmt: skip
    return type(failed)(_reproduced(ctx, failed.finding, failure, "operators"))


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


CHECK = Check(
    name="operators", scope=Scope.CHECKPOINT, run=run, after=("load", "export"), yields_to=("graph",),
    title="does TensorRT take every operator, in the parser and in the builder?",
)  # fmt: skip
