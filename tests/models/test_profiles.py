"""Profiles and targets: what is served over the whole range, and which of several is at fault."""

from __future__ import annotations

import pytest

from tests.models.one_model import failures, verdict
from tests.project import BAKED, MLP, Project

pytestmark = pytest.mark.real
np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
for package in ("onnxruntime", "tensorrt_rtx"):
    pytest.importorskip(package)


def test_dynamic_fails_where_the_network_is_right_at_one_size_only(project: Project) -> None:
    baked = "g (float[b, 8] x) => (float[b, 8] y) <int64[2] s = {4, 8}> { y = Reshape(x, s) }"
    outcome = verdict(project, baked, "models: {net: {profiles: {one: {b: [2, 4, 8]}}}}")
    assert failures(outcome.of("models/net.onnx")) == {"dynamic-one": "FR605"}
    fixed = verdict(project, baked, "models: {net: {profiles: {one: {b: 4}}}}")
    assert fixed.failed() == []


def test_a_node_without_a_name_is_not_taken_for_another(project: Project) -> None:
    text = "g (float[b, 8] x) => (float[b, 8] y) <int64[2] s = {4, 8}> { a = Neg(x)  y = Reshape(a, s) }"
    outcome = verdict(project, text, "models: {net: {profiles: {one: {b: [2, 4, 8]}}}}")
    failed = outcome["models/net.onnx::dynamic-one"].text
    assert "where:  y (Reshape)" in failed
    assert "Neg" not in failed


def test_a_size_of_the_example_in_a_computed_shape_is_told_where_sizes_are_assumed(
    project: Project,
) -> None:
    text = """g (float[b, t, 8] x) => (float[u, v, 4] y)
        <int64[1] kept = {12}, int64[1] first = {0}, int64[1] four = {4}, int64 two = {2}> {
        shape = Shape(x) number = Gather <axis = 0> (shape, first)
        times = Mul(number, two)
        sizes = Concat <axis = 0> (kept, times, four)
        y = Reshape(x, sizes)
    }"""
    failed = verdict(project, text, "roots: [models]")["models/net.onnx::dynamic-default"]
    assert failed.headline.startswith("FR605 t is baked in as 12: y (Reshape) does not run at min")
    assert "dynamo=True" in failed.text
    assert "These sizes were assumed" not in failed.text


def test_infinity_among_the_constants_is_no_size(project: Project) -> None:
    text = "g (float[b, 8] x) => (float[b, 8] y) <float[1] low = {0}, int64[2] s = {4, 8}> { a = Max(x, low) y = Reshape(a, s) }"
    path = project.onnx("models/net.onnx", text)
    model = onnx.load(path)
    infinite = onnx.numpy_helper.from_array(np.array([-np.inf], np.float32), "low")
    model.graph.initializer[0].CopyFrom(infinite)
    onnx.save(model, path)
    failed = project.run("-p", "no:cacheprovider", "models", "-k", "dynamic")
    assert failed["models/net.onnx::dynamic-default"].code == "FR605"


def test_a_profile_that_memory_does_not_hold_is_told_with_its_sizes(project: Project) -> None:
    text = "g (float[b, 8] x) => (float[b, 8] y) { y = Relu(x) }"
    project.onnx("models/net.onnx", text)
    entry = "models: {net: {profiles: {one: {b: [1, 2, 100000000]}}}}"
    project.write("frictionless.yaml", f"{entry}\nlimits: {{memory_mib: 2500}}\n")
    outcome = project.run("models", "-k", "dynamic", "-p", "no:cacheprovider")
    failed = outcome["models/net.onnx::dynamic-one"]
    assert failed.code == "FR002"
    for words in (
        "max (b=100000000)",
        "input x    float32[100000000, 8]",
        "next:   Narrow the profile",
    ):
        assert words in failed.text


def test_a_profile_that_is_no_range_is_served_by_a_static_file(project: Project) -> None:
    text = "g (float[4, 8] x) => (float[4, 8] y) { y = Relu(x) }"
    entry = 'models: {net: {inputs: {x: "float32[b, 8]"}, profiles: {one: {b: %s}}}}'
    assert verdict(project, text, entry % 4).failed() == []
    wrong = verdict(project, text, entry % 5)
    assert set(failures(wrong.of("models/net.onnx")).values()) <= {"FR603", "FR605", "FR803"}
    assert len(wrong.failed()) == 1


