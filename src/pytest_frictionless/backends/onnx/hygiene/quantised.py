"""QuantizeLinear and DequantizeLinear where they keep layers from being fused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.wording import finding, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import onnx

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture
    from pytest_frictionless.finding import Finding

_LINEAR = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
_FUSED = {"BatchNormalization", "Relu", "LeakyRelu", "Clip", "Sigmoid", "HardSwish", "Elu"}


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR416 for pairs inside a fusion, pairs in a row, and layers quantised on one side."""
    pairs = [node for node in picture.nodes if node.op_type == "QuantizeLinear"]
    inside = [node for node in pairs if _splits(picture, node)]
    if inside:
        yield finding(
            "FR416",
            f"{plural(len(inside), 'QuantizeLinear node')} between a layer and what is fused into it",
            picture=picture, nodes=inside, costs=[_between(picture, node) for node in inside],
            cause="TensorRT runs them as two kernels, with the tensor written and read between",
        )  # fmt: skip
    again = [node for node in pairs if _is_dequantised(picture, node.input[0])]
    if again:
        yield finding(
            "FR416",
            f"{plural(len(again), 'QuantizeLinear node')} right after a DequantizeLinear",
            picture=picture, nodes=again,
            cause="the second rounding costs a pass over the tensor, and precision",
        )  # fmt: skip
    half = [node for node in picture.nodes if _one_sided(picture, node)]
    if half:
        yield finding(
            "FR416",
            f"{plural(len(half), 'layer')} with quantised activations and weights that are not",
            picture=picture, nodes=half,
            cause="without scales on both sides there is no integer kernel: they compute in float",
        )  # fmt: skip


def _is_dequantised(picture: Picture, tensor: str) -> bool:
    maker = picture.makers.get(tensor)
    return maker is not None and maker.op_type == "DequantizeLinear"


def _splits(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether the pair that begins here stands between a layer and its norm or activation."""
    maker = picture.makers.get(node.input[0])
    if maker is None or maker.op_type not in _LINEAR:
        return False
    back = picture.only_reader(node.output[0])
    if back is None or back.op_type != "DequantizeLinear":
        return False
    after = picture.only_reader(back.output[0])
    return after is not None and after.op_type in _FUSED


def _between(picture: Picture, node: onnx.NodeProto) -> str:
    back = picture.only_reader(node.output[0])
    after = picture.only_reader(back.output[0]) if back is not None else None
    name = after.op_type if after is not None else "?"
    return f"between {picture.makers[node.input[0]].op_type} and {name}"


def _one_sided(picture: Picture, node: onnx.NodeProto) -> bool:
    """Whether a layer has a dequantised input and constant weights in float."""
    return (
        node.op_type in _LINEAR
        and _is_dequantised(picture, node.input[0])
        and node.input[0] not in picture.constants
        and node.input[1] in picture.constants
        and picture.dtype(node.input[1]) in ("float32", "float16", "bfloat16")
    )
