"""Values of tensors inside an ONNX graph, by ONNX Runtime with and without its optimisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.walk import reads
from pytest_frictionless.backends.reduce.graph import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import onnx

    Array = np.ndarray[Any, Any]

EXTERNAL_FOLDER = "session.model_external_initializers_file_folder_path"
MOST_BYTES = 2 << 30
"""Intermediate values beyond this are not gathered."""


def run(
    model: onnx.ModelProto, feeds: Mapping[str, Array], *, folder: str, optimised: bool
) -> dict[str, Array]:
    """Outputs of a model in memory, whose external data lies in `folder`, by name."""
    ort = require("onnxruntime", purpose="running parts of the model")
    np = require("numpy", purpose="running parts of the model")
    options = ort.SessionOptions()
    options.log_severity_level = 4
    levels = ort.GraphOptimizationLevel
    options.graph_optimization_level = (
        levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    )
    if any(tensor.external_data for tensor in model.graph.initializer):
        options.add_session_config_entry(EXTERNAL_FOLDER, folder)
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    asked = {each.name for each in session.get_inputs()}
    values = session.run(None, {name: feeds[name] for name in feeds if name in asked})
    names = [each.name for each in session.get_outputs()]
    return {
        name: np.asarray(value)
        for name, value in zip(names, values, strict=True)
        if not isinstance(value, list | dict)
    }


def inside(
    model: onnx.ModelProto, names: Iterable[str], feeds: Mapping[str, Array], *, folder: str
) -> dict[str, Array]:
    """Values of these tensors where nothing is optimised, so that every node is run as written."""
    import onnx

    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    present = {value.name for value in asked.graph.output}
    asked.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in names if name and name not in present
    )
    return {**feeds, **run(asked, feeds, folder=folder, optimised=False)}


def made_by(model: onnx.ModelProto) -> list[str]:
    """Every tensor that a node of the graph makes, in order."""
    return [name for node in model.graph.node for name in node.output if name]


def facts_of(values: Mapping[str, Array]) -> dict[str, Fact]:
    """Types and shapes of what was computed."""
    from onnx import helper

    facts = {}
    for name, value in values.items():
        try:
            elem_type = helper.np_dtype_to_tensor_dtype(value.dtype)
        except (ValueError, KeyError):
            continue
        facts[name] = Fact(elem_type=elem_type, dims=[*value.shape])
    return facts


def too_large(facts: Mapping[str, Fact], names: Sequence[str]) -> int:
    """Bytes that these tensors take, where that is more than is gathered; else 0."""
    total = 0
    for name in names:
        size = 4
        for each in facts[name].dims if name in facts else []:
            size *= each if isinstance(each, int) else 1
        total += size
    return total if total > MOST_BYTES else 0


def first_not_finite(model: onnx.ModelProto, values: Mapping[str, Array]) -> int | None:
    """Number of the first node that makes NaN or infinity of what is finite."""
    np = require("numpy", purpose="looking for NaN")

    def finite(name: str) -> bool:
        value = values.get(name)
        return value is None or value.dtype.kind != "f" or bool(np.isfinite(value).all())

    for number, node in enumerate(model.graph.node):
        if all(finite(name) for name in reads(node)) and not all(
            finite(name) for name in node.output
        ):
            return number
    return None
