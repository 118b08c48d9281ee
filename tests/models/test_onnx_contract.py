"""Shapes that an ONNX file does not have, and the axes that its layers suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

onnx = pytest.importorskip("onnx")

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real


def inspected(folder: Path, nodes: str, x: str, y: str, weights: str = "") -> dict[str, Any]:
    from pytest_frictionless.backends.onnx.file import inspect

    text = f'<ir_version: 8, opset_import: ["" : 17]> g ({x} x) => ({y} y) {weights} {{ {nodes} }}'
    onnx.save(onnx.parser.parse_model(text), folder / "m.onnx")
    return inspect({}, "", path=str(folder / "m.onnx"))


@pytest.mark.parametrize(
    ("nodes", "weight", "axes"),
    [
        ("y = Conv<group = 2>(x, w)", "float[2, 1, 1] w = {1, 1}", ["batch", 2, "time"]),
        ("y = MatMul(x, w)", "float[2, 1] w = {1, 1}", ["batch", 2]),
        ("y = Gemm<transB = 1>(x, w)", "float[1, 2] w = {1, 1}", ["batch", 2]),
        ("y = Relu(x)", "float[2] w = {1, 1}", []),
    ],
)
def test_the_first_layer_suggests_the_axes(
    tmp_path: Path, nodes: str, weight: str, axes: list[Any]
) -> None:
    found = inspected(tmp_path, nodes, "float[]", "float[]", f"<{weight}>")["unshaped"]
    shapes = {each["name"]: each["shape"] for each in found}
    assert shapes["x"] == axes
    assert {each["what"] for each in found} == {"no shape"}


def test_a_size_below_zero_counts_where_the_shapes_contradict_each_other(tmp_path: Path) -> None:
    def with_minus_one(nodes: str) -> list[Any]:
        inspected(
            tmp_path,
            nodes,
            "float[n, 4]",
            "float[n, m]",
            "<float[4, 4] w = {1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1}>",
        )
        model = onnx.load(tmp_path / "m.onnx")
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = -1
        if "MatMul" in nodes:
            model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = -2
        onnx.save(model, tmp_path / "m.onnx")
        from pytest_frictionless.backends.onnx.file import inspect

        found: list[Any] = inspect({}, "", path=str(tmp_path / "m.onnx"))["unshaped"]
        return found

    assert with_minus_one("y = Relu(x)") == []
    first = with_minus_one("y = MatMul(x, w)")[0]
    assert (first["name"], first["what"], first["shape"]) == ("x", "axis 0 of size -1", ["x_0", 4])


def test_a_mask_among_the_weights_is_noted_only(tmp_path: Path) -> None:
    from onnx import helper, numpy_helper

    from pytest_frictionless.backends.onnx.file import inspect

    np = pytest.importorskip("numpy")
    tensors = {
        "mask": np.array([0, -np.inf, 0], np.float32),
        "bad": np.array([1, 2, -np.inf], np.float32),
    }
    values = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [3]) for name in ("x", "y")
    ]
    nodes = [helper.make_node("Sum", ["x", "mask", "bad"], ["y"])]
    initializers = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:], initializers)
    onnx.save(helper.make_model(graph), tmp_path / "m.onnx")
    record = inspect({}, "", path=str(tmp_path / "m.onnx"))
    assert record["not_finite"] == ["bad (1 -inf of 3 elements, float32)"]
    assert record["notes"] == ["mask holds 1 -inf of 3 elements: a mask"]
