"""TensorRT from one version to another, where it builds the model anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.knowledge.gpus import TITLES, support_of
from pytest_frictionless.knowledge.opsets import opset_limits
from pytest_frictionless.stack.comparison import Kind, Verdict, release, same_release
from pytest_frictionless.stack.rules.plan import BOUND, BOUND_RTX

if TYPE_CHECKING:
    from pytest_frictionless.stack.comparison import Comparison


def parser_reads(asked: Comparison) -> Verdict | None:
    """Whether the parser of this TensorRT knows the opset of the file that was delivered."""
    graph, new = asked.recorded.graph, release(asked.new, 3)
    if graph is None or new is None or asked.component != "tensorrt":
        return None  # RTX has no published limit: the real parser decides, in `operators`
    known, beyond = opset_limits(".".join(map(str, new)))
    if known is not None and graph.opset <= known.opset:
        return None
    if beyond is not None and graph.opset > beyond.opset:
        return Verdict(
            kind=Kind.BREAKING, code="FR059", source=beyond.source,
            why=f"the file has opset {graph.opset}, and {beyond.opset} is the newest that TensorRT "
            f"{beyond.tensorrt} knows",
            remedy="Pin an opset that this TensorRT knows, and export again.",
        )  # fmt: skip
    if asked.old == asked.new:
        return None
    return Verdict(
        kind=Kind.UNKNOWN, source=known.source if known else "",
        why=f"whether it knows opset {graph.opset} is not documented",
    )  # fmt: skip


def builds(asked: Comparison) -> Verdict | None:
    """What changes for a model that is built anew; a plan is judged by `plan.loads`."""
    if (
        not asked.both
        or asked.old == asked.new
        or getattr(asked.recorded.plan, asked.component, None)
    ):
        return None
    if same_release(asked.old, asked.new):
        return Verdict(kind=Kind.IDENTICAL)
    old, new = release(asked.old, 4), release(asked.new, 4)
    if old is None or new is None:
        return None
    if asked.component == "tensorrt_rtx" and old[:2] != new[:2]:
        return Verdict(
            kind=Kind.UNKNOWN, source=BOUND_RTX,
            why="releases of TensorRT-RTX promise each other nothing: build and run the model with it",
        )  # fmt: skip
    if old[0] != new[0]:
        return Verdict(
            kind=Kind.BREAKING, source=BOUND,
            why="TensorRT removes what it deprecated between major versions",
            remedy="Build and run the model with the version of production, and write the manifest again.",
        )  # fmt: skip
    if old[:3] == new[:3]:
        return Verdict(kind=Kind.PATCH, why="another build of the same version")
    if new < old:
        return Verdict(
            kind=Kind.UNKNOWN, source=BOUND, why="an earlier version may lack what was used"
        )
    if asked.component == "tensorrt_rtx":
        return None  # a later patch of one release
    return Verdict(
        kind=Kind.COMPATIBLE, source=BOUND, why="TensorRT removes nothing within a major version"
    )


def comes_with_engine(asked: Comparison) -> Verdict | None:
    """The parser comes with TensorRT, and is judged with it."""
    if asked.both and asked.old != asked.new and any(asked.running.get(name) for name in TITLES):
        return Verdict(kind=Kind.COMPATIBLE, why="judged with TensorRT")
    return None


def knows_gpu(asked: Comparison) -> Verdict | None:
    """Whether the TensorRT that runs is one for the GPU that runs."""
    if not asked.new:
        return None
    for flavour, title in TITLES.items():
        version = asked.running.get(flavour)
        if version is None or not _is_used(asked, flavour):
            continue
        known = support_of(flavour, version)
        if known is not None and known.takes(asked.new) is False:
            return Verdict(
                kind=Kind.BREAKING, code="FR056", source=known.source,
                why=f"{title} {version} does not run on compute capability {asked.new}",
                remedy="Use a TensorRT that is made for this GPU, or another GPU.",
            )  # fmt: skip
    if asked.recorded.plan is not None or not asked.old or asked.old == asked.new:
        return None
    return Verdict(kind=Kind.COMPATIBLE, why="no plan is bound to it: the engine is built anew")


def _is_used(asked: Comparison, flavour: str) -> bool:
    """Whether the model is built by this flavour: as its plan was, else as was recorded."""
    plan = asked.recorded.plan
    if plan is not None:
        return getattr(plan, flavour) is not None
    return flavour in asked.recorded.components
