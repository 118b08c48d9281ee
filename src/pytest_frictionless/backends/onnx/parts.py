"""Parts of an ONNX graph: its beginnings, where they can end, and what nothing needs any more."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.walk import reads, references

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    import onnx


def beginning(
    model: onnx.ModelProto, count: int, *, outputs: Iterable[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    """The first nodes of a model, with these outputs."""
    import onnx

    part = onnx.ModelProto()
    part.CopyFrom(model)
    del part.graph.node[count:]
    del part.graph.output[:]
    part.graph.output.extend(outputs)
    return part


def frontier(model: onnx.ModelProto, count: int) -> list[str]:
    """Tensors that the first nodes make and that something after them reads."""
    nodes = list(model.graph.node)
    made = [name for node in nodes[:count] for name in node.output if name]
    later = {value.name for value in model.graph.output}
    for node in nodes[count:]:
        later |= reads(node)
    return [name for name in made if name in later]


def possible_ends(
    model: onnx.ModelProto, usable: Container[str], forbidden: Container[str]
) -> list[int]:
    """Numbers of first nodes after which a usable tensor is alive, and no forbidden one."""
    count = len(model.graph.node)
    last = {value.name: count for value in model.graph.output}
    for i in reversed(range(count)):
        for name in reads(model.graph.node[i]):
            last.setdefault(name, i)
    alive, barred = [0] * (count + 2), [0] * (count + 2)
    for i, node in enumerate(model.graph.node):
        for name in node.output:
            if last.get(name, -1) > i:
                for tally, names in ((alive, usable), (barred, forbidden)):
                    tally[i + 1] += name in names
                    tally[last[name] + 1] -= name in names
    good, bad = list(accumulate(alive)), list(accumulate(barred))
    return [k for k in range(1, count) if good[k] and not bad[k]]


def prune(model: onnx.ModelProto) -> None:
    """Drop nodes, inputs and outputs that nothing needs any more."""
    graph = model.graph
    while True:
        needed = references(graph) | {value.name for value in graph.output}
        dead = [i for i, node in enumerate(graph.node) if not needed & set(node.output)]
        if not dead:
            break
        for i in reversed(dead):
            del graph.node[i]
    for i in reversed(range(len(graph.input))):
        if graph.input[i].name not in needed:
            del graph.input[i]
