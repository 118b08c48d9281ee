"""How an exporter is told which axes are dynamic, by the name of the producer that it writes.

Sources: torch.onnx.export and torch.export.export in PyTorch 2.13's documentation; the READMEs of tf2onnx 1.16
and of sklearn-onnx 1.18.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.shapes import TensorType

_TORCH = {
    "pytorch": ("torch.onnx.export(model, args, path, dynamo=True", '{0: "batch"}'),
    "torch.export": ("torch.export.export(model, args", "{0: torch.export.Dim.DYNAMIC}"),
}
"""The call, and how it names an open first axis."""


def line_that_opens(producer: str, inputs: Mapping[str, TensorType]) -> str:
    """The call that exports these inputs with an open first axis, "" where the producer is unknown.

    Args:
        producer: As ONNX's `producer_name`; "torch.export" for a `.pt2` file.
        inputs: The inputs by name, in order.
    """
    if producer in _TORCH:
        call, axis = _TORCH[producer]
        axes = [axis if each.dims else "None" for each in inputs.values()]
        shapes = f"dynamic_shapes=({', '.join(axes)},)"
        return f"{call}, {shapes})  # args of batch 2: torch may take a size of 1 for a constant"
    if producer == "tf2onnx":
        types = (f"tf.TensorSpec({_open(each)}, name={name!r})" for name, each in inputs.items())
        return f"tf2onnx.convert.from_keras(model, input_signature=[{', '.join(types)}])"
    if producer == "skl2onnx":
        types = (f"({name!r}, FloatTensorType({_open(each)}))" for name, each in inputs.items())
        return f"skl2onnx.to_onnx(model, initial_types=[{', '.join(types)}])"
    return ""


def _open(tensor: TensorType) -> list[int | None]:
    return [dim.offset if axis else None for axis, dim in enumerate(tensor.dims)]
