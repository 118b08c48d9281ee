"""A graph as the rules of hygiene look at it: who makes, who reads, what is constant, what it costs."""

from __future__ import annotations

import math
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx.file import dtype_name, graph_inputs
from pytest_frictionless.backends.onnx.origin import Origin, inline
from pytest_frictionless.backends.onnx.walk import reads, subgraphs, walk
from pytest_frictionless.backends.onnx.weights import (
    bytes_of,
    initializers_of_bodies,
    without_large_weights,
)
from pytest_frictionless.place import place_of_node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import onnx

    from pytest_frictionless.finding import Place

_NOT_FOLDED = {
    "DequantizeLinear", "QuantizeLinear", "RandomNormal", "RandomUniform", "Bernoulli",
}  # fmt: skip
"""Operators that give no constant for constant inputs, or whose inputs are meant to stay as they are."""
_OF_SHAPES = {"Shape", "Size"}


class Picture:
    """One graph with its functions inlined; weights above 4 KiB are not in it, and not read."""

    def __init__(
        self, model: onnx.ModelProto, *, folder: Path, shapes: Mapping[str, Sequence[int]],
        outputs: Sequence[str],
    ) -> None:  # fmt: skip
        import onnx

        self._onnx: Any = onnx
        self.folder = folder
        """Where external data lies."""
        self.wanted_outputs = outputs
        """Outputs that the user asked for; empty where not said."""
        self._shapes = shapes
        self._origins: dict[str, Origin] = {}
        if model.functions:
            model, self._origins = inline(model)
        self.model = model
        self.graph = model.graph
        self.opset = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)

    @cached_property
    def nodes(self) -> list[onnx.NodeProto]:
        """Nodes of the graph itself, without those of bodies."""
        return list(self.graph.node)

    @cached_property
    def all_nodes(self) -> list[onnx.NodeProto]:
        """Nodes of the graph and of every body."""
        return [node for _, _, node in walk(self.graph)]

    @cached_property
    def weights(self) -> dict[str, onnx.TensorProto]:
        """Initializers by name."""
        return {tensor.name: tensor for tensor in self.graph.initializer}

    @cached_property
    def given(self) -> set[str]:
        """Names of all graph inputs, initializers that a caller may replace among them."""
        return {value.name for value in self.graph.input}

    @cached_property
    def output_names(self) -> list[str]:
        """Names of the graph's outputs, in order."""
        return [value.name for value in self.graph.output]

    @cached_property
    def makers(self) -> dict[str, onnx.NodeProto]:
        """The node that makes each tensor."""
        return {name: node for node in self.nodes for name in node.output if name}

    @cached_property
    def readers(self) -> dict[str, list[onnx.NodeProto]]:
        """The nodes that read each tensor, in their bodies too."""
        found: dict[str, list[onnx.NodeProto]] = {}
        for node in self.nodes:
            for name in reads(node):
                found.setdefault(name, []).append(node)
        return found

    def only_reader(self, tensor: str) -> onnx.NodeProto | None:
        """The one node that reads a tensor; None where there are others, or it is an output."""
        readers = self.readers.get(tensor, [])
        return readers[0] if len(readers) == 1 and tensor not in self.output_names else None

    @cached_property
    def constants(self) -> set[str]:
        """Tensors that are the same in every run, which no caller can replace."""
        known = {"", *self.weights, *(t.values.name for t in self.graph.sparse_initializer)}
        known -= self.given
        for node in self.nodes:
            if node.op_type not in _NOT_FOLDED and reads(node) <= known:
                known.update(node.output)
        return known

    @cached_property
    def sizes_of_tensors(self) -> set[str]:
        """Tensors that hold sizes: made from Shape, or integers of at most eight elements."""
        found: set[str] = set()
        for node in self.nodes:
            inputs = [name for name in node.input if name and name not in self.constants]
            if node.op_type in _OF_SHAPES or (inputs and all(name in found for name in inputs)):
                found.update(name for name in node.output if self.elements(name, unknown=0) < 1024)
        return found

    @cached_property
    def types(self) -> dict[str, tuple[int, list[int | None] | None]]:
        """Element type and sizes of every tensor, as far as they are known at these shapes."""
        model = without_large_weights(self.model)
        for value in model.graph.input:
            sizes = self._shapes.get(value.name)
            dims = value.type.tensor_type.shape.dim
            if sizes is not None and len(sizes) == len(dims):
                for dim, size in zip(dims, sizes, strict=True):
                    dim.dim_value = size
        if self._shapes:
            del model.graph.value_info[:]
            for value in model.graph.output:
                value.type.tensor_type.ClearField("shape")
        try:
            model = self._onnx.shape_inference.infer_shapes(model, data_prop=True)
        except Exception:  # what the file itself records must do
            model = self.model
        values = [*model.graph.value_info, *model.graph.output, *model.graph.input]
        found = {value.name: _type_of(value) for value in values}
        for name, tensor in self.weights.items():
            found[name] = (tensor.data_type, [*tensor.dims])
        return found

    def elements(self, tensor: str, *, unknown: int = 0) -> int:
        """Number of elements of a tensor at these shapes."""
        sizes = self.types.get(tensor, (0, None))[1]
        if sizes is None or any(size is None for size in sizes):
            return unknown
        return math.prod(size for size in sizes if size is not None)

    def dtype(self, tensor: str) -> str:
        """Element type of a tensor as signatures spell it; empty where unknown."""
        elem_type = self.types.get(tensor, (0, None))[0]
        return dtype_name(self._onnx, elem_type) if elem_type else ""

    def rank(self, tensor: str) -> int | None:
        """Number of axes of a tensor, where known."""
        sizes = self.types.get(tensor, (0, None))[1]
        return None if sizes is None else len(sizes)

    def tensor_bytes(self, tensor: str) -> int:
        """Bytes of a tensor at these shapes; 0 where unknown."""
        elem_type = self.types.get(tensor, (0, None))[0]
        return bytes_of(elem_type, [self.elements(tensor)]) if elem_type else 0

    def weight_bytes(self, names: Iterable[str]) -> int:
        """Bytes of those names that are stored values: initializers, or Constant nodes."""
        tensors = (self.stored[name] for name in names if name in self.stored)
        return sum(bytes_of(tensor.data_type, tensor.dims) for tensor in tensors)

    @cached_property
    def _everywhere(self) -> dict[str, onnx.TensorProto]:
        """Values stored in the graph and in every body, by name."""
        inner = {tensor.name: tensor for tensor in initializers_of_bodies(self.graph)}
        held = ((node.output, value_of(node)) for node in self.all_nodes)
        inner |= {output[0]: tensor for output, tensor in held if tensor is not None}
        return {**inner, **self.stored}

    @cached_property
    def stored(self) -> dict[str, onnx.TensorProto]:
        """Every tensor whose value is in the file, by name: initializers and Constant nodes."""
        held = ((node, value_of(node)) for node in self.nodes if node.op_type == "Constant")
        nodes = {node.output[0]: tensor for node, tensor in held if tensor is not None}
        return {**self.weights, **nodes}

    def constant_of(self, tensor: str) -> onnx.TensorProto | None:
        """The value of a small constant: an initializer, or what a Constant node holds."""
        node = self.makers.get(tensor)
        if node is not None and node.op_type == "Identity":
            return self.constant_of(node.input[0])
        return None if tensor in self.given else self._everywhere.get(tensor)

    def array(self, tensor: onnx.TensorProto) -> Any:
        """Values of a tensor, read from its file where it is external."""
        return self._onnx.numpy_helper.to_array(tensor, str(self.folder))

    def place(self, node: onnx.NodeProto) -> Place:
        """Where a node is, in the user's file and source."""
        origin = self._origins.get(node.name)
        if origin is None:
            metadata = {entry.key: entry.value for entry in node.metadata_props}
            name = node.name or next((name for name in node.output if name), "")
            return place_of_node(name=name, operator=node.op_type, metadata=metadata)
        stack = " > ".join([*origin.stack, origin.node])
        return place_of_node(name=stack, operator=origin.operator, metadata=origin.metadata)


def value_of(node: onnx.NodeProto) -> onnx.TensorProto | None:
    """The tensor that a Constant node holds as one."""
    if node.op_type != "Constant":
        return None
    return next((a.t for a in node.attribute if a.name == "value" and a.HasField("t")), None)


def attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    """An integer attribute of a node."""
    return next((int(each.i) for each in node.attribute if each.name == name), default)


def has_body(node: onnx.NodeProto) -> bool:
    """Whether a node is an If, a Loop or a Scan."""
    return any(True for _ in subgraphs(node))


def counted(nodes: Iterable[onnx.NodeProto]) -> str:
    """Nodes by operator, the most frequent first, as "3 Mul, Add"."""
    many = Counter(node.op_type for node in nodes).most_common(4)
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in many)


def _type_of(value: onnx.ValueInfoProto) -> tuple[int, list[int | None] | None]:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        return 0, None
    if not tensor.HasField("shape"):
        return tensor.elem_type, None
    dims: list[int | None] = [
        dim.dim_value if dim.HasField("dim_value") and dim.dim_value >= 0 else None
        for dim in tensor.shape.dim
    ]
    return tensor.elem_type, dims


__all__ = ["Picture", "attribute", "counted", "graph_inputs", "has_body", "value_of"]
