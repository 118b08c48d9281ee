"""What each node of a graph was called in the user's file, across function inlining."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.walk import subgraphs, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import onnx


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a node is called in the user's file."""

    node: str
    operator: str
    stack: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    domain: str = ""
    """Empty for ONNX's own operators."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Those that are numbers or words."""


def inline(model: onnx.ModelProto) -> tuple[onnx.ModelProto, dict[str, Origin]]:
    """The model without local functions, every node with a name of its own, and what it was.

    The parser names a node inside a function or a body by its name alone, hence the unique names.
    """
    origins = list(origins_of(model))
    if model.functions:
        import onnx.inliner

        model = onnx.inliner.inline_local_functions(model)
    nodes = [node for _, _, node in walk(model.graph)]
    if [node.op_type for node in nodes] != [origin.operator for origin in origins]:
        origins = list(_origins(model.graph.node, {}, [], {}))
    taken: dict[str, Origin] = {}
    for node, origin in zip(nodes, origins, strict=True):
        # "node_of_x" is TensorRT's own way to call a node without a name.
        wanted = node.name or f"node_of_{_first_output(node)}"
        node.name = next(n for n in _variants(wanted) if n not in taken)
        taken[node.name] = origin
    return model, taken


def origins_of(model: onnx.ModelProto) -> Iterator[Origin]:
    """Every node of a model, those of bodies and of called functions included."""
    functions = {(f.domain, f.name, f.overload): f for f in model.functions}
    return _origins(model.graph.node, functions, [], {})


def _variants(name: str) -> Iterator[str]:
    yield name
    number = 0
    while True:
        number += 1
        yield f"{name}__{number}"


def _first_output(node: onnx.NodeProto) -> str:
    return next((name for name in node.output if name), "")


def _origins(
    nodes: Iterable[onnx.NodeProto],
    functions: Mapping[tuple[str, str, str], onnx.FunctionProto],
    stack: list[str],
    metadata: Mapping[str, str],
) -> Iterator[Origin]:
    """Nodes in the order in which inlining leaves them."""
    for node in nodes:
        name = node.name or _first_output(node)
        own = {**metadata, **{entry.key: entry.value for entry in node.metadata_props}}
        inner = [*stack, f"{name} ({node.op_type})"]
        function = functions.get((node.domain, node.op_type, node.overload))
        if function is not None and len(stack) < 64:
            yield from _origins(function.node, functions, inner, own)
            continue
        yield Origin(
            node=name, operator=node.op_type, stack=stack, metadata=own,
            domain="" if node.domain == "ai.onnx" else node.domain, attributes=_attributes(node),
        )  # fmt: skip
        for attribute, body in subgraphs(node):
            yield from _origins(body.node, functions, [*inner, attribute], own)


def _attributes(node: onnx.NodeProto) -> dict[str, str]:
    """Attributes that can be told in a line."""
    from onnx import AttributeProto

    told: dict[str, str] = {}
    for each in node.attribute:
        if each.type == AttributeProto.INT:
            told[each.name] = str(each.i)
        elif each.type == AttributeProto.FLOAT:
            told[each.name] = f"{each.f:g}"
        elif each.type == AttributeProto.STRING and len(each.s) < 60:
            told[each.name] = each.s.decode(errors="replace")
        elif each.type == AttributeProto.INTS and len(each.ints) < 8:
            told[each.name] = str(list(each.ints))
    return told
