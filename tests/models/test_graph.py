"""What `graph` tells of a file, what it leaves alone, and how it reads large weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.project import Project

pytestmark = pytest.mark.real
for package in ("onnx", "onnxruntime", "tensorrt_rtx"):
    pytest.importorskip(package)


def examined(
    path: Path, *, shapes: Mapping[str, list[int]] | None = None, outputs: Sequence[str] = ()
) -> list[Finding]:
    from pytest_frictionless.backends.onnx.examine import examine

    record = examine({}, "", path=str(path), shapes=dict(shapes or {}), outputs=[*outputs])
    return [Finding.from_json(each) for each in record["findings"]]


def found(path: Path, text: str, *, opset: int = 19, **how: Any) -> list[Finding]:
    import onnx.parser

    header = f'<ir_version: 10, opset_import: ["" : {opset}]>\n'
    path.write_bytes(onnx.parser.parse_model(header + text).SerializeToString())
    return examined(path, **how)


def codes(findings: list[Finding]) -> list[str]:
    return [each.code for each in findings]


X = "g (float[batch, 4] x) => (float[batch, 4] y)"
CONV = (
    "g (float[batch, 2, 4, 4] x) => (float[batch, 2, 4, 4] y) <float[2, 2, 1, 1] w = {1, 2, 3, 4},"
    " float[2] s = {1, 1}, float[2] b = {0, 0}, float[2] m = {1, 2}, float[2] v = {1, 1},"
    " float scale = {0.1}, int8 zero = {0}>"
)
LEFT_ALONE = {
    "numbers of a seed": (X + " { r = RandomNormalLike<seed = 1.0>(x)  y = Add(x, r) }", 19),
    "dropout of another time": (X + " { y = Dropout(x) }", 9),
    "dropout that is off": (X + " <float r = {0.5}, bool t = {0}> { y = Dropout(x, r, t) }", 19),
    "dropout of nothing": (X + " <float r = {0}, bool t = {1}> { y = Dropout(x, r, t) }", 19),
    "norm before a layer": (CONV + " { a = BatchNormalization(x, s, b, m, v)  y = Conv(a, w) }", 19),
    "norm beside another reader": (
        CONV + " { a = Conv(x, w)  n = BatchNormalization(a, s, b, m, v)  y = Add(a, n) }", 19,
    ),
    "two Identity": (X + " { a = Identity(x)  b = Identity(a)  y = Relu(b) }", 19),
    "a Cast there and back around work": (
        X + " { a = Cast<to = 10>(x)  b = Relu(a)  y = Cast<to = 1>(b) }", 19,
    ),
    "casts of sizes": (
        X + " { s = Shape(x)  a = Cast<to = 1>(s)  b = Cast<to = 7>(a)  y = Reshape(x, b) }", 19,
    ),
    "small constants": (
        X + " { c = Constant<value = float[4] {1, 2, 3, 4}>()  d = Sqrt(c)  y = Mul(x, d) }", 19,
    ),
    "a leftover constant": (X + " { c = Constant<value = float {1}>()  y = Relu(x) }", 19),
    "a square mask": ("g (float[batch, seq, seq] x) => (float[batch, seq, seq] y) { y = Relu(x) }", 19),
    "NaN replaced": (
        X + " <float z = {0}> { n = IsNaN(x)  y = Where(n, z, x) }", 19,
    ),
    "mean without NaN": (
        "g (float[batch, 4] x) => (float[batch] y) { n = IsNaN(x)  f = Not(n)  c = Cast<to = 1>(f)"
        "  a = Constant<value = int64[1] {1}>()  y = ReduceSum<keepdims = 0>(c, a) }", 19,
    ),
    "positions in int64": (
        "g (int64[batch, 64] x) => (int64[batch, 64] y) <int64 one = {1}> { y = Add(x, one) }", 19,
    ),
    "quantised as it should be": (
        CONV + " { q = QuantizeLinear(x, scale, zero)  d = DequantizeLinear(q, scale, zero)"
        "  u = QuantizeLinear(w, scale, zero)  v2 = DequantizeLinear(u, scale, zero)"
        "  c = Conv(d, v2)  y = Relu(c) }", 19,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_is_normal_is_left_alone(tmp_path: Path, name: str) -> None:
    text, opset = LEFT_ALONE[name]
    shapes = {"x": [2, 2, 4, 4] if "CONV" in text or "4, 4]" in text else [2, 4]}
    assert codes(found(tmp_path / "net.onnx", text, opset=opset, shapes=shapes)) == []


BRANCH = X.replace("x)", "x, bool c)") + (
    " { y = If(c) <then_branch = t () => (float[batch, 4] p) <float r = {0.5}, bool on = {1}>"
    " { p = Dropout(x, r, on) }, else_branch = e () => (float[batch, 4] q) { q = Relu(x) }> }"
)
TOLD = {
    "training of an old opset": (
        CONV + " { y, n, o, p, q = BatchNormalization(x, s, b, m, v) }", 13, "FR402", "batch",
    ),
    "ten Identity": (
        X + " {" + "".join(f" a{i} = Identity(x)  b{i} = Abs(a{i})" for i in range(10))
        + " y = Sum(" + ", ".join(f"b{i}" for i in range(10)) + ") }", 19, "FR406", "10 nodes that do nothing",
    ),
    "three in a row": (
        X + " { a = Identity(x)  b = Identity(a)  c = Identity(b)  y = Relu(c) }", 19, "FR406",
        "3 or more in a row",
    ),
    "many foldable nodes": (
        X + " <float c0 = {1}> {" + "".join(f" c{i + 1} = Sqrt(c{i})" for i in range(25))
        + " y = Mul(x, c25) }", 19, "FR407", "25 nodes (25 Sqrt) always give the same",
    ),
    "a pair after a pair": (
        CONV + " { q = QuantizeLinear(x, scale, zero)  d = DequantizeLinear(q, scale, zero)"
        "  q2 = QuantizeLinear(d, scale, zero)  y = DequantizeLinear(q2, scale, zero) }", 19,
        "FR416", "right after a DequantizeLinear",
    ),
    "weights left in float": (
        CONV + " { q = QuantizeLinear(x, scale, zero)  d = DequantizeLinear(q, scale, zero)"
        "  y = Conv(d, w) }", 19, "FR416", "weights that are not",
    ),
    "noise": (X + " { r = RandomNormalLike(x)  y = Add(x, r) }", 19, "FR703", "1 node (RandomNormalLike) draws"),
    "infinity searched": (
        X + " { n = IsInf(x)  c = Cast<to = 1>(n)  r = ReduceMax(c)  y = Sub(x, r) }", 19, "FR405",
        "NaN or infinity",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_what_costs_is_told_with_its_node(tmp_path: Path, name: str) -> None:
    text, opset, code, words = TOLD[name]
    shapes = {"x": [2, 2, 4, 4] if "4, 4]" in text else [2, 4]}
    (finding,) = found(tmp_path / "net.onnx", text, opset=opset, shapes=shapes)
    assert finding.code == code
    assert words in finding.message
    assert finding.place is not None
    assert finding.place.node


def saved(
    path: Path, nodes: Sequence[tuple[str, list[str], str]], weights: Mapping[str, NDArray[Any]],
    *, external: bool = False, outputs: Sequence[str] = ("y",),
) -> Path:  # fmt: skip
    """A file whose input x and outputs are [batch, N], N the last size of the first weight."""
    import onnx
    from onnx import helper, numpy_helper

    size = next(iter(weights.values())).shape[-1]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [made], name=f"node_{made}") for kind, inputs, made in nodes],
        "g", [info("x", 1, ["batch", size])], [info(each, 1, ["batch", size]) for each in outputs],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    onnx.save(model, path, save_as_external_data=external, location="weights.bin", size_threshold=0)
    return path


def test_large_external_weights_are_read_only_where_they_have_a_twin(tmp_path: Path) -> None:
    import numpy as np

    weights = {name: np.full((256, 256), i, np.float32) for i, name in enumerate("abc")}
    weights["twin"] = weights["a"].copy()
    nodes = [("MatMul", ["x", "a"], "t1"), ("MatMul", ["t1", "b"], "t2"), ("MatMul", ["t2", "c"], "t3"),
             ("MatMul", ["t3", "twin"], "y")]  # fmt: skip
    path = saved(tmp_path / "net.onnx", nodes, weights, external=True)
    (finding,) = examined(path)
    assert finding.message == "1 weight stored twice: 256 KiB, first twin as a"
    assert finding.place is not None
    assert finding.place.node == "node_y"
    del weights["twin"]
    nodes[3] = ("Relu", ["t3"], "y")
    lonely = {name: value[:, : 256 - i] for i, (name, value) in enumerate(weights.items())}
    path = saved(tmp_path / "net.onnx", nodes, lonely, external=True)
    (tmp_path / "weights.bin").unlink()
    assert examined(path) == []


HEADS: list[tuple[str, list[str], str]] = [
    ("MatMul", ["x", "trunk"], "t"), ("Relu", ["t"], "main"),
    ("MatMul", ["t", "head"], "h"), ("Sigmoid", ["h"], "second"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "told"), [((), []), (("main",), ["FR412"]), (("main", "second"), []), (("z",), [])]
)
def test_outputs_that_the_user_does_not_name_are_told_with_their_cost(
    tmp_path: Path, outputs: tuple[str, ...], told: list[str]
) -> None:
    import numpy as np

    weights = {name: np.random.default_rng(i).random((64, 64), np.float32) for i, name in enumerate(["trunk", "head"])}  # fmt: skip
    path = saved(tmp_path / "net.onnx", HEADS, weights, outputs=("main", "second"))
    findings = examined(path, outputs=outputs, shapes={"x": [4, 64]})
    assert codes(findings) == told
    if told:
        assert "2 nodes (MatMul, Sigmoid), 16 KiB of weights, 33 kOp" in findings[0].message


def test_a_training_node_inside_a_branch_is_told_once(project: Project) -> None:
    project.onnx("models/net.onnx", BRANCH)
    items = project.run("models").of("models/net.onnx")
    failed = {name: item.code for name, item in items.items() if item.outcome == "failed"}
    assert failed == {"graph": "FR401"}
    assert items["operators"].text.startswith("Skipped: needs graph: FR401")


def test_what_the_user_accepts_or_another_check_tells_is_left_to_it(project: Project) -> None:
    double = "g (double[batch, 4] x) => (double[batch, 4] y) { y = Relu(x) }"
    project.onnx("models/net.onnx", double)
    assert project.run("models")["models/net.onnx::graph"].values("warning")[0].startswith("FR411")
    project.write("frictionless.yaml", "models: {net: {precision: fp32}}")
    assert project.run("models")["models/net.onnx::graph"].values("warning") == []


def test_a_weight_that_is_tied_may_be_turned_for_one_of_its_readers(tmp_path: Path) -> None:
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    table = np.random.default_rng(0).random((256, 128), np.float32)
    nodes = [
        helper.make_node("Gather", ["w", "ids"], ["x"]),
        helper.make_node("Transpose", ["w"], ["t"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "t"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("ids", 7, ["batch"])],
        [helper.make_tensor_value_info("y", 1, ["batch", 256])],
        [numpy_helper.from_array(table, "w")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    onnx.save(model, tmp_path / "net.onnx")
    assert examined(tmp_path / "net.onnx", shapes={"ids": [4]}) == []
