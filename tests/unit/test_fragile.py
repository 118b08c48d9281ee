"""Warnings of what only just works come from evidence; where nothing is known there is none."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_frictionless.knowledge.fragile import fragilities
from pytest_frictionless.knowledge.operators import measured, operator_names

RTX = "TensorRT-RTX 1.7.1.116"
COMMON = (
    "Conv Relu Gemm MatMul Add Mul Sub Div Sigmoid Softmax LayerNormalization Gelu Erf Tanh Reshape"
    " Transpose Concat Split Slice Gather Shape Unsqueeze Squeeze Expand Where Cast Pow Sqrt"
    " ReduceMean ReduceSum GlobalAveragePool MaxPool AveragePool Resize Pad Trilu Range Constant"
    " ConstantOfShape Flatten Clip HardSwish HardSigmoid Einsum Equal And Or Not Less Greater"
    " BatchNormalization InstanceNormalization ConvTranspose LSTM GRU TopK ScatterND Identity Neg"
    " Cos Sin If Loop Min Max Tile CumSum ArgMax OneHot GatherND GatherElements DepthToSpace"
)
"""What torch exports for networks of vision and language."""


def told(operator: str, **given: Any) -> list[str]:
    return list(fragilities(operator, **{"engine": RTX, **given}))


@pytest.mark.parametrize(
    ("operator", "given", "words"),
    [
        ("HannWindow", {"tensorrt": "10.1"}, "TensorRT 10.1 is deployed to, and the table of 10.1 says that it is not supported"),
        ("RMSNormalization", {"tensorrt": "10.1"}, "the table of 10.1 does not name it"),
        ("Swish", {"tensorrt": "10.15"}, "the table of 10.15 does not name it"),
        ("Swish", {}, "only TensorRT 11.0 and later has it"),
        ("GridSample", {"precision": "bf16"}, "bf16 is asked for, and TensorRT 10.15 has it in FP32, FP16 only"),
        ("STFT", {}, "has it in float32 only"),
        ("STFT", {"precision": "fp16"}, "fp16 is asked for"),
        ("Upsample", {"deprecated_from": 10}, "ONNX withdrew it in opset 10: Resize is in its place"),
        ("BatchedNMS_TRT", {"domain": "TRT"}, "NVIDIA calls the plugin deprecated: EfficientNMS_TRT"),
        ("Swish", {"domain": "com.acme"}, "reads it as ONNX's own Swish, by its name alone: whether com.acme"),
        ("NonZero", {"engine": "TensorRT 10.15.1", "tensorrt_rtx": "1.7"}, "TensorRT-RTX 1.7 is deployed to, and lacks it"),
    ],
)  # fmt: skip
def test_what_only_just_works_is_told_with_its_evidence(
    operator: str, given: dict[str, Any], words: str
) -> None:
    (reason,) = told(operator, **given)
    assert words in reason


@pytest.mark.parametrize(
    ("operator", "given"),
    [
        ("HannWindow", {}),
        ("HannWindow", {"tensorrt": "10.15"}),
        (
            "HannWindow",
            {"tensorrt": "10.3"},
        ),  # no in 10.1, yes in 10.15: nobody wrote down since when
        ("HannWindow", {"tensorrt": "8.6"}),  # older than every table
        ("Swish", {"tensorrt": "11.1"}),
        ("Swish", {"tensorrt": "10.16"}),
        ("GridSample", {"precision": "fp16"}),
        ("Relu", {"tensorrt": "10.1", "precision": "bf16"}),
        ("MyOperator", {"domain": "acme", "tensorrt": "10.15"}),
        ("Unheard", {}),
        ("Gelu", {"domain": "com.microsoft"}),
        ("NonZero", {"engine": "TensorRT 10.15.1", "tensorrt": "10.15"}),
    ],
)
def test_unknown_is_no_alarm(operator: str, given: dict[str, Any]) -> None:
    assert told(operator, **given) == []


def test_without_a_target_only_three_kinds_of_operators_warn() -> None:
    built = [name for name in operator_names() if name in measured() and measured()[name].built]
    assert {name for name in built if told(name)} == {"Swish"}


def test_what_torch_exports_for_common_networks_never_warns() -> None:
    for version in (None, "10.1", "10.8", "10.15", "11.0", "11.4"):
        for precision in (None, "fp32", "fp16", "bf16"):
            warned = {n for n in COMMON.split() if told(n, tensorrt=version, precision=precision)}
            assert warned == set(), (version, precision)
