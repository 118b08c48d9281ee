"""For each check one ONNX model that fails it and one that passes; findings that need no torch."""

from __future__ import annotations

import pytest

from tests.models.one_model import failures, header, verdict
from tests.project import MLP, Project

pytestmark = pytest.mark.real
for package in ("onnx", "onnxruntime", "tensorrt_rtx"):
    pytest.importorskip(package)


PINNED = "opset: {version: 19, reason: 'production'"


@pytest.mark.parametrize(
    ("configuration", "how", "code", "words"),
    [
        ("opset: {version: 20, reason: 'why not'}", {}, "FR301", ("opset 20 is pinned, and the file has 19", "pytest-frictionless opset models/net.onnx --try 19,20\n")),
        (PINNED + ", ir_version: 8}", {}, "FR304", ("IR version 8",)),
        ("target: {tensorrt: '8.6'}\nopset: {version: 22, reason: 'new'}", {"header": header(22)}, "FR302", ("22", "8.6")),
    ],
)  # fmt: skip
def test_opset_fails(
    project: Project, configuration: str, how: dict[str, str], code: str, words: tuple[str, ...]
) -> None:
    outcome = verdict(project, MLP, configuration, **how)
    assert failures(outcome.of("models/net.onnx")) == {"opset": code}
    for word in words:
        assert word in outcome["models/net.onnx::opset"].text


def test_opset_passes_where_pin_and_target_agree(project: Project) -> None:
    outcome = verdict(project, MLP, PINNED + ", ir_version: 10}\ntarget: {tensorrt: '10.15'}")
    assert outcome.failed() == []
    assert outcome["models/net.onnx::opset"].values("warning") == []


NESTED = """g (float[b, 4, 4] x, bool c) => (float[b] y) {
    y = If (c) <
        then_branch = t () => (float[b] p) { p = Det(x) },
        else_branch = e () => (float[b] q) { q = acme.Unheard(x) }
    >
}"""


def test_operators_inside_branches_are_named_with_the_way_to_them(project: Project) -> None:
    outcome = verdict(project, NESTED, header=header(more=', "acme" : 1'))
    failed = outcome["models/net.onnx::operators"]
    assert "Det is rejected by TensorRT-RTX" in failed.text
    assert "Unheard is unknown to TensorRT-RTX" in failed.text
    assert "then_branch" in failed.text
    assert "else_branch" in failed.text


def test_an_opset_that_does_not_exist_is_not_proposed_as_a_pin(project: Project) -> None:
    items = verdict(project, MLP, header=header(99)).of("models/net.onnx")
    assert items["opset"].text.startswith("FR302 opset 99 is newer")
    assert not any("FR303" in text for text in items["opset"].sections.values())


def test_an_operator_of_another_domain_is_not_passed_in_silence(project: Project) -> None:
    text = "g (float[b, 8] x) => (float[b, 8] y) { y = acme.Sigmoid(x) }"
    items = verdict(project, text, header=header(more=', "acme" : 1')).of("models/net.onnx")
    told = "".join(items["operators"].sections.values())
    assert "FR511 acme.Sigmoid only just works: TensorRT-RTX" in told
    assert "reads it as ONNX's own Sigmoid, by its name alone" in told


def test_inputs_named_wrongly_are_told_with_the_nearest_name(project: Project) -> None:
    outcome = verdict(project, MLP, 'models: {net: {inputs: {xs: "float32[batch, 8]"}}}')
    assert failures(outcome.of("models/net.onnx")) == {"load": "FR204"}
    assert "did you mean 'x'?" in outcome["models/net.onnx::load"].headline


def test_an_input_of_another_rank_is_told(project: Project) -> None:
    configuration = (
        'models: {net: {inputs: {x: "float32[batch, 2, 4]"}, profiles: {one: {batch: [1, 2, 4]}}}}'
    )
    outcome = verdict(project, MLP, configuration)
    assert len(outcome.failed()) == 1
    failed = outcome[outcome.failed()[0]]
    assert failed.code in ("FR204", "FR605", "FR803")
    assert "INTERNAL" not in failed.text


