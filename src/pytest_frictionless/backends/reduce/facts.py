"""What is known of every tensor of a graph: its type, and its shapes at min, opt and max."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx import cut
from pytest_frictionless.backends.onnx.walk import subgraphs
from pytest_frictionless.backends.reduce.graph import Fact
from pytest_frictionless.backends.tensorrt.frozen import elem_type_of
from pytest_frictionless.backends.tensorrt.network import read, tensors_of
from pytest_frictionless.backends.trial import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import onnx

    from pytest_frictionless.backends.trial import Report

PARSE_S = 20
"""Longest that parsing for the sake of shapes may take."""


def declared(model: onnx.ModelProto) -> dict[str, Fact]:
    """Types and shapes by onnx's shape inference, where rank and type are known."""
    inferred, _ = cut.infer(model)
    facts: dict[str, Fact] = {}
    for graph in _graphs(inferred.graph):
        for value in [*graph.input, *graph.value_info, *graph.output]:
            kind = value.type.tensor_type
            if kind.elem_type and kind.HasField("shape"):
                dims = [_size(dim) for dim in kind.shape.dim]
                facts.setdefault(value.name, Fact(elem_type=kind.elem_type, dims=dims))
    return facts


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for _, body in subgraphs(node):
            yield from _graphs(body)


def _size(dim: Any) -> int | str | None:
    return dim.dim_value if dim.HasField("dim_value") else (dim.dim_param or None)


def measured(model: onnx.ModelProto, path: str) -> dict[str, Fact]:
    """Types and shapes of a frozen model: onnx's, and the engine's where those are not whole.

    A size that depends on values is 1 here: it broadcasts with everything.
    """
    facts = declared(model)
    for name, known in _of_network(model, path).items():
        mine = facts.get(name)
        if mine is not None and all(isinstance(size, int) for size in mine.dims):
            continue
        facts[name] = Fact(
            # TensorRT says FLOAT where the file says DOUBLE.
            elem_type=mine.elem_type if mine else elem_type_of(known),
            dims=[max(size, 1) for size in known["shape"]],
        )
    return facts


def _of_network(model: onnx.ModelProto, path: str) -> Mapping[str, Any]:
    def work(report: Report) -> None:
        reading = read(model.SerializeToString(), path)
        report({"tensors": tensors_of(reading.network)})

    tensors: Mapping[str, Any] = (
        ask(work, deadline=time.monotonic() + PARSE_S).fields.get("tensors") or {}
    )
    return tensors


def spanned(symbolic: Mapping[str, Fact], points: Sequence[Mapping[str, Fact]]) -> dict[str, Fact]:
    """Facts of the dynamic model: an axis is dynamic where its sizes at min, opt and max differ.

    Axes of the same sizes share a name, as those of one batch do: TensorRT takes them as equal.
    """
    facts: dict[str, Fact] = {}
    for name, first in points[0].items():
        others = [point.get(name) for point in points]
        spans = [[size for size in each.dims if isinstance(size, int)] for each in others if each]
        if len(spans) < len(points) or any(len(span) != len(first.dims) for span in spans):
            continue
        dims: list[int | str | None] = [
            sizes[0] if len(set(sizes)) == 1 else "d" + "_".join(map(str, sizes))
            for sizes in zip(*spans, strict=True)
        ]
        facts[name] = Fact(elem_type=first.elem_type, dims=dims, spans=spans)
    for name, fact in symbolic.items():
        facts.setdefault(name, fact)
    return facts