TWO = "models: {net: {profiles: {good: {batch: 2}, bad: {batch: [4, 5, 6]}}}}"


def test_of_two_profiles_the_culprit_is_found(project: Project) -> None:
    items = verdict(project, BAKED, TWO).of("models/net.onnx")
    assert failures(items) == {"dynamic-bad": "FR605"}
    assert items["build-bad"].text.startswith("Skipped: needs dynamic-bad: FR605")
    assert items["build-good"].outcome == "passed"
    assert items["parity-good-max"].outcome == "passed"
    notes = items["build-good"].sections["Captured notes call"]
    assert "fails because of bad; this one builds" in notes


def test_build_asked_alone_blames_the_profile(project: Project) -> None:
    project.onnx("models/net.onnx", BAKED)
    project.write("frictionless.yaml", TWO)
    outcome = project.run("models", "-m", "frictionless_build")
    assert outcome.failed() == ["models/net.onnx::build-bad"]
    assert outcome["models/net.onnx::build-good"].outcome == "passed"


def test_several_profiles_make_one_engine(project: Project) -> None:
    configuration = "models: {net: {profiles: {a: {batch: 1}, b: {batch: [2, 4, 8]}, c: {batch: [16, 32, 64]}}}}"
    items = verdict(project, MLP, configuration).of("models/net.onnx")
    assert failures(items) == {}
    for name in "abc":
        assert items[f"build-{name}"].values("profiles") == [3]
    sizes = {
        item.values("plan_bytes")[0] for name, item in items.items() if name.startswith("build")
    }
    assert len(sizes) == 1


def test_a_compute_capability_that_is_not_offered_is_a_warning(project: Project) -> None:
    configuration = "target: {compute_capabilities: [7.0, 8.9]}\n"
    outcome = verdict(project, MLP, configuration)
    item = outcome["models/net.onnx::build-default"]
    assert outcome.failed() == []
    assert [warning for warning in item.values("warning") if warning.startswith("FR805")]
    assert "7.0" in item.values("warning")[0]
    assert item.values("compute_capabilities") == [["8.9"]]


def test_a_target_that_refuses_its_own_gpus_is_told_without_one(project: Project) -> None:
    configuration = 'target: {tensorrt_rtx: "1.7", compute_capabilities: [9.0, 8.9]}\n'
    outcome = verdict(project, MLP, configuration)
    assert outcome.failed() == ["models/net.onnx::build-default"]
    item = outcome["models/net.onnx::build-default"]
    assert item.headline == (
        "FR917 the target names compute capability 9.0, and TensorRT-RTX 1.7 does not run on it: "
        "TensorRT-RTX 1.6.1.120 or TensorRT 10.11 does"
    )
    assert item.values("warning") == []  # FR805 would say the same again


@pytest.mark.parametrize(
    "target",
    [
        'tensorrt_rtx: "1.7", compute_capabilities: [8.9]',
        'tensorrt_rtx: "1.6", compute_capabilities: [9.0]',
        'tensorrt_rtx: "1.7", tensorrt: "10.15", compute_capabilities: [9.0]',
    ],
)
def test_a_target_of_which_something_may_run_is_not_refused(project: Project, target: str) -> None:
    outcome = verdict(project, MLP, f"target: {{{target}}}\n")
    assert outcome.failed() == []


def test_a_name_shared_by_axes_of_different_sizes_fails_build(project: Project) -> None:
    import onnx.helper

    info = onnx.helper.make_tensor_value_info
    nodes = [onnx.helper.make_node("Concat", ["a", "b"], ["y"], axis=0)]
    float32 = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "g",
        [info("a", float32, ["n", 4]), info("b", float32, ["n", 4])],
        [info("y", float32, ["m", 4])],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=10
    )
    project.write("models/net.onnx", model.SerializeToString())
    project.write(
        "frictionless.yaml",
        'models:\n  net:\n    inputs: {a: "float32[i, 4]", b: "float32[j, 4]"}\n'
        "    profiles: {one: {i: [1, 2, 4], j: [3, 5, 7]}}\n",
    )
    items = project.run("models").of("models/net.onnx")
    assert failures(items) == {"build-one": "FR806"}
    assert "'n'" in items["build-one"].headline
