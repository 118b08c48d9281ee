"""Does the exported model give the numbers of the original?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.workbench.reproducer import with_reproducer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.artifacts.run import ComparisonRecord, ExecutionRecord
    from pytest_frictionless.workbench.store import Artifact


def run(ctx: Context) -> Iterator[Finding]:
    """Compare every output at one shape point; where they differ, ask first who is to blame."""
    execution = ctx.workbench.execution(ctx.point)
    ctx.measurements.update(
        reference=execution["reference"], sizes=execution["sizes"],
        max_abs=max((c["max_abs"] for c in execution["comparisons"]), default=0.0),
        max_rel=max((c["max_rel"] for c in execution["comparisons"]), default=0.0),
    )  # fmt: skip
    wrong = [each for each in execution["comparisons"] if each["violations"]]
    if wrong and not ctx.workbench.is_onnx:
        blamed = list(_blame_model(ctx, wrong))
        if blamed:
            yield from blamed
            return
    for number, each in enumerate(wrong):
        overflows = _overflows(each)
        finding = (_not_finite if overflows else _difference)(ctx, execution, each)
        yield finding if number else _located(ctx, finding, finite=overflows)
    for each in execution["comparisons"]:
        if each["not_finite"] and not each["violations"]:
            yield _located(ctx, _not_finite(ctx, execution, each), finite=True)


def _overflows(each: ComparisonRecord) -> bool:
    """Whether the exported model gives NaN or infinity where the original gives numbers."""
    return each["not_finite"] > each["reference_not_finite"]


def _not_finite(ctx: Context, execution: ExecutionRecord, each: ComparisonRecord) -> Finding:
    """FR702: an error where the file alone overflows, or nothing else is there to compare with."""
    count, own = each["reference_not_finite"], _overflows(each)
    half = own and each["dtype"] == "float16"
    return Finding(
        code="FR702",
        message=f"output {each['name']} holds {each['not_finite']} of {each['elements']} values that "
        f"are NaN or infinite at {ctx.point}"
        + (f", and {execution['reference']} {count}" if own else ""),
        cause=("float16 ends at 65504, and a step in between goes beyond" if half else "")
        if own
        else f"{execution['reference']} gives {count} of them too",
        severity=Severity.ERROR if own or ctx.workbench.is_onnx else Severity.WARNING,
    )


def _drawn(ctx: Context) -> Place | None:
    """Where the file draws random numbers, if it does: `graph` saw it."""
    found = map(Finding.from_json, ctx.workbench.examined()["findings"])
    return next((each.place for each in found if each.code == "FR703"), None)


def _blame_model(ctx: Context, wrong: list[ComparisonRecord]) -> Iterator[Finding]:
    """Findings that tell a model which cannot be compared from a wrong export."""
    trust = ctx.workbench.trust(ctx.point)
    told = map(Finding.from_json, ctx.workbench.capture().get("training", ()))
    state = next((each for each in told if each.code == "FR226"), None)
    if trust["random"] > max(each["atol"] for each in wrong):
        yield Finding(
            code="FR703",
            message=f"two eager runs on the same input differ by {trust['random']:.3g}",
            place=_drawn(ctx) or (state.place if state else None),
            cause=state.message if state else "",
            remedy=state.next_step if state else "",
        )
    elif trust["floor"] and not any(map(_overflows, wrong)):
        names = [each["name"] for each in ctx.workbench.execution(ctx.point)["comparisons"]]
        floors = dict(zip(names, trust["floor"], strict=False))
        if all(2 * floors[each["name"]][0] >= each["max_abs"] for each in wrong):
            worst = max(wrong, key=lambda each: each["max_abs"])
            floor = floors[worst["name"]][0]
            yield Finding(
                code="FR705",
                message=f"output {worst['name']} differs by {worst['max_abs']:.3g}, and eager {worst['dtype']} "
                f"itself is {floor:.3g} from float64 at {ctx.point}",
            )


def _located(ctx: Context, finding: Finding, *, finite: bool) -> Finding:
    """The finding with the first node that is to blame, and that node as a model of its own."""

    def make(seconds: float) -> Artifact:
        return ctx.workbench.divergence(ctx.point, finite=finite, seconds=seconds)

    def tell(finding: Finding, record: dict[str, Any]) -> Finding:
        if not record["place"]:
            return finding
        evidence: tuple[tuple[str, str], ...] = (("found by comparing", record["method"]),)
        if not finite:
            first = f"{record['tensor']}, by {record['difference']:.3g}"
            before = f"{record['before']:.3g} at most" if record["before"] else "none"
            blame = (("at fault", record["blame"]),) if record["blame"] else ()
            told = (("first difference", first), ("difference before", before))
            evidence = (*told, *evidence, *blame)
        place = Place(**record["place"])
        return replace(finding, place=place, evidence=(*finding.evidence, *evidence))

    question = f"parity-{ctx.profile_name}-{ctx.point_name}"
    return with_reproducer(
        ctx.workbench, finding, make, question=question, notes=ctx.notes, tell=tell
    )


def _difference(ctx: Context, execution: ExecutionRecord, each: ComparisonRecord) -> Finding:
    share = 100 * each["violations"] / max(each["elements"], 1)
    return Finding(
        code="FR701",
        message=f"output {each['name']} differs from {execution['reference']} at {ctx.point}: "
        f"{each['violations']} of {each['elements']} values ({share:.2g} %), "
        f"by up to {each['max_abs']:.3g}",
        evidence=(
            ("largest absolute error", f"{each['max_abs']:.6g}"),
            ("largest relative error", f"{each['max_rel']:.6g} (where it is not near zero)"),
            ("worst element", f"{each['worst_index']}: {each['worst_value']:.6g}, "
             f"reference {each['worst_reference']:.6g}"),
            ("tolerance", f"{each['atol']:.3g} + {each['rtol']:.3g} * |reference| ({each['dtype']})"),
        ),
    )  # fmt: skip


CHECK = Check(
    name="parity", scope=Scope.POINT, run=run, after=("load", "export", "dynamic"), yields_to=("graph",),
    one_fault=True,
    title="does the exported model give the numbers of the original?",
)  # fmt: skip
