"""A manifest beside a running system: what differs, what it means, and one finding for each."""

from __future__ import annotations

import datetime

import pytest

from pytest_frictionless.finding import Severity
from pytest_frictionless.settings.model import Target
from pytest_frictionless.stack.comparison import Kind
from pytest_frictionless.stack.differences import differences, findings_of
from pytest_frictionless.stack.manifest import Manifest, Plan

COMPONENTS = {
    "python": "3.11.9", "glibc": "2.35", "torch": "2.9.1", "onnx": "1.19.1",
    "tensorrt": "10.13.3.9", "gpu": "NVIDIA L4", "compute_capability": "8.9",
}  # fmt: skip


def manifest(**fields: object) -> Manifest:
    given = {
        "components": COMPONENTS,
        "plan": Plan(tensorrt="10.13.3.9", compute_capabilities=("8.9",)),
    }
    return Manifest.model_validate({
        "checkpoint": "models/net.onnx", "written": datetime.date(2026, 1, 2), "written_by": "a test",
        **given, **fields,
    })  # fmt: skip


def test_the_system_it_was_written_on_differs_in_nothing() -> None:
    found = differences(manifest(), COMPONENTS, Target())
    assert {each.component for each in found} == set(COMPONENTS)
    assert {each.kind for each in found} == {Kind.IDENTICAL}
    assert not list(findings_of(found))


@pytest.mark.parametrize(
    ("changed", "code", "kind"),
    [
        ({"tensorrt": "10.14.1.48"}, "FR055", Kind.BREAKING),
        ({"compute_capability": "8.0"}, "FR056", Kind.BREAKING),
    ],
)
def test_one_mismatch_is_one_finding(changed: dict[str, str], code: str, kind: Kind) -> None:
    found = differences(manifest(), COMPONENTS | changed, Target())
    (finding,) = findings_of(found)
    assert finding.code == code
    assert {each.component: each.kind for each in found if each.matters} == dict.fromkeys(
        changed, kind
    )


def test_what_cannot_be_compared_here_is_one_warning() -> None:
    here = {name: COMPONENTS[name] for name in ("python", "glibc", "torch", "onnx", "tensorrt")}
    (finding,) = findings_of(differences(manifest(), here, Target()))
    assert finding.code == "FR069"
    assert finding.severity is Severity.WARNING
    assert [name for name, _ in finding.evidence] == ["GPU", "compute capability"]
