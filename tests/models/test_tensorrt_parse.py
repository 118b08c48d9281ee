"""The real parser: every refused node is named, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts.engine import ParseRecord, RejectionRecord

pytest.importorskip("tensorrt_rtx")
pytest.importorskip("onnx")
pytestmark = pytest.mark.real

HEADER = '<ir_version: 10, opset_import: ["" : 18, "my" : 1]>\n'
Parse = Callable[[str], "ParseRecord"]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    """Parse a model written in ONNX's text form."""
    import onnx
    import onnx.parser

    from pytest_frictionless.backends.tensorrt import parse as tensorrt_parse

    def write_and_parse(text: str) -> ParseRecord:
        path = tmp_path / "model.onnx"
        onnx.save(onnx.parser.parse_model(HEADER + text), str(path))
        return tensorrt_parse.parse(str(path))

    return write_and_parse


def refused(record: ParseRecord) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["operator"], each["node"]) for each in record["rejections"]]


def only(record: ParseRecord) -> RejectionRecord:
    (rejection,) = record["rejections"]
    return rejection


def test_when_all_is_supported_then_the_network_is_described(parse: Parse) -> None:
    record = parse("g (double[N, 4] x) => (double[N, 4] y) { y = Relu(x) }")
    assert record["rejections"] == []
    assert record["complete"]
    assert record["engine"].startswith("TensorRT-RTX 1.")
    assert record["inputs"] == [
        {"name": "x", "dtype": "float32", "shape": [-1, 4], "is_shape_tensor": False}
    ]
    assert record["layers"] == 1
    assert record["layer_types"] == {"float32": 1}


def test_when_static_and_import_failures_mix_then_all_are_named(parse: Parse) -> None:
    record = parse(
        """g (float[2, 3] x, int32[2, 3] z) => (float[2, 3] y, int32[2, 3] w) {
            a = Relu(x)
            sh = Constant <value_ints = [7, 7]> ()
            [bad] b = Reshape(a, sh)
            [det] c = Det(b)
            [not] w = BitwiseNot(z)
            [foo] y = my.Foo(c)
        }"""
    )
    assert refused(record) == [
        ("unsupported", "Reshape", "bad"),
        ("unsupported", "Det", "det"),
        ("unsupported", "BitwiseNot", "not"),
        ("unknown", "Foo", "foo"),
    ]
    reasons = [each["reason"] for each in record["rejections"]]
    assert "reshape changes volume. Reshaping [2,3] to [7,7]" in reasons[0]
    assert reasons[1] == f"{record['engine']} does not support this operator"
    assert reasons[3].startswith("Plugin not found")
    assert record["complete"]
    assert not any("cuda" in text.lower() or "/_src/" in text for text in reasons)


def test_when_dynamic_chain_has_offenders_then_nothing_else_is_named(parse: Parse) -> None:
    nodes, last = [], "x"
    for i in range(30):
        if i in (7, 15, 22):
            nodes.append(f"[off{i}] t{i} = BitwiseNot({last})")
        elif i % 5 == 3:  # a reshape whose shape is computed from the tensor itself
            nodes.append(f"s{i} = Shape({last})")
            nodes.append(f"t{i} = Reshape({last}, s{i})")
        elif i % 5 == 4:
            nodes.append(f"t{i} = Add({last}, one)")
        else:
            nodes.append(f"[n{i}] t{i} = Neg({last})")
        last = f"t{i}"
    body = "\n".join(nodes)
    record = parse(
        f"g (int32[N, 8] x) => (int32[N, 8] t29) <int32[8] one = {{1,1,1,1,1,1,1,1}}> {{ {body} }}"
    )
    assert [each["node"] for each in record["rejections"]] == ["off7", "off15", "off22"]
    assert record["complete"]


def test_when_branches_hold_offenders_then_each_is_named_with_its_branch(parse: Parse) -> None:
    record = parse(
        """g (bool c, int32[2] x) => (int32[2] y) {
            [theif] y = If (c) <
                then_branch = t () => (int32[2] a) { q = Neg(x)  a = BitwiseNot(q) },
                else_branch = e () => (int32[2] a) { q = BitwiseNot(x)  a = Neg(q) }>
        }"""
    )
    assert [(each["node"], each["stack"]) for each in record["rejections"]] == [
        ("a", ["theif (If)", "then_branch"]),
        ("q", ["theif (If)", "else_branch"]),
    ]


def test_when_loop_body_holds_an_offender_then_it_is_named(parse: Parse) -> None:
    record = parse(
        """g (int64 n, bool c, int32[2] x) => (int32[2] y) {
            [loop] y = Loop (n, c, x) <
                body = b (int64 i, bool keep, int32[2] v) => (bool go, int32[2] w) {
                    go = Identity(keep)  z = BitwiseNot(v)  w = Neg(z) }>
        }"""
    )
    assert refused(record) == [("unsupported", "BitwiseNot", "z")]
    assert only(record)["stack"] == ["loop (Loop)", "body"]
    assert record["complete"]


def test_when_nested_function_holds_an_offender_then_each_call_is_named(parse: Parse) -> None:
    record = parse(
        """g (int32[2] x) => (int32[2] y) { [first] a = my.Outer(x)  [second] y = my.Outer(a) }
        <domain: "my", opset_import: ["" : 18, "my" : 1]> Outer (x) => (y) {
            b = Neg(x)  [call] y = my.Inner(b) }
        <domain: "my", opset_import: ["" : 18]> Inner (x) => (y) {
            b = Neg(x)  [bits] c = BitwiseNot(b)  y = Neg(c) }"""
    )
    assert [(each["node"], each["stack"]) for each in record["rejections"]] == [
        ("bits", ["first (Outer)", "call (Inner)"]),
        ("bits", ["second (Outer)", "call (Inner)"]),
    ]


