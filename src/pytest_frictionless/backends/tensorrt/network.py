"""A model read by TensorRT's ONNX parser: its network and tensors, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.tensorrt.installed import load
from pytest_frictionless.backends.tensorrt.log import forget_log, log, logged
from pytest_frictionless.backends.tensorrt.words import is_memory_error

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.engine import NetworkTensor

_DTYPES = {
    "FLOAT": "float32", "HALF": "float16", "BF16": "bfloat16", "INT64": "int64", "INT32": "int32",
    "INT8": "int8", "UINT8": "uint8", "BOOL": "bool", "FP8": "float8e4m3fn", "INT4": "int4",
    "FP4": "float4e2m1",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserError:
    """One error of the ONNX parser, in its own words."""

    code: str
    node: int
    """Index of the node of the top-level graph; -1 for an input or an initializer."""
    node_name: str
    operator: str
    stack: list[str]
    desc: str
    file: str
    """Source file of the parser; the name of the input where an input is refused."""
    function: str
    """Function of the parser, as "importScatterElements"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A model read by the parser: the network, or why there is none."""

    parsed: bool
    errors: list[ParserError]
    network: Any
    builder: Any
    parser: Any
    """Kept alive: the network refers to its weights."""
    warnings: list[str]
    log: list[str]
    """Texts of the errors logged, cleaned."""


def read(source: str | bytes, path: str = "") -> Reading:
    """Parse a file, or the bytes of a model whose external data lies beside `path`.

    Raises MemoryError where the parser ran out of memory: that is no verdict on the model.
    """
    trt = load()
    forget_log()
    builder = trt.Builder(log())
    # TensorRT 10 knows weakly typed networks; TensorRT-RTX and TensorRT 11 only strongly typed ones.
    explicit = getattr(trt.NetworkDefinitionCreationFlag, "EXPLICIT_BATCH", None)
    network = builder.create_network(0 if explicit is None else 1 << int(explicit))
    parser = trt.OnnxParser(network, log())
    parsed = (
        parser.parse_from_file(source)
        if isinstance(source, str)
        else parser.parse(source, path or None)
    )
    errors = [_error(parser.get_error(i)) for i in range(parser.num_errors)]
    if not parsed and is_memory_error(
        said := [*logged("ERROR", "INTERNAL_ERROR"), *(e.desc for e in errors)]
    ):
        raise MemoryError("; ".join(dict.fromkeys(said)))
    return Reading(
        parsed=parsed, errors=errors, network=network, builder=builder, parser=parser,
        warnings=logged("WARNING"), log=logged("ERROR", "INTERNAL_ERROR"),
    )  # fmt: skip


def _error(error: Any) -> ParserError:
    return ParserError(
        code=error.code().name,
        node=error.node(),
        node_name=error.node_name(),
        operator=error.node_operator(),
        stack=list(error.local_function_stack()),
        desc=error.desc(),
        file=error.file(),
        function=error.func(),
    )


def describe(tensor: Any) -> NetworkTensor:
    """An input or output of a network."""
    return {
        "name": tensor.name,
        "dtype": dtype_name(tensor.dtype),
        "shape": shape_of(tensor),
        "is_shape_tensor": bool(tensor.is_shape_tensor),
    }


def dtype_name(dtype: Any) -> str:
    """A TensorRT type spelled as in `shapes.DTYPES`."""
    name: str = dtype.name
    return _DTYPES.get(name, name.lower())


def shape_of(tensor: Any) -> list[int]:
    """Sizes of a tensor, -1 for dynamic; empty where TensorRT cannot tell the rank."""
    try:
        return [int(size) for size in tensor.shape]
    except ValueError:
        return []


def tensors_of(network: Any) -> dict[str, NetworkTensor]:
    """Every tensor of a network by its name, which is the name in the ONNX file."""
    found: dict[str, NetworkTensor] = {}
    for i in range(network.num_inputs):
        found[network.get_input(i).name] = describe(network.get_input(i))
    for i in range(network.num_layers):
        layer = network.get_layer(i)
        for j in range(layer.num_outputs):
            tensor = layer.get_output(j)
            if tensor is not None:
                found[tensor.name] = describe(tensor)
    return found


def parser_version() -> str:
    """Version of the ONNX parser, as "0.2.0"; see NV_ONNX_PARSER_VERSION of NvOnnxParser.h."""
    number = load().get_nv_onnx_parser_version()
    return f"{number // 10_000}.{number % 10_000 // 100}.{number % 100}"
