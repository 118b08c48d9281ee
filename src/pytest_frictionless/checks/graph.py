"""Is the graph free of what is wrong without being refused, and of what only costs?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding
from pytest_frictionless.workbench.sizes import impossible_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(ctx: Context) -> Iterator[Finding]:
    """Read the graph; nothing is run. What another check tells as an error is left to it."""
    bench = ctx.workbench
    record = bench.examined()
    ctx.measurements.update(nodes=record["nodes"], weight_bytes=record["weight_bytes"])
    # Chance in a torch model is an error of `parity`: two eager runs are compared there.
    left = set() if bench.is_onnx else {"FR703"}
    if bench.spec.precision == "fp32":
        left.add("FR411")  # the user knows that float32 is what the engine computes in
    if any(each["code"] == "FR414" for each in record["findings"]) and _refused_names(ctx):
        left.add("FR414")
    for each in record["findings"]:
        if each["code"] not in left:
            yield Finding.from_json(each)


def _refused_names(ctx: Context) -> bool:
    """Whether a profile gives axes of one name different sizes: `build` fails of it then (FR806)."""
    bench = ctx.workbench
    impossible = (
        each for profile in bench.profiles.values() for each in impossible_sizes(bench, profile)
    )
    return any(each.code == "FR806" for each in impossible)


CHECK = Check(
    name="graph", scope=Scope.CHECKPOINT, run=run, after=("load", "export"),
    title="is the graph free of training behaviour and of waste?",
)  # fmt: skip