def test_when_input_types_are_unsupported_then_inputs_are_named_once(parse: Parse) -> None:
    record = parse(
        """g (string[2] x, uint16[2] q, int32[2] k) => (string[2] y, uint16[2] z, int32[2] w) {
            y = Identity(x)  z = Identity(q)  [bits] w = BitwiseNot(k) }"""
    )
    assert refused(record) == [
        ("type", "", "x"), ("type", "", "q"), ("unsupported", "BitwiseNot", "bits"),
    ]  # fmt: skip
    assert record["rejections"][0]["reason"].endswith("STRING")
    assert record["rejections"][1]["reason"].endswith("UINT16")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("g (float[2] x) => (float[2] y) <uint16[2] w = {1, 2}> { c = Cast<to=1>(w) y = Add(x, c) }", ("", "w")),
        (
            "g (float[2] x) => (float[2] y) { [k] w = Constant<value = uint16[2] {1, 2}>() "
            "c = Cast<to=1>(w) y = Add(x, c) }",
            ("Constant", "k"),
        ),
        ("g (float[2] x) => (float[2] y) { [k] w = Cast<to=4>(x) y = Cast<to=1>(w) }", ("Cast", "k")),
    ],
    ids=["initializer", "constant", "cast"],
)  # fmt: skip
def test_when_a_weight_or_cast_has_a_bad_type_then_kind_is_type(
    parse: Parse, text: str, expected: tuple[str, str]
) -> None:
    rejection = only(parse(text))
    assert (rejection["kind"], rejection["operator"], rejection["node"]) == ("type", *expected)
    assert "data type" in rejection["reason"]


def test_when_the_parser_names_no_node_then_it_is_found(parse: Parse) -> None:
    record = parse(
        """g (float[4] x, int64[2] i, float[2] u) => (float[4] y) {
            a = Relu(x)
            [good] b = ScatterElements(a, i, u)
            [sums] c = ScatterElements<reduction = "mul">(b, i, u)
            y = Neg(c)
        }"""
    )
    assert refused(record) == [("unsupported", "ScatterElements", "sums")]
    assert only(record)["reason"] == "Unsupported reduction type"


def test_when_node_has_metadata_then_it_is_handed_on(tmp_path: Path) -> None:
    import onnx
    import onnx.parser

    from pytest_frictionless.backends.tensorrt import parse as tensorrt_parse

    model = onnx.parser.parse_model(HEADER + "g (int32[2] x) => (int32[2] y) { y = BitwiseNot(x) }")
    model.graph.node[0].metadata_props.add(key="pkg.torch.onnx.stack_trace", value="net.py:3")
    onnx.save(model, str(tmp_path / "m.onnx"))
    record = tensorrt_parse.parse(str(tmp_path / "m.onnx"))
    assert only(record)["metadata"] == {"pkg.torch.onnx.stack_trace": "net.py:3"}


@pytest.mark.parametrize("content", [b"", b"<html>not onnx</html>", b"\x08\x0a\x12garbage"])
def test_when_the_file_is_no_model_then_it_is_not_called_supported(
    tmp_path: Path, content: bytes
) -> None:
    from pytest_frictionless.backends.tensorrt import parse as tensorrt_parse

    (tmp_path / "m.onnx").write_bytes(content)
    assert only(tensorrt_parse.parse(str(tmp_path / "m.onnx")))["reason"]


def test_when_graph_has_no_outputs_then_it_is_not_called_supported(parse: Parse) -> None:
    rejection = only(parse("g (float[2] x) => () { y = Relu(x) }"))
    assert "without outputs" in rejection["reason"]


@pytest.mark.parametrize(
    "text",
    [
        "g () => (float[2] y) { y = Constant<value = float[2] {1, 2}>() }",
        "g (float[2] x) => (float[2] y) { y = Identity(x) }",
    ],
    ids=["constant", "identity"],
)
def test_when_the_graph_is_trivial_then_it_is_supported(parse: Parse, text: str) -> None:
    assert parse(text)["rejections"] == []


def test_when_budget_is_over_then_the_list_is_called_incomplete(tmp_path: Path) -> None:
    import onnx
    import onnx.parser

    from pytest_frictionless.backends.tensorrt import parse as tensorrt_parse

    text = """g (int32[2] x) => (int32[7] y) {
        sh = Constant<value_ints = [7]>()  a = Reshape(x, sh)  b = Neg(a)  y = Reshape(b, sh) }"""
    onnx.save(onnx.parser.parse_model(HEADER + text), str(tmp_path / "m.onnx"))
    record = tensorrt_parse.parse(str(tmp_path / "m.onnx"), budget_s=-1)
    assert len(record["rejections"]) == 1
    assert not record["complete"]


def test_when_weights_are_external_then_cutting_keeps_them(tmp_path: Path) -> None:
    import numpy as np
    import onnx
    import onnx.parser
    from onnx import numpy_helper

    from pytest_frictionless.backends.tensorrt import parse as tensorrt_parse

    text = """g (float[4, 64] x) => (float[4, 64] y) {
        a = MatMul(x, w)  [foo] b = my.Foo(a)  c = Relu(b)  [bar] y = my.Bar(c) }"""
    model = onnx.parser.parse_model(HEADER + text)
    weight = np.ones((64, 64), np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    path = tmp_path / "m.onnx"
    onnx.save(model, str(path), save_as_external_data=True, location="w.bin", size_threshold=0)
    record = tensorrt_parse.parse(str(path))
    assert [each["node"] for each in record["rejections"]] == ["foo", "bar"]
    (tmp_path / "w.bin").unlink()
    missing = tensorrt_parse.parse(str(path))
    assert "initializer: w" in missing["rejections"][0]["reason"]
