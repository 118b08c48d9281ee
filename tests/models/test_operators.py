"""The `operators` check on real files: named causes, tables, known differences, plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pytest_frictionless.knowledge.causes import UNNAMED, cause_of
from tests.models.backend_cases import node_cases
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real
onnx = pytest.importorskip("onnx")
pytest.importorskip("tensorrt_rtx")

HEADER = '<ir_version: 10, opset_import: ["" : 18, "acme" : 1, "com.microsoft" : 1]>'
ANTIALIAS = """g (float[b, 3, 8, 8] x) => (float[b, 3, 4, 4] y) <float[4] s = {1.0, 1.0, 0.5, 0.5}> {
    [up] y = Resize<mode = "linear", antialias = 1>(x, , s) }"""
NONZERO = """g (float[b, 4] x) => (float[n] y) <int64[1] flat = {-1}> {
    [where] i = NonZero(x)  f = Cast<to = 1>(i)  y = Reshape(f, flat) }"""
CONVOLUTION = """g (float[b, 3, 8, 8] x) => (float[b, 1, 8, 8] y)
    <float[1, 3, 1, 1] w = {1.0, 0.5, -1.0}, float[1] bias = {0.5}> { [conv] y = Conv(x, w, bias) }"""
ROI = """g (float[1, 2, 8, 8] x, float[3, 4] rois) => (float[3, 2, 2, 2] y) <int64[3] at = {0, 0, 0}> {
    [roi] y = RoiAlign<output_height = 2, output_width = 2>(x, rois, at) }"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester.path, pytester)


def judged(project: Project, text: str, settings: str = "") -> tuple[str, str]:
    """Outcome and text of the `operators` item of one model."""
    project.onnx("models/net.onnx", text, header=HEADER)
    project.write("frictionless.yaml", f"roots: [models]\n{settings}")
    item = project.run("-k", "operators", "-p", "no:cacheprovider")["models/net.onnx::operators"]
    return item.outcome, item.text


def test_a_refusal_names_its_condition_the_tables_and_the_form_that_is_taken(
    project: Project,
) -> None:
    outcome, text = judged(project, ANTIALIAS, 'target: {tensorrt: "10.15"}\n')
    assert outcome == "failed"
    assert text.startswith("FR506 Resize is rejected by TensorRT-RTX")
    for words in (
        "not with antialias", "up (Resize)", "antialias=1", "TensorRT 10.15, published",
        "no antialias", "the parser says: Antialiasing is not supported", "backend cases build",
        "after:  y = rows @ x @ columns.T",
    ):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        ("", "failed"),
        ('target: {tensorrt_rtx: "1.7"}\n', "failed"),
        ('target: {tensorrt: "10.15", tensorrt_rtx: "1.7"}\n', "failed"),
        ('target: {tensorrt: "10.15"}\n', "skipped"),
    ],
)
def test_what_only_rtx_lacks_fails_unless_tensorrt_alone_is_the_target(
    project: Project, settings: str, outcome: str
) -> None:
    judgement, text = judged(project, NONZERO, settings)
    assert judgement == outcome
    assert "FR509 NonZero is rejected by TensorRT-RTX" in text
    if outcome == "failed":
        assert "https://github.com/NVIDIA/TensorRT-RTX/issues/36" in text
        assert "torch.where(mask, x, 0.0)" in text


def test_a_target_without_a_table_is_told_so(project: Project) -> None:
    det = "g (float[b, 4, 4] x) => (float[b] y) { y = Det(x) }"
    assert "the oldest is of 10.1" in judged(project, det, 'target: {tensorrt: "8.6"}\n')[1]


def test_roialign_is_no_verdict_without_a_gpu(project: Project) -> None:
    outcome, text = judged(project, ROI)
    assert outcome == "skipped"
    assert "FR505 RoiAlign is rejected by" in text
    assert "asks CUDA while it is made" in text


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("acme.MyNms", "needs a plugin creator of the name MyNms"),
        ("acme.EfficientNMS_TRT", "which NVIDIA's plugin library has"),
        ("com.microsoft.QuickGelu", "operator of ONNX Runtime alone"),
    ],
)
def test_an_unknown_operator_names_where_it_is_from(
    project: Project, node: str, words: str
) -> None:
    text = judged(project, f"g (float[b, 4] x) => (float[b, 4] y) {{ y = {node}(x) }}")[1]
    assert text.startswith(f"FR503 {node.rpartition('.')[2]} is unknown to TensorRT-RTX")
    assert words in text.splitlines()[0]


