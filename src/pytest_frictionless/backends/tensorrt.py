"""Adapter for both flavours of TensorRT: which is installed, its log, its networks and profiles.

TensorRT-RTX parses and builds without a GPU; the full TensorRT needs one to build. Both have the
same Python API up to the names that are asked for with `hasattr` here.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.tensorrt_words import clean, is_memory_error
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.machine import broken_library

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_frictionless.artifacts.engine import NetworkTensor

FLAVOUR_VARIABLE = "PYTEST_FRICTIONLESS_TENSORRT"
"""Environment variable that picks the flavour where both are installed: "rtx" or "tensorrt"."""

_MODULES = {"rtx": "tensorrt_rtx", "tensorrt": "tensorrt"}
_TITLES = {"rtx": "TensorRT-RTX", "tensorrt": "TensorRT"}
_DISTRIBUTIONS = {
    "rtx": ("tensorrt-rtx-cu13", "tensorrt-rtx-cu12", "tensorrt-rtx"),
    "tensorrt": ("tensorrt-cu13", "tensorrt-cu12", "tensorrt"),
}
_DTYPES = {
    "FLOAT": "float32", "HALF": "float16", "BF16": "bfloat16", "INT64": "int64", "INT32": "int32",
    "INT8": "int8", "UINT8": "uint8", "BOOL": "bool", "FP8": "float8e4m3fn", "INT4": "int4",
    "FP4": "float4e2m1",
}  # fmt: skip


def versions() -> dict[str, str]:
    """Version of every flavour that can be imported; imports none of them."""
    found: dict[str, str] = {}
    for flavour in _DISTRIBUTIONS:
        # tensorrt-stubs brings a folder `tensorrt` that holds only a .pyi: it has no origin.
        spec = importlib.util.find_spec(_MODULES[flavour])
        if spec is None or spec.origin is None:
            continue
        if version := _version(flavour):
            found[flavour] = version
    return found


def _version(flavour: str) -> str | None:
    """Version of the first distribution of a flavour that is installed."""
    for name in _DISTRIBUTIONS[flavour]:
        with suppress(importlib.metadata.PackageNotFoundError):
            return importlib.metadata.version(name)
    return None


def flavour(wanted: str | None = None) -> str:
    """Flavour to use: the one asked for, else "rtx" where installed, else "tensorrt".

    Raises:
        MissingDependency: neither, or not the one asked for, is installed.
        StepFailed: FR005, where a distribution is installed without its module.
    """
    installed = versions()
    wanted = wanted or os.environ.get(FLAVOUR_VARIABLE) or None
    for each in [wanted] if wanted else list(_MODULES):
        if each in installed:
            return each
    for each in [wanted] if wanted else list(_MODULES):
        if (version := _version(each)) and importlib.util.find_spec(_MODULES[each]) is None:
            absent = ModuleNotFoundError(
                f"there is no module {_MODULES[each]}", name=_MODULES[each]
            )
            raise StepFailed(broken_library(_DISTRIBUTIONS[each][-1], version, absent))
    package = "tensorrt" if wanted == "tensorrt" else "tensorrt-rtx-cu13"
    raise MissingDependency(package, purpose="parsing and building with TensorRT", extra="rtx")


def engine_name(wanted: str | None = None) -> str:
    """Flavour and version, as "TensorRT-RTX 1.7.1.116"; imports nothing."""
    chosen = flavour(wanted)
    return f"{_TITLES[chosen]} {versions()[chosen]}"


@functools.cache
def load(wanted: str | None = None) -> Any:
    """Import the module of the flavour; raises StepFailed FR005 where it is there and broken."""
    chosen = flavour(wanted)
    try:
        return importlib.import_module(_MODULES[chosen])
    except MemoryError:
        raise
    except Exception as error:
        finding = broken_library(_MODULES[chosen], versions()[chosen], error)
        raise StepFailed(finding) from error


@functools.cache
def log() -> Any:
    """The one log of this process: TensorRT keeps the first it is given and ignores others."""
    trt = load()
    logger: Any = trt.ILogger

    class Log(logger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.messages: list[tuple[str, str]] = []

        def log(self, severity: Any, message: str) -> None:
            if severity not in (trt.ILogger.INFO, trt.ILogger.VERBOSE):
                self.messages.append((severity.name, message))

    return Log()


@contextmanager
def listening() -> Iterator[Any]:
    """The log of this process, emptied; TensorRT writes to it as long as a builder lives."""
    listener = log()
    listener.messages.clear()
    builder = load().Builder(listener)
    yield listener
    del builder


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


def logged(*severities: str) -> list[str]:
    """Log texts of these severities since the last model was read, cleaned, each once."""
    texts = (clean(text) for severity, text in log().messages if severity in severities)
    return [text for text in dict.fromkeys(texts) if text]


def forget_log() -> None:
    """Start the log anew."""
    log().messages.clear()


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


def configure(builder: Any, compute_capabilities: Sequence[str]) -> tuple[Any, list[str]]:
    """A builder configuration for these targets, and those that this builder does not offer."""
    trt = load()
    config = builder.create_builder_config()
    # Kernels and ONNX nodes of the layers; same size and speed (measured with TensorRT-RTX 1.6.1).
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    offered = getattr(trt, "ComputeCapability", None)
    # Only TensorRT-RTX can choose; the full TensorRT builds for the GPU it runs on.
    names = {text: "SM" + text.replace(".", "") for text in compute_capabilities}
    known = [
        t
        for t, n in names.items()
        if hasattr(config, "set_compute_capability") and hasattr(offered, n)
    ]
    if known:
        config.num_compute_capabilities = len(known)
        for i, text in enumerate(known):
            config.set_compute_capability(getattr(offered, names[text]), i)
    return config, [text for text in names if text not in known]


def set_precision(builder_config: Any, precision: str | None) -> None:
    """Allow a lower precision where networks are weakly typed; elsewhere the model decides."""
    flag = getattr(load().BuilderFlag, (precision or "").upper(), None)
    if flag is not None:
        builder_config.set_flag(flag)


def flags_of(builder_config: Any) -> list[str]:
    """Names of the builder flags that are set, as "tf32": TensorRT sets some by itself."""
    flags = load().BuilderFlag.__members__
    return [name.lower() for name, flag in flags.items() if builder_config.get_flag(flag)]


def parser_version() -> str:
    """Version of the ONNX parser, as "0.2.0"; see NV_ONNX_PARSER_VERSION of NvOnnxParser.h."""
    number = load().get_nv_onnx_parser_version()
    return f"{number // 10_000}.{number % 10_000 // 100}.{number % 100}"


def make_profile(builder: Any, network: Any, profile: Mapping[str, Any]) -> Any:
    """An optimization profile from `inputs` (shapes) and `values` (contents of shape tensors).

    Raises:
        RuntimeError: TensorRT refuses a shape or a value at once.
    """
    made = builder.create_optimization_profile()
    names = {network.get_input(i).name for i in range(network.num_inputs)}
    for name, span in profile.get("inputs", {}).items():
        if name in names and name not in profile.get("values", {}):
            made.set_shape(name, *(tuple(shape) for shape in span))
    for name, span in profile.get("values", {}).items():
        if name in names:
            made.set_shape_input(name, *(tuple(values) for values in span))
    return made
