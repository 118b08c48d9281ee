"""A manifest beside a running system: what each planted difference means."""

from __future__ import annotations

from typing import Any

import pytest
from tests.differing import (
    COMPONENTS,
    NO_PLAN,
    OLD_TORCH,
    ON_RTX,
    PLAN,
    RTX,
    RTX_NO_PLAN,
    VERSION_COMPATIBLE,
    judged,
    without,
)

from pytest_frictionless.finding import Severity
from pytest_frictionless.stack.comparison import Kind
from pytest_frictionless.stack.differences import findings_of
from pytest_frictionless.stack.manifest import Graph

PLANTED = {
    "plan of another minor version": ({"tensorrt": "10.14.1.48"}, {}, "FR055"),
    "plan of another build": ({"tensorrt": "10.13.3.11"}, {}, "FR055"),
    "version-compatible plan in an earlier version": (
        {"tensorrt": "10.12.0.36"}, VERSION_COMPATIBLE, "FR055",
    ),
    "version-compatible plan in a major version that does not load it": (
        {"tensorrt": "12.0.0.1"}, VERSION_COMPATIBLE, "FR055",
    ),
    "plan of another RTX release": ({"tensorrt_rtx": "1.7.1.116", "compute_capability": "8.9"}, ON_RTX, "FR055"),
    "plan on Windows": ({"os": "windows 11"}, {}, "FR055"),
    "plan on another GPU": ({"gpu": "NVIDIA A100", "compute_capability": "8.0"}, {}, "FR056"),
    "GPU that TensorRT-RTX is not made for": (
        {"tensorrt_rtx": "1.7.1.116", "compute_capability": "9.0", "gpu": "NVIDIA H200"},
        {"plan": None, "components": without("tensorrt", tensorrt_rtx="1.7.1.116")}, "FR056",
    ),
    "another major version of CUDA": ({"cuda_runtime": "12.9.79"}, {}, "FR057"),
    "another major version of the whole CUDA": (
        {"cuda_runtime": "12.9.79", "cuda_toolkit": "12.9.1"}, {}, "FR057",
    ),
    "driver too old": ({"nvidia_driver": "570.124.06", "cuda_driver": "12.8"}, {}, "FR058"),
    "driver too old, by its CUDA": (
        {"cuda_driver": "12.8"}, {"components": without("nvidia_driver")}, "FR058",
    ),
    "opset too new for ONNX Runtime": (
        {"onnxruntime": "1.16.3"}, {}, "FR059",
    ),
    "IR version too new for ONNX Runtime": (
        {"onnxruntime": "1.22.1"}, {"graph": Graph(opset=18, ir_version=11)}, "FR059",
    ),
    "opset too new for onnx": ({"onnx": "1.14.1"}, {}, "FR059"),
    "opset too new for the parser": (
        {"tensorrt": "10.1.0.27"}, {**NO_PLAN, "graph": Graph(opset=23, ir_version=10)}, "FR059",
    ),
    "TF32 switched off": ({"tf32_override": "0"}, {}, "FR061"),
    "TF32 no longer switched off": (
        {"tf32_override": ""}, {"components": {**COMPONENTS, "tf32_override": "0"}}, "FR061",
    ),
    "TF32 no longer switched off, by the plan": (
        {}, {"plan": PLAN.model_copy(update={"flags": ("NVIDIA_TF32_OVERRIDE=0",)})}, "FR061",
    ),
    "TF32 in torch by NVIDIA's image": ({"torch_tf32_override": "1"}, {}, "FR061"),
    "exporter's default flipped": ({"torch": "2.9.1"}, OLD_TORCH, "FR063"),
    "another exporter": ({"exporter": "torch.onnx.export(dynamo=False) 2.9.1"}, {}, "FR063"),
    "onnxscript too old for torch": ({"onnxscript": "0.2.7"}, {}, "FR064"),
    "older glibc": ({"os": "debian 11", "glibc": "2.31"}, {}, "FR065"),
    "another major version of TensorRT": ({"tensorrt": "11.1.0.106"}, NO_PLAN, "FR066"),
}  # fmt: skip
"""What is changed in the environment, what is other in the manifest, and the code of the one red line."""


