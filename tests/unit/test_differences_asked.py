"""A manifest beside what is asked for: precision, opset, target, and what cannot be compared."""

from __future__ import annotations

from typing import Any

import pytest
from tests.differing import COMPONENTS, PLAN, judged, without

from pytest_frictionless.codes import CODES
from pytest_frictionless.finding import Severity
from pytest_frictionless.settings.target import Opset, Target
from pytest_frictionless.stack.differences import findings_of
from pytest_frictionless.stack.manifest import Graph, Plan
from pytest_frictionless.stack.rules import RULES


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
