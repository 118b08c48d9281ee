"""Walking an ONNX graph with its bodies, and what each node reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx


def subgraphs(node: onnx.NodeProto) -> Iterator[tuple[str, onnx.GraphProto]]:
    """Bodies of an If, Loop or Scan, each with the name of its attribute."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.name, attribute.g
        for graph in attribute.graphs:
            yield attribute.name, graph


def walk(graph: onnx.GraphProto) -> Iterator[tuple[onnx.GraphProto, int, onnx.NodeProto]]:
    """Every node with the graph it is in and its index there, bodies after their node."""
    for i, node in enumerate(graph.node):
        yield graph, i, node
        for _, body in subgraphs(node):
            yield from walk(body)


def references(graph: onnx.GraphProto, *, skip: int = -1) -> set[str]:
    """Names read by the nodes of a graph and of their bodies, without the node at `skip`."""
    found: set[str] = set()
    for i, node in enumerate(graph.node):
        if i != skip:
            found |= reads(node)
    return found


def reads(node: onnx.NodeProto) -> set[str]:
    """Names read by a node, and by its bodies."""
    found = {name for name in node.input if name}
    for _, body in subgraphs(node):
        found |= references(body) | {value.name for value in body.output}
    return found