@pytest.mark.parametrize(("changed", "fields", "code"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_mismatch_is_one_red_line_of_its_class(
    changed: dict[str, str], fields: dict[str, Any], code: str
) -> None:
    found = judged(changed, fields=fields)
    (finding,) = findings_of(found)
    assert (finding.code, finding.severity) == (code, Severity.ERROR), finding.render()
    (matters,) = (each for each in found if each.matters)
    assert matters.kind is Kind.BREAKING
    assert matters.source
    assert finding.next_step


UNKNOWN = {
    "another minor version of torch": ({"torch": "2.10.0", "exporter": "torch.onnx.export(dynamo=True) 2.10.0"}, {}),
    "another minor version of Python": ({"python": "3.12.3"}, {}),
    "another image under the same tag": ({"container_digest": "sha256:bb"}, {}),
    "an earlier TensorRT": ({"tensorrt": "10.12.0.36"}, NO_PLAN),
    "another RTX release": ({"tensorrt_rtx": "1.7.1.116"}, RTX_NO_PLAN),
    "an opset that nobody wrote down": (
        {"tensorrt": "10.14.1.48"}, {**NO_PLAN, "graph": Graph(opset=22, ir_version=10)},
    ),
    "a simplifier": ({"simplifier": "onnxslim 0.2.0"}, {}),
    "another simplifier of the same version": ({"simplifier": "onnxsim 0.1.98"}, {}),
    "a component that is none": ({"tensorrt-rtx": ""}, {"components": {**COMPONENTS, "tensorrt-rtx": "1.6"}}),
    "an ONNX Runtime without a row": ({"onnxruntime": "1.13.1"}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "fields"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_nobody_wrote_down_is_a_warning_and_never_a_pass(
    changed: dict[str, str], fields: dict[str, Any]
) -> None:
    (finding,) = findings_of(judged(changed, fields=fields))
    assert (finding.code, finding.severity) == ("FR069", Severity.WARNING)


FITS = {
    "a patch": ({"python": "3.11.14", "numpy": "2.3.5", "onnxslim": "0.1.99"}, {}, Kind.PATCH),
    "another build of torch": ({"torch": "2.9.1+cu128"}, {}, Kind.PATCH),
    "torch and onnxscript where the file came as ONNX from elsewhere": (
        {"torch": "2.9.1", "onnxscript": "0.1.0"},
        {**OLD_TORCH, "graph": Graph(opset=20, ir_version=10, producer="tf2onnx 1.16.1")}, Kind.COMPATIBLE,
    ),
    "a later ONNX Runtime": ({"onnxruntime": "1.32.0"}, {}, Kind.COMPATIBLE),
    "an earlier ONNX Runtime that knows the file": ({"onnxruntime": "1.22.0"}, {}, Kind.COMPATIBLE),
    "a later onnx": ({"onnx": "1.23.2"}, {}, Kind.COMPATIBLE),
    "a minor version of CUDA": ({"cuda_runtime": "13.1.80", "cuda_toolkit": "13.1.0"}, {}, Kind.COMPATIBLE),
    "another driver of the branch": ({"nvidia_driver": "580.105.08"}, {}, Kind.COMPATIBLE),
    "a later driver": ({"nvidia_driver": "595.58.03", "cuda_driver": "13.2"}, {}, Kind.COMPATIBLE),
    "another name of the same GPU": ({"gpu": "NVIDIA L40S"}, {}, Kind.COMPATIBLE),
    "a later glibc": ({"os": "ubuntu 24.04", "glibc": "2.39"}, {}, Kind.COMPATIBLE),
    "a later TensorRT without a plan": (
        {"tensorrt": "10.15.1.29", "onnx_parser": "10.15.1"}, NO_PLAN, Kind.COMPATIBLE,
    ),
    "a version-compatible plan": ({"tensorrt": "10.14.1.48"}, VERSION_COMPATIBLE, Kind.COMPATIBLE),
    "a version-compatible plan of 10 in 11": ({"tensorrt": "11.1.0.106"}, VERSION_COMPATIBLE, Kind.COMPATIBLE),
    "another image": (
        {"container": "nvcr.io/nvidia/pytorch:25.11", "container_digest": "sha256:bb"}, {}, Kind.COMPATIBLE,
    ),
    "a plan for GPUs to come": (
        {"compute_capability": "12.9"},
        {**ON_RTX, "plan": RTX.model_copy(update={"compute_capabilities": ("8.9", ">12.0")})}, Kind.IDENTICAL,
    ),
    "a plan of RTX 1.6.1 where it was seen to run, though its list leaves the GPU out": (
        {"compute_capability": "9.0", "gpu": "NVIDIA H200"},
        {**ON_RTX, "plan": RTX.model_copy(update={"compute_capabilities": ("8.9", ">12.0")})}, Kind.COMPATIBLE,
    ),
    "TF32 on by name": ({"tf32_override": "1"}, {}, Kind.IDENTICAL),
    "TF32 no longer on by name": (
        {"tf32_override": "", "torch_tf32_override": ""},
        {"components": {**COMPONENTS, "tf32_override": "1", "torch_tf32_override": "0"}}, Kind.IDENTICAL,
    ),
    "a patch of TensorRT-RTX without a plan": ({"tensorrt_rtx": "1.6.2.10"}, RTX_NO_PLAN, Kind.PATCH),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "fields", "kind"), FITS.values(), ids=FITS.keys())
def test_what_fits_is_told_and_makes_no_finding(
    changed: dict[str, str], fields: dict[str, Any], kind: Kind
) -> None:
    found = judged(changed, fields=fields)
    assert not list(findings_of(found))
    other = {each.kind for each in found if each.kind is not Kind.IDENTICAL}
    assert other == ({kind} - {Kind.IDENTICAL})


def test_the_system_it_was_written_on_differs_in_nothing() -> None:
    found = judged()
    assert {each.component for each in found} == set(COMPONENTS)
    assert {each.kind for each in found} == {Kind.IDENTICAL}
    assert not list(findings_of(found))
