"""A model as the builder is tried with: frozen at one shape point, and without one node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx import cut
from pytest_frictionless.backends.onnx.parts import prune

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx

    from pytest_frictionless.artifacts.engine import NetworkTensor


def freeze(model: onnx.ModelProto, profile: Mapping[str, Any], point: int) -> onnx.ModelProto:
    """The model with the shapes, and the contents of shape tensors, of one point of the profile."""
    import onnx
    from onnx import helper

    frozen = onnx.ModelProto()
    frozen.CopyFrom(model)
    graph = frozen.graph
    values: Mapping[str, Any] = profile.get("values", {})
    for i in reversed(range(len(graph.input))):
        value = graph.input[i]
        kind = value.type.tensor_type
        if value.name in values:
            content = list(values[value.name][point])
            dims = [len(content)] if len(kind.shape.dim) else []
            graph.initializer.append(helper.make_tensor(value.name, kind.elem_type, dims, content))
            del graph.input[i]
        elif value.name in profile.get("inputs", {}):
            shape = list(profile["inputs"][value.name][point])
            value.CopyFrom(helper.make_tensor_value_info(value.name, kind.elem_type, shape))
    return frozen


def without(
    model: onnx.ModelProto, name: str, tensors: Mapping[str, NetworkTensor]
) -> onnx.ModelProto:
    """The model without the node of this name, inputs in the place of what it made."""
    import onnx

    rest = onnx.ModelProto()
    rest.CopyFrom(model)

    def stand_in(graph: onnx.GraphProto, tensor: str) -> cut.StandIn | None:
        known = tensors.get(tensor)
        # A size that depends on values (-1) is 1 here: it broadcasts with everything.
        return known and cut.StandIn(
            elem_type=elem_type_of(known),
            dims=[max(size, 1) for size in known["shape"]],
            exact=True,
        )

    cut.cut(rest, name, stand_in, quantise=True)
    prune(rest)
    return rest


def value_info(name: str, tensor: NetworkTensor) -> onnx.ValueInfoProto:
    """An output of a model, of this name and the type of a tensor of the network."""
    from onnx import helper

    return helper.make_tensor_value_info(name, elem_type_of(tensor), None)


def elem_type_of(tensor: NetworkTensor) -> int:
    """TensorProto.DataType of a tensor of a network."""
    from onnx import TensorProto

    spelled = tensor["dtype"].upper()
    names = {"FLOAT32": "FLOAT", "FLOAT64": "DOUBLE"}
    return int(TensorProto.DataType.Value(names.get(spelled, spelled)))
