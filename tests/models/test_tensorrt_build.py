"""The real builder: profiles, compute capabilities, and who is to blame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("tensorrt_rtx")
pytest.importorskip("onnx")
pytestmark = pytest.mark.real

HEADER = '<ir_version: 10, opset_import: ["" : 19]>\n'
MLP = "g (float[batch, 8] x) => (float[batch, 8] y) { a = Relu(x)  y = Neg(a) }"
Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a model given in ONNX's text form; gives its path."""
    import onnx
    import onnx.parser

    def to_file(text: str) -> str:
        path = str(tmp_path / "model.onnx")
        onnx.save(onnx.parser.parse_model(HEADER + text), path)
        return path

    return to_file


def profile(name: str, sizes: list[int]) -> dict[str, Any]:
    return {"name": name, "inputs": {"x": [[size, 8] for size in sizes]}}


def build(path: str, **arguments: Any) -> Any:
    from pytest_frictionless.backends.tensorrt import build as tensorrt_build

    return tensorrt_build.build(path, **{"profiles": [], **arguments})


def attribute(path: str, inputs: dict[str, Any] | None = None, **arguments: Any) -> Any:
    from pytest_frictionless.backends.tensorrt import attribute as tensorrt_attribute

    given = {"name": "p", "inputs": inputs or {}, "values": {}}
    return tensorrt_attribute.attribute(path, profile=given, **arguments)


def test_when_two_profiles_are_given_then_one_engine_holds_both(
    write: Write, tmp_path: Path
) -> None:
    plan = tmp_path / "model.plan"
    record = build(
        write(MLP), profiles=[profile("online", [1, 1, 4]), profile("offline", [8, 16, 32])],
        plan_path=str(plan),
    )  # fmt: skip
    assert record["built"]
    assert record["profiles"] == 2
    assert record["dropped_profiles"] == []
    assert record["plan"] == "model.plan"
    assert plan.read_bytes()[:4] == b"vtrt"
    assert plan.stat().st_size == record["plan_bytes"]
    assert record["peak_rss_mib"] > 1
    assert record["build_s"] > 0


def test_when_a_profile_is_invalid_then_it_is_named_although_the_build_succeeds(
    write: Write,
) -> None:
    record = build(write(MLP), profiles=[profile("good", [1, 2, 4]), profile("bad", [4, 2, 1])])
    assert record["built"]
    assert record["dropped_profiles"] == ["bad"]
    assert record["profiles"] == 1
    assert record["errors"]


@pytest.mark.parametrize(
    "profiles",
    [
        [],
        [{"name": "p", "inputs": {"wrong": [[1], [1], [1]]}}],
        [{"name": "p", "inputs": {"x": [[1], [1], [1]]}}],
        [{"name": "p", "inputs": {"x": [[1, 9], [1, 9], [1, 9]]}}],
        [{"name": "p", "inputs": {"x": [[-1, 8], [1, 8], [1, 8]]}}],
        [{"name": "p", "values": {"x": [[3], [2], [1]]}}],
    ],
    ids=["none", "name", "rank", "static", "negative", "values"],
)
def test_when_the_profile_is_at_fault_then_the_errors_say_so(
    write: Write, profiles: list[dict[str, Any]]
) -> None:
    from pytest_frictionless.backends.tensorrt.words import is_memory_error, is_profile_error

    record = build(write(MLP), profiles=profiles)
    assert not record["built"]
    assert is_profile_error(record["errors"])
    assert not is_memory_error(record["errors"])


def test_when_same_symbol_has_two_sizes_then_it_is_a_profile_error(write: Write) -> None:
    from pytest_frictionless.backends.tensorrt.words import is_profile_error

    path = write("g (float[N, 2] a, float[N, 2] b) => (float[N, 2] y) { y = Add(a, b) }")
    for second in ([1, 3, 4], [5, 6, 7]):
        inputs = {"a": [[n, 2] for n in (1, 2, 4)], "b": [[n, 2] for n in second]}
        record = build(path, profiles=[{"name": "p", "inputs": inputs}])
        assert not record["built"]
        assert is_profile_error(record["errors"]), record["errors"]
        assert attribute(path, inputs) == []


def test_when_an_input_is_a_shape_tensor_then_its_values_are_the_profile(write: Write) -> None:
    path = write("g (float[8] x, int64[2] s) => (float[A, B] y) { y = Reshape(x, s) }")
    values = {"s": [[1, 4], [2, 4], [2, 8]]}
    record = build(path, profiles=[{"name": "p", "inputs": {}, "values": values}])
    assert record["built"], record["errors"]


def test_when_static_input_has_an_equal_profile_then_it_builds(write: Write) -> None:
    path = write("g (float[2, 8] x) => (float[2, 8] y) { y = Relu(x) }")
    assert build(path)["built"]
    assert build(path, profiles=[profile("same", [2, 2, 2])])["built"]


def test_when_a_capability_is_not_offered_then_it_is_listed_and_left_out(write: Write) -> None:
    record = build(
        write(MLP), profiles=[profile("p", [1, 2, 4])], compute_capabilities=["8.9", "9.0", "12.0"]
    )
    assert record["built"]
    assert record["compute_capabilities"] == ["8.9", "12.0"]
    assert record["unavailable_capabilities"] == ["9.0"]


