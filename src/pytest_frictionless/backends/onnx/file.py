"""Reading an ONNX file back: what was delivered, not what was requested."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.onnx.check import check
from pytest_frictionless.backends.onnx.check import place_of as place_of
from pytest_frictionless.backends.onnx.contract import unshaped
from pytest_frictionless.checkpoint.external import external_files
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding, quoted

if TYPE_CHECKING:
    import onnx

    from pytest_frictionless.artifacts.checkpoint import InputRecord, TensorRecord, WeightsRecord
    from pytest_frictionless.artifacts.graph import OnnxRecord


def describe(memory: dict[str, Any], folder: str, *, path: str) -> dict[str, Any]:
    """Check the file in full and tell what is in it; raises StepFailed FR205, FR207, FR208."""
    del memory, folder
    onnx = require("onnx", purpose="checking the ONNX file")
    external_files(Path(path))
    model = read_graph(path)
    if not model.graph.output:
        raise StepFailed(Finding(code="FR208", message="the graph has no outputs"))
    check(path, model)
    record: OnnxRecord = {
        "path": path,
        "opset": next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0),
        "opsets": {opset.domain or "ai.onnx": opset.version for opset in model.opset_import},
        "ir_version": model.ir_version,
        "newest_opset": onnx.defs.onnx_opset_version(),
        "producer": f"{model.producer_name} {model.producer_version}".strip(),
        "nodes": len(model.graph.node),
        "operators": dict(Counter(node.op_type for node in model.graph.node)),
        "inputs": [_tensor(onnx, value) for value in graph_inputs(model)],
        "outputs": [_tensor(onnx, value) for value in model.graph.output],
    }
    return {**record}


def inspect(memory: dict[str, Any], folder: str, *, path: str) -> dict[str, Any]:
    """Tell what weights and inputs an ONNX file holds."""
    del memory, folder
    onnx = require("onnx", purpose="reading the ONNX file")
    external = external_files(Path(path))
    model = read_graph(path)
    if not model.graph.node and not model.graph.input and not model.graph.output:
        raise StepFailed(Finding(code="FR101", message="the file holds no ONNX graph"))
    tensors = list(model.graph.initializer)
    kinds = Counter(dtype_name(onnx, tensor.data_type) for tensor in tensors)
    inputs, ranges = _declared(onnx, model)
    notes: list[str] = []
    record: WeightsRecord = {
        "format": "onnx",
        "tensors": len(tensors),
        "parameters": sum(_elements(tensor.dims) for tensor in tensors),
        "dtypes": dict(kinds),
        "not_finite": _not_finite(onnx, tensors, Path(path).parent, notes),
        "missing": [], "unexpected": [], "notes": notes,
        "inputs": inputs, "ranges": ranges, "runnable": True, "declared": True,
        "external": [str(each) for each in external],
        "unshaped": unshaped(onnx, model, graph_inputs(model)),
    }  # fmt: skip
    return {**record}


def read_graph(path: str) -> onnx.ModelProto:
    """The model without its external data; raises StepFailed FR101 for what is no ONNX."""
    onnx = require("onnx", purpose="reading the ONNX file")
    from google.protobuf.message import DecodeError

    try:
        return onnx.load(path, load_external_data=False)
    except DecodeError as error:
        message, cause = quoted("the file is no ONNX model, or damaged", str(error))
        raise StepFailed(Finding(code="FR101", message=message, cause=cause)) from error


def graph_inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """Inputs that a caller must give: old files list their initializers as inputs too."""
    constants = {tensor.name for tensor in model.graph.initializer}
    constants |= {tensor.values.name for tensor in model.graph.sparse_initializer}
    return [value for value in model.graph.input if value.name not in constants]


def dtype_name(onnx: Any, elem_type: int) -> str:
    """ONNX's element type as signatures spell it."""
    name = str(onnx.TensorProto.DataType.Name(elem_type)).lower()
    return {"float": "float32", "double": "float64"}.get(name, name)


def axes_of(value: onnx.ValueInfoProto) -> list[int | str] | None:
    """Size or symbol of every axis, "" for one without a name; None where the rank is unknown.

    torch writes a size it proved constant as a symbol named "2": that is a size.
    """
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        return None
    axes: list[int | str] = []
    for dim in tensor.shape.dim:
        if dim.HasField("dim_value") and dim.dim_value >= 0:
            axes.append(dim.dim_value)
        elif dim.dim_param.isdigit():
            axes.append(int(dim.dim_param))
        else:
            axes.append(dim.dim_param)
    return axes


def _tensor(onnx: Any, value: onnx.ValueInfoProto) -> TensorRecord:
    kind = value.type.WhichOneof("value") or "unknown"
    dtype = dtype_name(onnx, value.type.tensor_type.elem_type) if kind == "tensor_type" else kind
    return {"name": value.name, "dtype": dtype, "dims": axes_of(value)}


def _declared(
    onnx: Any, model: onnx.ModelProto
) -> tuple[list[InputRecord], dict[str, list[int | None]]]:
    """Inputs as signatures; dimensions without a usable name are called after their input."""
    inputs: list[InputRecord] = []
    ranges: dict[str, list[int | None]] = {}
    for value in graph_inputs(model):
        tensor = _tensor(onnx, value)
        if tensor["dims"] is None:
            unranked = value.type.HasField("tensor_type")
            inputs.append({"name": value.name, "type": tensor["dtype"] + "[...]" * unranked})
            continue
        dims = []
        for axis, size in enumerate(tensor["dims"]):
            if isinstance(size, int):
                dims.append(str(size))
                continue
            symbol = symbol_name(size, value.name, axis)
            dims.append(symbol)
            ranges[symbol] = [None, None]
        inputs.append({"name": value.name, "type": f"{tensor['dtype']}[{', '.join(dims)}]"})
    return inputs, ranges


def symbol_name(written: str, tensor: str, axis: int) -> str:
    """A dimension's name in the file as a symbol for profiles."""
    if written and written not in ("?", "-1", "None") and not written.startswith("unk__"):
        return re.sub(r"\W+", "_", written).strip("_") or f"dim_{axis}"
    return re.sub(r"\W+", "_", f"{tensor}_{axis}").strip("_")


def _elements(dims: Any) -> int:
    count = 1
    for size in dims:
        count *= size
    return count


def _not_finite(
    onnx: Any, tensors: Any, folder: Path, notes: list[str], *, limit: int = 20
) -> list[str]:
    np = require("numpy", purpose="reading the ONNX file")
    floats = {
        onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE,
        onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16,
    }  # fmt: skip
    names = []
    for tensor in tensors:
        if tensor.data_type not in floats or _elements(tensor.dims) <= 1:
            continue
        values = onnx.numpy_helper.to_array(tensor, str(folder)).astype(np.float32)
        if np.isfinite(values).all():
            continue
        counts = {
            "NaN": np.isnan(values).sum(), "+inf": np.isposinf(values).sum(),
            "-inf": np.isneginf(values).sum(),
        }  # fmt: skip
        told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        rest = values[np.isfinite(values)]
        if counts["-inf"] + rest.size == values.size and len(np.unique(rest)) <= 1:
            notes.append(f"{tensor.name} holds {told} of {values.size} elements: a mask")
            continue
        dtype = dtype_name(onnx, tensor.data_type)
        names.append(f"{tensor.name} ({told} of {values.size} elements, {dtype})")
    return names[:limit]
