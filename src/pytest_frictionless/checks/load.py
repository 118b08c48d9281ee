"""Is the checkpoint readable, safe, complete and finite?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.settings.scaffold import scaffold
from pytest_frictionless.shapes import TensorType, symbols_of
from pytest_frictionless.workbench.inputs import assumed_range

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(ctx: Context) -> Iterator[Finding]:
    """Read the checkpoint without running code from it, and look at every weight."""
    bench = ctx.workbench
    if bench.checkpoint.problem is not None:
        yield bench.checkpoint.problem
        if bench.checkpoint.problem.severity is Severity.ERROR:
            return
    weights = bench.weights()
    ctx.measurements.update(
        digest=bench.file_digest, format=str(bench.checkpoint.format),
        parameters=weights["parameters"], dtypes=weights["dtypes"],
    )  # fmt: skip
    ctx.notes.extend(weights["notes"])
    if not weights["runnable"] or not (weights["declared"] or bench.spec.inputs):
        yield _unknown_model(ctx)
        return
    unranked = [each for each in bench.inputs if each["type"].endswith("[...]")]
    if unranked:
        yield _unknown_rank(ctx, [each["name"] for each in unranked])
        return
    yield from _mismatches(weights["missing"], weights["unexpected"])
    if weights["not_finite"]:
        names = weights["not_finite"]
        yield Finding(
            code="FR108",
            message=f"{len(names)} tensors hold NaN or infinity, first {names[0]}",
            evidence=tuple(("tensor", name) for name in names),
        )
    for profile in bench.profiles.values():
        if profile.assumed and profile.ranges:
            ctx.notes.append(
                f"assumed profile {profile}; say the real one with `profiles` in frictionless.yaml"
            )


def _mismatches(missing: list[str], unexpected: list[str]) -> Iterator[Finding]:
    if missing:
        yield Finding(
            code="FR107",
            message=f"{len(missing)} weights of the network are not in the file, first {missing[0]}",
            cause="They keep the random values they were initialised with.",
            evidence=tuple(("missing", name) for name in missing[:10]),
        )
    if unexpected:
        yield Finding(
            code="FR114",
            message=f"{len(unexpected)} weights of the file are not in the network, first {unexpected[0]}",
            evidence=tuple(("unexpected", name) for name in unexpected[:10]),
            severity=Severity.WARNING,
        )


def _unknown_model(ctx: Context) -> Finding:
    """What to paste into frictionless.yaml, with every input that could be guessed filled in."""
    bench = ctx.workbench
    weights = bench.weights()
    types = {each["name"]: TensorType.parse(each["type"]) for each in weights["inputs"]}
    ranges = {}
    for symbol in symbols_of(types.values()):
        span = assumed_range(symbol == "batch", (None, None))
        ranges[symbol] = (span.min, span.opt, span.max)
    path = bench.checkpoint.path
    text = scaffold(
        name=path.parent.name if path.name == "config.json" else path.stem,
        path=bench.relative_path, factory=bench.spec.factory, needs_factory=not weights["runnable"] or bench.spec.factory is not None, inputs=types, ranges=ranges,
    )  # fmt: skip
    what = "weights only" if not weights["runnable"] else "a model without a word on its inputs"
    needed = "the network and its inputs" if not weights["runnable"] else "its inputs"
    return Finding(
        code="FR105",
        message=f"the file holds {what} ({weights['tensors']} tensors): {needed} must be named",
        remedy=f"Add to frictionless.yaml:\n{text}",
    )


def _unknown_rank(ctx: Context, names: list[str]) -> Finding:
    bench = ctx.workbench
    types = {
        name: TensorType.parse("float32[batch, 3, 224, 224]") for name in names
    }  # an example: the file does not say
    text = scaffold(
        name=bench.name,
        path=bench.relative_path,
        factory=None,
        needs_factory=False,
        inputs=types,
        ranges={"batch": (1, 4, 8)},
    )
    return Finding(
        code="FR105",
        message=f"the file does not say how many axes {', '.join(names)} has",
        remedy=f"Add to frictionless.yaml, with the real axes:\n{text}",
    )


CHECK = Check(
    name="load", scope=Scope.CHECKPOINT, run=run,
    title="is the checkpoint readable, safe, complete and finite?",
)  # fmt: skip