def test_when_a_type_is_beyond_the_capability_then_no_node_is_blamed(write: Write) -> None:
    path = write("g (bfloat16[4, 4] x) => (bfloat16[4, 4] y) { a = Relu(x)  y = MatMul(a, x) }")
    assert build(path)["built"]
    record = build(path, compute_capabilities=["7.5"])
    assert not record["built"]
    assert any("sm75" in text and "b16" in text for text in record["errors"])
    (rejection,) = attribute(path, compute_capabilities=["7.5"])
    assert rejection["node"] == ""
    assert "sm75" in rejection["reason"]


def test_when_the_file_does_not_parse_then_the_build_tells_why(write: Write) -> None:
    record = build(write("g (int32[2] x) => (int32[2] y) { y = BitwiseNot(x) }"))
    assert not record["built"]
    assert record["errors"] == [f"{record['engine']} does not support this operator"]


def test_when_the_builder_refuses_a_node_in_a_chain_then_it_alone_is_named(write: Write) -> None:
    chain = ["b0 = Relu(boxes)", *(f"b{i} = Neg(b{i - 1})" for i in range(1, 15))]
    after = ["t0 = Cast<to=6>(picked)", *(f"t{i} = Neg(t{i - 1})" for i in range(1, 15))]
    nms = "[nms] picked = NonMaxSuppression(b14, scores)"
    path = write(
        "g (float[N, 6, 4] boxes, float[N, 1, 6] scores) => (int32[M, 3] t14) { "
        + "\n".join([*chain, nms, *after])
        + "}"
    )
    inputs = {
        "boxes": [[n, 6, 4] for n in (1, 2, 4)],
        "scores": [[n, 1, 6] for n in (1, 2, 4)],
    }
    assert not build(path, profiles=[{"name": "p", "inputs": inputs}])["built"]
    (rejection,) = attribute(path, inputs)
    assert (rejection["stage"], rejection["kind"]) == ("build", "builder")
    assert (rejection["operator"], rejection["node"]) == ("NonMaxSuppression", "nms")
    assert "has no runners that implement it" in rejection["reason"]
    assert "/_src/" not in rejection["reason"]


def test_when_several_nodes_are_refused_then_all_are_named(write: Write) -> None:
    path = write(
        """g (float[1, 6, 4] b, float[1, 1, 6] s, float[16] x, int8 zp)
            => (int64[M, 3] y, float[16] z, float[16] w) {
            [nms] y = NonMaxSuppression(b, s)
            a = Relu(x)
            [into] q = Cast<to = 17>(a)
            [from] c = Cast<to = 1>(q)
            z = Neg(c)
            scale = Constant<value = float {0.1}>()
            [quant] i = QuantizeLinear(a, scale, zp)
            [dequant] w = DequantizeLinear(i, scale, zp)
        }"""
    )
    rejections = attribute(path)
    assert [each["node"] for each in rejections] == ["nms", "into", "from", "quant", "dequant"]
    assert all(each["reason"] for each in rejections)


def test_when_the_words_name_no_node_then_building_beginnings_finds_it(write: Write) -> None:
    import onnx
    from onnx import TensorProto, helper

    path = write("g (float[2] x) => (float[2] y) { y = Relu(x) }")
    shape = [1, 2, 4, 8]
    nodes = [helper.make_node("Relu", ["q"], ["r"], name="before")]
    for i in range(2):
        nodes.append(
            helper.make_node("Attention", ["r", "k", "v"], [f"a{i}"], name=f"attention{i}")
        )
    nodes.append(helper.make_node("Add", ["a0", "a1"], ["y"], name="after"))
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in "qkv"]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "g", inputs, [output])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)]), path)
    # Two of them end TensorRT-RTX 1.7.1.116 with SIGSEGV, one alone is refused with words.
    rejections = attribute(path)
    assert [each["node"] for each in rejections] == ["attention0", "attention1"]
    assert all("Attention operation was not supported" in each["reason"] for each in rejections)


def test_when_the_model_builds_then_nobody_is_blamed(write: Write) -> None:
    assert attribute(write(MLP), {"x": [[n, 8] for n in (1, 2, 4)]}) == []


def test_when_weights_are_external_then_it_builds(tmp_path: Path) -> None:
    import numpy as np
    import onnx
    import onnx.parser
    from onnx import numpy_helper

    text = "g (float[4, 64] x) => (float[4, 64] y) { y = MatMul(x, w) }"
    model = onnx.parser.parse_model(HEADER + text)
    model.graph.initializer.append(numpy_helper.from_array(np.ones((64, 64), np.float32), "w"))
    path = str(tmp_path / "m.onnx")
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    assert build(path)["built"]


def test_when_only_stubs_are_there_then_the_flavour_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pytest_frictionless.backends.tensorrt import installed
    from pytest_frictionless.errors import MissingDependency

    assert installed.flavour() == "rtx"
    assert installed.engine_name() == f"TensorRT-RTX {installed.versions()['rtx']}"
    monkeypatch.setattr(installed, "versions", dict)
    with pytest.raises(MissingDependency, match="tensorrt-rtx-cu13 is not installed"):
        installed.flavour()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Requested 2 GiB. OutOfMemory (no further information)", True),
        ("std::bad_alloc", True),
        ("Could not find any implementation for node {ForeignNode[a...b]}.", False),
    ],
)
def test_memory_errors_are_told_apart(text: str, expected: bool) -> None:
    from pytest_frictionless.backends.tensorrt.words import is_memory_error

    assert is_memory_error([text]) is expected
