"""Are the dimensions declared dynamic really dynamic, over the whole profile?

Cheapest evidence first: what torch proved, what the file declares, what the parser made of it, and
then the truth: a run at min, opt, max and one point between.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.check import OF_THE_MACHINE, Check, Context, Scope
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.shapes import Dimension, ShapePoint, proof_covers
from pytest_frictionless.workbench.fixed import fixed_sizes
from pytest_frictionless.workbench.outputs import counted, with_baked, wrong_outputs
from pytest_frictionless.workbench.sizes import at_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator


PART_OF_THE_SIZES = "FR607"
"""The code of a dimension whose range is whole, with sizes in it that do not fit."""


def run(ctx: Context) -> Iterator[Finding]:
    """Yield the first kind of evidence that says no: the later ones follow from it."""
    profile = ctx.profile
    dynamic = {symbol for symbol, span in profile.ranges.items() if span.min != span.max}
    ctx.measurements.update(ranges=str(profile), assumed=profile.assumed)
    if (fixed := fixed_sizes(ctx.workbench, profile.name)) is not None:
        yield fixed
        if fixed.severity is Severity.ERROR:
            return
    for evidence in (_captured, _written, _parsed, _executed):
        findings = list(evidence(ctx, dynamic))
        if findings:
            yield from findings
            return


def _captured(ctx: Context, dynamic: set[str]) -> Iterator[Finding]:
    """What torch.export proved of each symbol."""
    capture = ctx.workbench.capture()
    short = [
        symbol
        for symbol in sorted(dynamic)
        if symbol in capture["ranges"]
        and not proof_covers(
            capture["ranges"][symbol],
            ctx.profile.ranges[symbol].min,
            ctx.profile.ranges[symbol].max,
        )
    ]
    error = capture.get("error")
    if error is not None and short:
        yield Finding.from_json(error)
        return
    if error is not None and dynamic and error["code"] == PART_OF_THE_SIZES:
        yield from _beside_opt(ctx, dynamic, Finding.from_json(error))
    for symbol in short:
        lower, upper = capture["ranges"][symbol]
        if lower == upper:
            yield Finding(
                code="FR601",
                message=f"{symbol} is always {lower} in the exported program, and profile "
                f"{ctx.profile} asks for a range",
            )
        else:
            yield Finding(
                code="FR602",
                message=f"{symbol} is proved for {_span(lower, upper)} only, and profile "
                f"{ctx.profile} goes beyond",
            )


def _beside_opt(ctx: Context, dynamic: set[str], refusal: Finding) -> Iterator[Finding]:
    """What torch proves for some sizes only, asked of sizes beside opt: a pool may be right there.

    torch guards how it rounds a size, as max_pool2d with ceil_mode does, and ONNX rounds by itself.
    """
    opt = ctx.profile.at("opt")
    if any(each["violations"] for each in ctx.workbench.execution(opt)["comparisons"]):
        yield refusal
        return
    points = []
    for step in (1, -1):
        sizes = dict(opt.sizes)
        for symbol in dynamic:
            span = ctx.profile.ranges[symbol]
            sizes[symbol] = min(max(sizes[symbol] + step, span.min), span.max)
        points.append(ShapePoint(f"opt{step:+}", sizes))
    for point in points:
        try:
            compared = ctx.workbench.execution(point)["comparisons"]
        except StepFailed as failed:
            yield replace(
                refusal, evidence=(*refusal.evidence, (str(point), failed.finding.message))
            )
            return
        for each in compared:
            if each["violations"] or each["shape"] != each["reference_shape"]:
                told = (
                    f"output {each['name']} is {each['shape']}, off by up to {each['max_abs']:.3g}"
                )
                yield replace(refusal, evidence=(*refusal.evidence, (f"at {point}", told)))
                return
    ctx.notes.append(
        f"{refusal.message}; what was exported is right at {' and '.join(map(str, points))} all the same"
    )


def _span(lower: int | None, upper: int | None) -> str:
    return f"{'0' if lower is None else lower}..{'' if upper is None else upper}"


def _declared(ctx: Context) -> Iterator[tuple[str, int, Dimension]]:
    """Every axis the signature calls dynamic: input, axis, dimension."""
    for name, tensor in ctx.workbench.tensors.items():
        for axis, dim in enumerate(tensor.dims):
            if dim.symbol is not None:
                yield name, axis, dim


def _written(ctx: Context, dynamic: set[str]) -> Iterator[Finding]:
    """What the file declares."""
    record = ctx.workbench.onnx()
    dims = {each["name"]: each["dims"] for each in record["inputs"]}
    for name, axis, dim in _declared(ctx):
        written = dims.get(name)
        if name not in dims:
            yield Finding(code="FR204", message=f"the file has no input {name}: {', '.join(dims)}")
            return
        if written is None or dim.symbol not in dynamic:
            continue
        if axis >= len(written):
            yield Finding(
                code="FR204",
                message=f"input {name} has {len(written)} axes in the file: {written}",
            )
            return
        if isinstance(written[axis], int):
            yield Finding(
                code="FR603",
                message=f"axis {axis} of input {name} is declared {dim} and is {written[axis]} in "
                f"the file: profile {ctx.profile} cannot be served",
            )


def _parsed(ctx: Context, dynamic: set[str]) -> Iterator[Finding]:
    """What the parser made of it; asked only where it takes the whole model."""
    record = ctx.workbench.parsed()
    shapes = {each["name"]: each["shape"] for each in record["inputs"]}
    for name, axis, dim in _declared(ctx):
        if dim.symbol in dynamic and name in shapes and shapes[name][axis] != -1:
            yield Finding(
                code="FR604",
                message=f"axis {axis} of input {name} is declared {dim} and is {shapes[name][axis]} "
                f"in the network of {record['engine']}",
            )


def _executed(ctx: Context, dynamic: set[str]) -> Iterator[Finding]:
    """Runs at min, opt, max and between, and the shapes they give."""
    told: set[str] = set()
    points = [*ctx.profile.points(), *([ctx.profile.at("between")] if dynamic else [])]
    for point in points:
        try:
            execution = ctx.workbench.execution(point)
        except StepFailed as failed:
            if failed.finding.code == "FR706":
                yield replace(failed.finding, severity=Severity.SKIP)
                return
            if failed.finding.code.startswith(OF_THE_MACHINE):
                raise type(failed)(at_sizes(ctx.workbench, failed.finding, point)) from failed
            yield with_baked(ctx.workbench, failed.finding)
            return
        for compared in execution["comparisons"]:
            if compared["shape"] != compared["reference_shape"]:
                rows = counted(ctx.workbench, point, compared, execution["reference"])
                if rows is not None:
                    yield rows
                    return
                finding = Finding(
                    code="FR606",
                    message=f"output {compared['name']} is {compared['shape']} at {point}, and "
                    f"{execution['reference']} gives {compared['reference_shape']}",
                )
                yield with_baked(ctx.workbench, finding)
                return
        for wrong in wrong_outputs(ctx.workbench, execution, point):
            if wrong.severity is Severity.ERROR:
                yield wrong
                return
            if wrong.remedy not in told:
                told.add(wrong.remedy)
                yield wrong


CHECK = Check(
    name="dynamic", scope=Scope.PROFILE, run=run, after=("load", "export"),
    title="are the dimensions declared dynamic really dynamic, over the whole profile?",
)  # fmt: skip