def test_every_twelfth_backend_case_that_is_refused_has_a_named_cause(tmp_path: Path) -> None:
    from pytest_frictionless.backends.tensorrt.parse import parse

    path, refused, unnamed = tmp_path / "m.onnx", 0, []
    for case in node_cases()[::12]:
        path.write_bytes(case.model.SerializeToString())
        record = parse(str(path))
        for rejection in record["rejections"]:
            refused += 1
            if cause_of(rejection, engine=record["engine"]).id == UNNAMED:
                unnamed.append((case.name, rejection["operator"], rejection["reason"]))
    assert refused > 50
    assert unnamed == []


def test_what_onnxruntime_quantises_by_default_is_told_which_options_to_give(
    project: Project,
) -> None:
    quantization = pytest.importorskip("onnxruntime.quantization")
    plain = project.onnx("float/net.onnx", CONVOLUTION, header=HEADER)
    rng = np.random.default_rng(0)

    class Images:
        """Two batches to calibrate with."""

        def __init__(self) -> None:
            self.left = [{"x": rng.standard_normal((1, 3, 8, 8)).astype("f4")} for _ in range(2)]

        def get_next(self) -> object:
            return self.left.pop() if self.left else None

    def quantised(**options: object) -> tuple[str, str]:
        made = project.root / "models/net.onnx"
        made.parent.mkdir(exist_ok=True)
        quantization.quantize_static(plain, made, Images(), **options)
        given = ("-k", "operators", "-p", "no:cacheprovider", "models")
        item = project.run(*given)["models/net.onnx::operators"]
        return item.outcome, item.text

    outcome, text = quantised()
    assert outcome == "failed"
    assert "DequantizeLinear" in text
    assert '"QuantizeBias": False' in text
    assert "time for listing" not in text
    int8 = quantization.QuantType.QInt8
    mended = {"ActivationSymmetric": True, "QuantizeBias": False}
    assert quantised(activation_type=int8, weight_type=int8, extra_options=mended)[0] == "passed"


def test_weights_of_four_bits_are_told_as_the_standard_operators_that_are_taken(
    project: Project,
) -> None:
    codes, scales = ", ".join(["1"] * 256), ", ".join(["0.5"] * 32)
    outcome, text = judged(
        project,
        f"g (float[b, 64] x) => (float[b, 8] y) <uint8[8, 4, 8] q = {{{codes}}}, float[32] s = {{{scales}}}> {{"
        " y = com.microsoft.MatMulNBits<K = 64, N = 8, bits = 4, block_size = 16>(x, q, s) }",
    )
    assert outcome == "failed"
    assert text.startswith("FR501 MatMulNBits is rejected by TensorRT-RTX")
    assert "block_size must be one of 32/64/128" in text
    assert "quant_format=QuantFormat.QDQ" in text
    assert "form shown" not in text
    quantizers = pytest.importorskip("onnxruntime.quantization.matmul_nbits_quantizer")
    weights = ", ".join(["0.1"] * 512)
    plain = f"g (float[b, 64] x) => (float[b, 8] y) <float[64, 8] w = {{{weights}}}> {{ y = MatMul(x, w) }}"
    path = project.onnx("models/net.onnx", plain, header=HEADER.replace("18", "21"))
    quantizer = quantizers.MatMulNBitsQuantizer(
        onnx.load(path), block_size=32, is_symmetric=True, quant_format=quantizers.QuantFormat.QDQ
    )
    quantizer.process()
    quantizer.model.save_model_to_file(str(path))
    item = project.run("-k", "operators", "-p", "no:cacheprovider")["models/net.onnx::operators"]
    assert item.outcome == "passed", item.text
    assert "DequantizeLinear" in {node.op_type for node in onnx.load(path).graph.node}
