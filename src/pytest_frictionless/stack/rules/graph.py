"""An ONNX file has an opset and an IR version, and each reader knows them up to some number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.knowledge.compatibility import onnx_knows, onnxruntime_reads
from pytest_frictionless.stack.comparison import Kind, Verdict, release

if TYPE_CHECKING:
    from pytest_frictionless.knowledge.compatibility import GraphLimit
    from pytest_frictionless.stack.comparison import Comparison

NEWER_RUNTIME = "https://onnxruntime.ai/docs/reference/compatibility.html"


def runtime_loads(asked: Comparison) -> Verdict | None:
    """Whether this ONNX Runtime loads the file; later ones load what earlier ones did."""
    if not asked.new:
        return None
    if (said := _reads(asked, onnxruntime_reads(asked.new))) is not None:
        return said
    old, new = release(asked.old, 3), release(asked.new, 3)
    if old is None or new is None or old == new or old > new:
        return None
    kind = Kind.PATCH if old[:2] == new[:2] else Kind.COMPATIBLE
    return Verdict(kind=kind, source=NEWER_RUNTIME, why="later versions load what earlier ones did")


def onnx_describes(asked: Comparison) -> Verdict | None:
    """Whether this onnx knows the operators of the file."""
    return _reads(asked, onnx_knows(asked.new)) if asked.new else None


def _reads(asked: Comparison, limit: GraphLimit | None) -> Verdict | None:
    graph = asked.recorded.graph
    if graph is None or limit is None:
        return None
    for word, has, newest in (
        ("opset", graph.opset, limit.opset), ("IR version", graph.ir_version, limit.ir_version),
    ):  # fmt: skip
        if has > newest:
            return Verdict(
                kind=Kind.BREAKING, code="FR059", source=limit.source,
                why=f"the file has {word} {has}, and {newest} is the newest that it knows",
                remedy=f"Install a version that knows {word} {has}, or pin an older one and export again.",
            )  # fmt: skip
    if not asked.old or asked.old == asked.new:
        return None
    return Verdict(
        kind=Kind.PATCH if release(asked.old, 2) == release(asked.new, 2) else Kind.COMPATIBLE,
        source=limit.source, why=f"it knows opset {graph.opset} and IR version {graph.ir_version}",
    )  # fmt: skip
