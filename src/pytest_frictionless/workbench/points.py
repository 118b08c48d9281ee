"""One engine from shape point to shape point: each shape may get kernels, and numbers, of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.workbench.gpu import engine_run, run_without_tf32

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_frictionless.artifacts.run import ComparisonRecord, EngineRunRecord
    from pytest_frictionless.shapes import ShapePoint
    from pytest_frictionless.workbench.workbench import Workbench

APART = 10.0
"""How many times the error of one point that of another is where both are told.

ResNet-50 showed 17 times and more (1e-2 at batch 1, 6e-4 at batch 16: TensorRT-RTX 1.6.1 on an H200).
"""
NOTABLE = 1e-4
"""Share of the output's magnitude below which errors are float32's own rounding, and not compared."""


def share(each: ComparisonRecord) -> float:
    """The largest error, as a share of the output's largest magnitude; itself where all is zero."""
    return each["max_abs"] / (each["scale"] or 1.0)


def output_of(record: EngineRunRecord, name: str) -> ComparisonRecord | None:
    """One output of a run, None where it has no numbers to compare."""
    for each in record["comparisons"]:
        finite = each["not_finite"] <= each["reference_not_finite"]
        if each["name"] == name and finite and each["shape"] == each["reference_shape"]:
            return each
    return None


def elsewhere(
    bench: Workbench, profile: str, here: ShapePoint, *, ask: bool
) -> dict[str, EngineRunRecord]:
    """Runs of the engine at the other sizes of the profile, by point.

    Args:
        bench: Of the checkpoint.
        profile: Its profile.
        here: The point that is looked at.
        ask: Whether points that were not run yet are run now; else they are left out.
    """
    seen = [dict(here.sizes)]
    found = {}
    for point in bench.profiles[profile].points():
        if dict(point.sizes) in seen:
            continue
        seen.append(dict(point.sizes))
        record = bench.engine_runs.get((profile, point.name))
        if record is None and ask:
            with suppress(StepFailed, MissingDependency):  # that point's own item tells it
                record = engine_run(bench, profile, point)
        if record is not None:
            found[point.name] = record
    return found


def apart(
    bench: Workbench, profile: str, here: str, runs: Mapping[str, EngineRunRecord]
) -> Iterator[str]:
    """Outputs that are much nearer to the reference at one point than at another, as sentences.

    Args:
        bench: Of the checkpoint.
        profile: Its profile.
        here: The point that is told of: what two others show is theirs to tell.
        runs: By point, with the one that is told of.
    """
    for each in runs[here]["comparisons"]:
        name = each["name"]
        outputs = {point: output_of(runs[point], name) for point in POINTS if point in runs}
        shares = {point: share(found) for point, found in outputs.items() if found}
        if here not in shares:
            continue
        best, worst = min(shares, key=lambda at: shares[at]), max(shares, key=lambda at: shares[at])
        if here not in (best, worst) or shares[worst] < max(NOTABLE, APART * shares[best]):
            continue
        yield (
            f"output {name} is right to {shares[best]:.2g} of its magnitude at {best}, and off by "
            f"{shares[worst]:.2g} at {worst}{_by_tf32(bench, profile, worst, name, shares[worst])}"
        )


def _by_tf32(bench: Workbench, profile: str, point: str, name: str, error: float) -> str:
    """Whether TF32 makes the error of an output, as the end of a sentence; empty where it does not."""
    try:
        precise = run_without_tf32(bench, profile, bench.profiles[profile].at(point))
    except (StepFailed, MissingDependency):
        return ""
    exact = output_of(precise, name)
    if exact is None or exact["dtype"] != "float32" or APART * share(exact) > error:
        return ""
    return f" because of TF32 ({share(exact):.2g} without it)"