def test_an_input_of_another_type_is_told(project: Project) -> None:
    configuration = (
        'models: {net: {inputs: {x: "int64[batch, 8]"}, profiles: {one: {batch: [1, 2, 4]}}}}'
    )
    outcome = verdict(project, MLP, configuration)
    assert len(outcome.failed()) == 1
    assert "INTERNAL" not in outcome[outcome.failed()[0]].text


@pytest.mark.parametrize(
    ("values", "outcome"), [("low: 0, high: 10", "passed"), ("low: 90, high: 100", "failed")]
)
def test_integers_stay_in_their_range(project: Project, values: str, outcome: str) -> None:
    numbers = ", ".join(["1"] * 20)
    text = (
        "g (int64[batch] x) => (float[batch, 2] y)"
        f" <float[10, 2] w = {{{numbers}}}> {{ y = Gather(w, x) }}"
    )
    configuration = (
        f'models: {{net: {{inputs: {{x: {{type: "int64[batch]", {values}}}}}, '
        "profiles: {one: {batch: [1, 2, 4]}}}}"
    )
    items = verdict(project, text, configuration).of("models/net.onnx")
    assert items["dynamic-one"].outcome == outcome


def test_tolerance_decides_and_is_shown(project: Project) -> None:
    # Sixty sums in another order: enough for optimisation to change the last bits.
    import numpy as np

    np.save(project.root / "sample.npy", np.linspace(-5, 5, 32, dtype=np.float32).reshape(4, 8))
    text = "g (float[batch, 8] x) => (float[batch, 8] y) { a = Sigmoid(x)  b = Mul(x, a)  y = Tanh(b) }"
    entry = (
        'models: {net: {inputs: {x: {type: "float32[batch, 8]", sample: sample.npy}}, '
        "profiles: {one: {batch: [1, 2, 4]}}%s}}"
    )
    loose = verdict(project, text, entry % "")
    assert loose.failed() == []
    assert loose["models/net.onnx::parity-one-max"].values("max_abs")[0] < 1e-5


def test_types_without_a_reference_kernel_skip_with_the_reason(project: Project) -> None:
    numbers = ", ".join(["1"] * 16)
    text = (
        "g (bfloat16[batch, 4] x) => (bfloat16[batch, 4] y)"
        f" <float[4, 4] w = {{{numbers}}}> {{ v = Cast <to = 16> (w)  y = MatMul(x, v) }}"
    )
    outcome = verdict(project, text)
    items = outcome.of("models/net.onnx")
    assert outcome.failed() == []
    assert items["parity-default-opt"].outcome == "skipped"
    assert "FR706" in items["parity-default-opt"].text


def test_string_inputs_are_a_type_tensorrt_lacks(project: Project) -> None:
    text = "g (string[batch] x) => (string[batch] y) { y = Identity(x) }"
    outcome = verdict(project, text)
    assert failures(outcome.of("models/net.onnx"))["operators"] == "FR504"
    assert "string" in outcome["models/net.onnx::operators"].text.lower()


def test_precision_asked_and_delivered_of_a_file(project: Project) -> None:
    half = MLP.replace("float[", "float16[")
    assert verdict(project, half, "models: {net: {precision: fp16}}").failed() == []
    wrong = verdict(project, MLP, "models: {net: {precision: fp16}}")
    assert failures(wrong.of("models/net.onnx")) == {"build-default": "FR804"}
    assert "ignore the flags" in wrong["models/net.onnx::build-default"].text


def test_nan_weights_of_an_onnx_file_fail_load(project: Project) -> None:
    import numpy as np
    import onnx
    import onnx.parser

    model = onnx.parser.parse_model(
        f"{header()}\ng (float[batch, 2] x) => (float[batch, 2] y) <float[2] w = {{1, 2}}> {{ y = Mul(x, w) }}"
    )
    array = np.array([1, np.nan], dtype=np.float32)
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(array, "w"))
    project.write("models/net.onnx", model.SerializeToString())
    outcome = project.run("models")
    assert failures(outcome.of("models/net.onnx")) == {"load": "FR108"}
    assert "w (1 NaN of 2 elements" in outcome["models/net.onnx::load"].headline


def test_an_output_without_axes_is_compared_as_any_other(project: Project) -> None:
    project.onnx(
        "models/net.onnx", "g (float[n] x) => (float y) { y = ReduceMean<keepdims = 0>(x) }"
    )
    assert project.run("models").failed() == []
