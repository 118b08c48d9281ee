"""A manifest beside a running system: what differs, what it means, and one finding for each."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from pytest_frictionless.codes import CODES
from pytest_frictionless.finding import Severity
from pytest_frictionless.settings.target import Opset, Target
from pytest_frictionless.stack.comparison import Kind
from pytest_frictionless.stack.differences import Difference, differences, findings_of
from pytest_frictionless.stack.manifest import Graph, Manifest, Plan
from pytest_frictionless.stack.rules import RULES

COMPONENTS = {
    "os": "ubuntu 22.04", "glibc": "2.35", "python": "3.11.9", "torch": "2.9.1",
    "exporter": "torch.onnx.export(dynamo=True) 2.9.1", "onnxscript": "0.5.7", "onnx": "1.19.1",
    "onnxruntime": "1.23.2", "simplifier": "onnxslim 0.1.98", "numpy": "2.3.4",
    "tensorrt": "10.13.3.9", "onnx_parser": "10.13.3", "cuda_toolkit": "13.0.2",
    "cuda_runtime": "13.0.88", "cuda_driver": "13.0", "nvidia_driver": "580.95.05",
    "cudnn": "9.14.0.64", "gpu": "NVIDIA L4", "compute_capability": "8.9",
    "container": "nvcr.io/nvidia/pytorch:25.10", "container_digest": "sha256:aa",
}  # fmt: skip
PLAN = Plan(tensorrt="10.13.3.9", compute_capabilities=("8.9",), precision="fp16")
RTX = Plan(tensorrt_rtx="1.6.1.120", compute_capabilities=("8.9", "9.0"))


def manifest(**fields: Any) -> Manifest:
    return Manifest.model_validate({
        "checkpoint": "models/net.safetensors", "written": datetime.date(2026, 1, 2),
        "written_by": "a test", "components": COMPONENTS, "plan": PLAN,
        "graph": Graph(opset=20, ir_version=10), **fields,
    })  # fmt: skip


def judged(
    changed: dict[str, str] | None = None, *, fields: dict[str, Any] | None = None, **asked: Any
) -> tuple[Difference, ...]:
    """The difference of an environment that is the recorded one but for what is changed."""
    recorded = manifest(**(fields or {}))
    running = {**recorded.components, **(changed or {})}
    found = {name: text for name, text in running.items() if text}
    return differences(recorded, found, asked.pop("target", Target()), **asked)


def without(*names: str, **more: str) -> dict[str, str]:
    return {name: text for name, text in COMPONENTS.items() if name not in names} | more


NO_PLAN: dict[str, Any] = {"plan": None}
ON_RTX: dict[str, Any] = {
    "plan": RTX, "components": without("tensorrt", tensorrt_rtx="1.6.1.120"),
}  # fmt: skip
RTX_NO_PLAN: dict[str, Any] = {**ON_RTX, "plan": None}
OLD_TORCH: dict[str, Any] = {
    "components": without("exporter", torch="2.8.0"),
    "graph": Graph(opset=20, ir_version=10, producer="pytorch 2.8.0"),
}
VERSION_COMPATIBLE: dict[str, Any] = {
    "plan": PLAN.model_copy(update={"flags": ("version_compatible",)})
}

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


@pytest.mark.parametrize("version", ["11.1.0.106", "10.13.3.9"])
def test_precision_flags_are_ignored_since_tensorrt_11(version: str) -> None:
    codes = [each.code for each in findings_of(judged({"tensorrt": version}, precision="fp16"))]
    assert codes == (["FR062"] if version.startswith("11") else [])


def test_the_plan_that_no_longer_loads_is_told_beside_the_lost_precision() -> None:
    (finding,) = findings_of(judged({"tensorrt": "11.1.0.106"}, precision="fp16"))
    assert ("also", "a plan loads in the TensorRT version that built it only") in finding.evidence


@pytest.mark.parametrize(("delivered", "codes"), [("fp16", []), ("fp32", ["FR062"]), ("", [])])
def test_a_typed_engine_computes_in_the_types_of_the_file(delivered: str, codes: list[str]) -> None:
    plan = Plan(tensorrt="11.1.0.106", compute_capabilities=("8.9",), precision=delivered)
    fields = {"plan": plan, "components": {**COMPONENTS, "tensorrt": "11.1.0.106"}}
    found = judged(fields=fields, precision="fp16")
    assert [each.code for each in findings_of(found)] == codes


def test_the_opset_is_compared_with_the_pin_and_with_what_is_delivered_now() -> None:
    pin = Opset(version=18, reason="production")
    (finding,) = findings_of(judged(pin=pin))
    assert finding.code == "FR060"
    assert (
        finding.headline
        == "FR060 ONNX opset 20 is recorded: opset 18 is pinned in frictionless.yaml"
    )
    (finding,) = findings_of(judged(delivered=Graph(opset=18, ir_version=10)))
    assert finding.code == "FR060"
    assert not list(findings_of(judged(pin=Opset(version=20, reason="production"))))


@pytest.mark.parametrize(
    ("target", "codes"),
    [
        ({"tensorrt": "10.13"}, []),
        ({"tensorrt": "10.14"}, ["FR068"]),
        ({"compute_capabilities": ("8.9",)}, []),
        ({"compute_capabilities": ("8.0", "8.9")}, ["FR068"]),
        ({"tensorrt_rtx": "1.7"}, ["FR068"]),
        ({"tensorrt": "10.13", "tensorrt_rtx": "1.7"}, []),
    ],
)
def test_a_plan_is_for_the_target(target: dict[str, Any], codes: list[str]) -> None:
    found = judged(target=Target.model_validate(target))
    assert [each.code for each in findings_of(found)] == codes


@pytest.mark.parametrize(
    ("file", "severity"), [("", Severity.WARNING), ("net.plan", Severity.ERROR)]
)
def test_a_plan_of_the_other_flavour_is_red_where_it_is_the_one_that_is_deployed(
    file: str, severity: Severity
) -> None:
    fields = {"plan": PLAN.model_copy(update={"file": file})}
    (finding,) = findings_of(judged(fields=fields, target=Target(tensorrt_rtx="1.7")))
    assert finding.severity is severity
    assert finding.message == (
        "TensorRT 10.13.3.9 is recorded and TensorRT-RTX 1.7 is the target: neither loads a plan of "
        "the other"
    )


def test_what_runs_here_is_not_told_twice_where_it_is_the_target() -> None:
    target = Target(tensorrt="10.14")
    (finding,) = findings_of(judged({"tensorrt": "10.14.1.48"}, target=target))
    assert finding.code == "FR055"


def test_what_cannot_be_compared_here_is_one_warning() -> None:
    here = dict.fromkeys(("gpu", "compute_capability", "nvidia_driver", "cuda_driver"), "")
    (finding,) = findings_of(judged(here))
    assert (finding.code, finding.severity) == ("FR069", Severity.WARNING)
    names = [name for name, _ in finding.evidence]
    assert names == ["CUDA of the driver", "NVIDIA driver", "GPU", "compute capability"]


def test_a_plan_for_gpus_is_no_difference_where_there_was_none() -> None:
    here = without("gpu", "compute_capability", "nvidia_driver", "cuda_driver")
    found = judged(fields={"components": here})
    assert "compute_capability" not in {each.component for each in found}
    assert not list(findings_of(found))


def test_text_that_is_no_version_is_unknown_and_no_traceback() -> None:
    odd = {name: "main-branch" for name in RULES if name != "container"}
    for finding in findings_of(judged(odd)):
        assert finding.code in CODES


@pytest.mark.parametrize(("built_for", "here"), [(">newer", "8.9"), (">8.0", "N/A")])
def test_a_capability_that_is_no_number_covers_nothing(built_for: str, here: str) -> None:
    plan = PLAN.model_copy(update={"compute_capabilities": (built_for,)})
    (finding,) = findings_of(judged({"compute_capability": here}, fields={"plan": plan}))
    assert finding.code == "FR056"
