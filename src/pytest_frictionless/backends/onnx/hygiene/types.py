"""Element types that are wider than the engine computes in, or than the values need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.cost import operations
from pytest_frictionless.backends.onnx.hygiene.picture import counted, value_of
from pytest_frictionless.backends.onnx.hygiene.wording import amount, finding, joined, plural, size
from pytest_frictionless.backends.onnx.weights import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

FLOAT32_MAX = 3.4028234663852886e38
LOOKED_AT = 1024 * 1024
"""Bytes of a float64 constant up to which its values are read."""
BULK = 65536
"""Elements from which integer arithmetic is no longer that of sizes, masks and positions."""
_ARITHMETIC = {
    "Add", "Sub", "Mul", "Div", "Mod", "Pow", "Abs", "Neg", "Max", "Min", "Sum", "Mean", "Clip",
    "CumSum", "MatMul", "Where",
}  # fmt: skip


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR411 for float64, FR404 for constants beyond float32, FR413 for int64 in bulk."""
    double = [node for node in picture.nodes if _computes_double(picture, node)]
    if double:
        made = sum(picture.tensor_bytes(node.output[0]) for node in double)
        ports = [
            name for name in [*picture.given - set(picture.weights), *picture.output_names]
            if picture.dtype(name) == "float64"
        ]  # fmt: skip
        where = f"; {', '.join(ports)} of the signature too" if ports else ""
        verb = "computes" if len(double) == 1 else "compute"
        yield finding(
            "FR411",
            f"{plural(len(double), 'node')} ({counted(double)}) {verb} in float64{where}: "
            + joined([amount(operations(picture, double)), f"{size(made)} of results"]),
            picture=picture, nodes=double,
            cause="TensorRT has no float64: it computes them in float32, without an error",
        )  # fmt: skip
    yield from _clamped(picture)
    wide = [node for node in picture.nodes if _computes_wide(picture, node)]
    if wide:
        moved = sum(picture.tensor_bytes(node.output[0]) for node in wide)
        yield finding(
            "FR413",
            f"{plural(len(wide), 'node')} ({counted(wide)}) compute on large int64 tensors: "
            f"{size(moved)} written in each run, {size(moved / 2)} as int32",
            picture=picture, nodes=wide,
            costs=[f"{picture.elements(node.output[0]):,} elements" for node in wide],
        )  # fmt: skip


def _computes_double(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether a node makes float64 that is neither constant nor a size, by more than a Cast."""
    return any(
        name and picture.dtype(name) == "float64"
        and (node.op_type != "Cast" or name in picture.output_names)
        and name not in picture.constants and name not in picture.sizes_of_tensors
        for name in node.output
    )  # fmt: skip


def _clamped(picture: Picture) -> Iterator[Finding]:
    """Float64 constants whose values float32 does not hold."""
    rows = []
    nodes = []
    for name, tensor in _double_constants(picture):
        values = picture.array(tensor)
        beyond = abs(values[abs(values) < float("inf")])
        beyond = beyond[beyond > FLOAT32_MAX]
        if beyond.size:
            rows.append(f"{name} holds {beyond.size} up to {beyond.max():.3g}")
            nodes += picture.readers.get(name, [])[:1]
    if rows:
        yield finding(
            "FR404",
            f"{plural(len(rows), 'float64 constant')} beyond the range of float32, which TensorRT "
            f"clamps to 3.4e+38: {rows[0]}",
            picture=picture, nodes=nodes, costs=rows,
        )  # fmt: skip


def _double_constants(picture: Picture) -> Iterator[tuple[str, onnx.TensorProto]]:
    import onnx

    held = ((node.output[0], value_of(node)) for node in picture.nodes)
    for name, tensor in [*picture.weights.items(), *held]:
        if tensor is None or tensor.data_type != onnx.TensorProto.DOUBLE:
            continue
        if bytes_of(tensor.data_type, tensor.dims) <= LOOKED_AT and name in picture.readers:
            yield name, tensor


def _computes_wide(picture: Picture, node: onnx.NodeProto) -> bool:
    name = node.output[0] if node.output else ""
    return (
        node.op_type in _ARITHMETIC
        and picture.dtype(name) == "int64"
        and name not in picture.constants
        and picture.elements(name) >= BULK
    )
