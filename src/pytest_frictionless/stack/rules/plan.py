"""A plan is bound to the TensorRT that built it and to the GPUs it was built for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.stack.comparison import Kind, Verdict, release

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison

VERSION_COMPATIBLE = "version_compatible"
"""Flag of a plan that later versions load too."""
BOUND = "https://docs.nvidia.com/deeplearning/tensorrt/11.1.0/inference-library/engine-compatibility.html"
BOUND_RTX = "https://docs.nvidia.com/deeplearning/tensorrt-rtx/latest/inference-library/engine-compatibility.html"
MAJORS = ((10, 11), (8, 10))
"""Runtimes of another major version that load a version-compatible plan."""
MAJORS_SOURCE = (
    "https://docs.nvidia.com/deeplearning/tensorrt/11.4.1/getting-started/support-matrix.html"
)
REBUILD = "Build the engine anew with the TensorRT that serves it, and write the manifest again."


def loads(asked: Comparison) -> Verdict | None:
    """Whether the TensorRT that runs loads the plan."""
    header = getattr(asked.recorded.plan, asked.component, None)
    if header is None or not asked.new or release(header, 4) == release(asked.new, 4):
        return None
    old, new = release(header, 3), release(asked.new, 3)
    if old is None or new is None or old == new:
        return None
    if asked.component == "tensorrt_rtx":
        return _bound(BOUND_RTX, "a plan of TensorRT-RTX loads in the release that built it only")
    flags = asked.recorded.plan.flags if asked.recorded.plan else ()
    if VERSION_COMPATIBLE not in flags:
        return _bound(BOUND, "a plan loads in the TensorRT version that built it only")
    if new < old:
        return _bound(
            BOUND, "a version-compatible plan loads in later versions, and not in earlier ones"
        )
    if old[0] != new[0] and (old[0], new[0]) not in MAJORS:
        return _bound(
            MAJORS_SOURCE,
            f"TensorRT {new[0]} loads no version-compatible plan of TensorRT {old[0]}",
        )
    return Verdict(kind=Kind.COMPATIBLE, why="the plan is version-compatible", source=BOUND)


def runs_on_gpu(asked: Comparison) -> Verdict | None:
    """Whether the plan was built for the GPU that runs."""
    plan = asked.recorded.plan
    built_for = plan.compute_capabilities if plan else ()
    if not built_for or not asked.new:
        return None
    if asked.new in built_for:
        return Verdict(kind=Kind.IDENTICAL, why="")
    return Verdict(
        kind=Kind.BREAKING, code="FR056",
        why=f"the plan was built for {', '.join(built_for)}", source=BOUND,
        remedy="Build the engine for the GPU that serves it: add its compute capability to `target`.",
    )  # fmt: skip


def _bound(source: str, why: str) -> Verdict:
    return Verdict(kind=Kind.BREAKING, code="FR055", why=why, source=source, remedy=REBUILD)
