"""Does the engine run on this GPU, and give the numbers of the original?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.workbench.gpu import engine_run, run_without_tf32
from pytest_frictionless.workbench.points import APART, apart, elsewhere, output_of, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_frictionless.artifacts.run import ComparisonRecord, EngineRunRecord

TF32_DTYPES = ("float32",)
TF32_SHARE = 0.05
"""Largest error, as a share of the output's magnitude, that is put down to TF32: ResNet-50 at batch 1
showed 1e-2, once 5e-2 (measured with TensorRT-RTX 1.6.1 on an H200)."""


def run(ctx: Context) -> Iterator[Finding]:
    """Run the engine with all profiles at one shape point, and compare every output."""
    record = engine_run(ctx.workbench, ctx.profile_name, ctx.point)
    ctx.measurements.update(
        engine=record["engine"], gpu=record["gpu"], sizes=record["sizes"],
        workspace_mib=round(record["workspace_mib"], 3),
        max_abs=max((each["max_abs"] for each in record["comparisons"]), default=0.0),
        max_rel=max((each["max_rel"] for each in record["comparisons"]), default=0.0),
        max_share=max(map(share, record["comparisons"]), default=0.0),
    )  # fmt: skip
    for name in record["absent"]:
        yield Finding(code="FR903", message=f"the engine has no output {name}")
    for name, count in record["unwritten"].items():
        yield Finding(
            code="FR903",
            message=f"{count} elements of output {name} are not written at {ctx.point}",
            cause=f"{record['engine']} left them as they were before the run",
        )
    for name, spread in record["unsteady"].items():
        ctx.notes.append(f"two runs on the same input differ by {spread:.3g} in output {name}")
    wrong = [each for each in record["comparisons"] if _is_wrong(each)]
    told = set(record["unwritten"])
    others = elsewhere(ctx.workbench, ctx.profile_name, ctx.point, ask=bool(wrong))
    for each in wrong:
        if each["name"] in told:
            continue
        if each["shape"] != each["reference_shape"]:
            yield _shape(ctx, each)
        elif each["not_finite"] > each["reference_not_finite"]:
            yield _not_finite(ctx, record, each)
        else:
            yield _difference(ctx, record, each, others)
    if not wrong:
        runs = {**others, ctx.point_name: record}
        ctx.notes.extend(apart(ctx.workbench, ctx.profile_name, ctx.point_name, runs))


def _is_wrong(each: ComparisonRecord) -> bool:
    return bool(each["violations"]) or each["shape"] != each["reference_shape"]


def _shape(ctx: Context, each: ComparisonRecord) -> Finding:
    return Finding(
        code="FR906",
        message=f"output {each['name']} has shape {each['shape']} at {ctx.point}, and the reference "
        f"{each['reference_shape']}",
    )


def _not_finite(ctx: Context, record: EngineRunRecord, each: ComparisonRecord) -> Finding:
    return Finding(
        code="FR902",
        message=f"output {each['name']} holds {each['not_finite']} of {each['elements']} values that "
        f"are NaN or infinite at {ctx.point}; the reference holds {each['reference_not_finite']}",
        cause=f"{record['engine']} on {record['gpu']} overflows, or divides by zero",
    )


def _difference(
    ctx: Context, record: EngineRunRecord, each: ComparisonRecord,
    others: Mapping[str, EngineRunRecord],
) -> Finding:  # fmt: skip
    """Numbers that differ; TF32 is named where the engine without it is right."""
    exact = None
    if each["dtype"] in TF32_DTYPES:
        precise = run_without_tf32(ctx.workbench, ctx.profile_name, ctx.point)
        exact = next((e for e in precise["comparisons"] if e["name"] == each["name"]), None)
    by_tf32 = exact is not None and not exact["violations"] and share(each) <= TF32_SHARE
    asked = ctx.workbench.spec.precision == "fp32" or ctx.workbench.spec.tolerance is not None
    known = {at: out for at, run in others.items() if (out := output_of(run, each["name"]))}
    nearer = [
        f"{'off by only' if out['violations'] else 'right to'} {share(out):.2g} at {at}"
        for at, out in known.items()
        if not out["violations"] or APART * share(out) <= share(each)
    ]
    beside = f"; {' and '.join(nearer)}, off by {share(each):.2g} at {ctx.point_name}"
    return Finding(
        code="FR904" if by_tf32 else "FR901",
        message=f"output {each['name']} differs from the reference at {ctx.point} on {record['gpu']}: "
        f"{each['violations']} of {each['elements']} values, by up to {each['max_abs']:.3g}"
        + (" because of TF32" if by_tf32 else "")
        + (beside if nearer else ""),
        cause="TensorRT multiplies float32 in TF32 (10 bits of mantissa) unless it is told not to"
        if by_tf32 else "",
        evidence=tuple(_evidence(each, exact, known)),
        severity=Severity.ERROR if asked or not by_tf32 else Severity.WARNING,
    )  # fmt: skip


def _evidence(
    each: ComparisonRecord, exact: ComparisonRecord | None, known: Mapping[str, ComparisonRecord]
) -> Iterator[tuple[str, str]]:
    yield "largest absolute error", f"{each['max_abs']:.6g}"
    yield "largest relative error", f"{each['max_rel']:.6g} (where it is not near zero)"
    yield (
        "worst element",
        f"{each['worst_index']}: {each['worst_value']:.6g}, reference {each['worst_reference']:.6g}",
    )
    yield (
        "tolerance", f"{each['atol']:.3g} + {each['rtol']:.3g} * |reference| ({each['dtype']})"
    )  # fmt: skip
    yield "share of the magnitude", f"{share(each):.3g}"
    if exact is not None:
        yield "without TF32", f"{exact['max_abs']:.6g} absolute"
    for at, output in known.items():
        verdict = "outside" if output["violations"] else "within"
        yield f"share at {at}", f"{share(output):.3g}, {verdict} the tolerance"


CHECK = Check(
    name="run", scope=Scope.POINT, run=run, after=("load", "export", "operators", "build"),
    yields_to=("dynamic", "parity"), one_fault=True,
    codes=("FR9", "FR0"), needs_gpu=True,
    title="does the engine run on this GPU, and give the numbers of the original?",
)  # fmt: skip
