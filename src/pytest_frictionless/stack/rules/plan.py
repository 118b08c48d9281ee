"""A plan is bound to the TensorRT that built it and to the GPUs it was built for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.knowledge.gpus import support_of
from pytest_frictionless.stack.comparison import Kind, Verdict, release, same_release, version_in

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison

VERSION_COMPATIBLE = "version_compatible"
"""Flag of a plan that later versions load too."""
AMPERE_PLUS = "ampere_plus"
_DOCS = "https://docs.nvidia.com/deeplearning/"
BOUND = f"{_DOCS}tensorrt/11.1.0/inference-library/engine-compatibility.html"
BUILD_COUNTS = "https://github.com/triton-inference-server/server/issues/5975"
"""Expecting library version 8.6.1.2 got 8.6.1.6, please rebuild."""
BOUND_RTX = f"{_DOCS}tensorrt-rtx/latest/inference-library/engine-compatibility.html"
MATRIX = f"{_DOCS}tensorrt/11.4.1/getting-started/support-matrix.html"
MAJORS = ((10, 11), (8, 10))
"""Other major versions that load a version-compatible plan, by the support matrix of 11.4.1."""
REBUILD = "Build the engine anew with the TensorRT that serves it, and write the manifest again."


def loads(asked: Comparison) -> Verdict | None:
    """Whether the TensorRT that runs loads the plan."""
    plan = asked.recorded.plan
    header = getattr(plan, asked.component, None)
    if plan is None or header is None or not asked.new or same_release(header, asked.new) is None:
        return None
    if same_release(header, asked.new):
        return Verdict(kind=Kind.IDENTICAL)
    if asked.component == "tensorrt_rtx":
        return _bound(BOUND_RTX, "a plan of TensorRT-RTX loads in the release that built it only")
    if VERSION_COMPATIBLE not in plan.flags:
        source = BUILD_COUNTS if release(header, 3) == release(asked.new, 3) else BOUND
        return _bound(source, "a plan loads in the TensorRT version that built it only")
    old, new = release(header, 4) or (), release(asked.new, 4) or ()
    if new < old:
        return _bound(BOUND, "a version-compatible plan loads in later versions only")
    if old[0] != new[0] and (old[0], new[0]) not in MAJORS:
        return _bound(
            MATRIX, f"a version-compatible plan of {old[0]}.x does not load in {new[0]}.x"
        )
    return Verdict(kind=Kind.COMPATIBLE, why="the plan is version-compatible", source=BOUND)


def runs_on_gpu(asked: Comparison) -> Verdict | None:
    """Whether the plan was built for the GPU that runs."""
    plan = asked.recorded.plan
    if plan is None or not asked.new:
        return None
    built_for = plan.compute_capabilities or (
        (asked.recorded.components["compute_capability"],)
        if plan.tensorrt and "compute_capability" in asked.recorded.components
        else ()
    )
    if not built_for:
        return None
    if any(_covers(each, asked.new) for each in built_for):
        return Verdict(kind=Kind.IDENTICAL)
    if plan.tensorrt_rtx:  # engines of RTX 1.6.1 run on GPUs that its own list leaves out
        known = support_of("tensorrt_rtx", plan.tensorrt_rtx)
        if known is not None and known.takes(asked.new):
            why = f"plans of {known} run there, whatever their list says"
            return Verdict(kind=Kind.COMPATIBLE, why=why, source=known.source)
    if AMPERE_PLUS in plan.flags:
        return Verdict(
            kind=Kind.UNKNOWN, source=MATRIX,
            why="the plan was built for several architectures, and which it runs on was not read",
        )  # fmt: skip
    return Verdict(
        kind=Kind.BREAKING, code="FR056",
        why=f"the plan was built for {', '.join(built_for)}",
        source=BOUND_RTX if plan.tensorrt_rtx else MATRIX,
        remedy="Build the engine for the GPU that serves it: name its compute capability in `target`.",
    )  # fmt: skip


def on_this_platform(asked: Comparison) -> Verdict | None:
    """Whether the plan was built on the kind of system that runs."""
    windows = [text.lower().startswith("windows") for text in (asked.old, asked.new)]
    if asked.recorded.plan is None or not asked.both or windows[0] == windows[1]:
        return None
    return _bound(MATRIX, "a plan is not portable between Linux and Windows")


def _covers(built_for: str, capability: str) -> bool:
    if not built_for.startswith(">"):
        return built_for == capability
    bound, here = version_in(built_for[1:]), version_in(capability)
    return bound is not None and here is not None and here > bound


def _bound(source: str, why: str) -> Verdict:
    return Verdict(kind=Kind.BREAKING, code="FR055", why=why, source=source, remedy=REBUILD)
