"""The bill of materials is valid CycloneDX, and holds what the manifest holds."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from tests.unit.test_manifest_file import FULL

from pytest_frictionless.errors import MissingDependency
from pytest_frictionless.stack.cyclonedx import to_cyclonedx
from pytest_frictionless.stack.manifest import COMPONENTS, Manifest

cyclonedx = pytest.importorskip("cyclonedx")
DIGEST = f"sha256:{'ab' * 32}"
EVERY = {name: f"{number}.0.0" for number, name in enumerate(COMPONENTS)} | {
    "torch": "2.13.0+cpu", "exporter": "torch.onnx.export(dynamo=True) 2.13.0",
    "simplifier": "onnxslim 0.1.98", "os": "ubuntu 24.04", "gpu": "NVIDIA H200",
    "compute_capability": "9.0", "container": "nvcr.io/nvidia/tensorrt:25.10-py3",
    "container_digest": DIGEST,
}  # fmt: skip


def bill(**changes: Any) -> dict[str, Any]:
    text = to_cyclonedx(Manifest.model_validate(FULL | changes))
    parsed: dict[str, Any] = json.loads(text)
    return parsed


@pytest.mark.parametrize(
    "changes",
    [{}, {"components": EVERY}, {"components": {}, "digests": {}, "graph": None, "plan": None}],
)
def test_it_is_valid_by_the_schema_of_the_library(changes: dict[str, Any]) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = json.dumps(bill(**changes))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    broken = text.replace("machine-learning-model", "model")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_the_model_stands_with_its_digest_on_its_stack() -> None:
    found = bill(components=EVERY)
    model = found["metadata"]["component"]
    assert model["type"] == "machine-learning-model"
    assert model["name"] == FULL["checkpoint"]
    assert model["hashes"] == [{"alg": "SHA-256", "content": "c" * 64}]
    by_name = {each["bom-ref"]: each for each in found["components"]}
    needed = next(each for each in found["dependencies"] if each["ref"] == "model")["dependsOn"]
    assert set(needed) == set(by_name)
    assert by_name["onnx-file"]["hashes"][0]["content"] == "0" * 64
    assert by_name["torch"]["purl"] == "pkg:pypi/torch@2.13.0%2Bcpu"
    assert by_name["simplifier"]["purl"] == "pkg:pypi/onnxslim@0.1.98"
    assert by_name["os"]["name"] == "ubuntu"
    assert by_name["gpu"]["name"] == "NVIDIA H200"
    assert by_name["gpu"]["properties"][0]["value"] == "9.0"
    purl = by_name["container"]["purl"]
    assert purl.startswith("pkg:oci/tensorrt@sha256")
    assert "tag=25.10-py3" in purl
    assert "purl" not in by_name["tensorrt"]


@pytest.mark.parametrize(
    ("image", "name", "tag"),
    [
        ("ubuntu", "ubuntu", None),
        ("host:5000/x", "host:5000/x", None),
        ("host:5000/x:1", "host:5000/x", "1"),
    ],
)
def test_an_image_may_have_a_port_and_no_tag(image: str, name: str, tag: str | None) -> None:
    (found,) = bill(components={"container": image}, digests={})["components"]
    assert (found["name"], found.get("version")) == (name, tag)


def test_what_stands_without_its_owner_is_told_of_the_model() -> None:
    alone = {"compute_capability": "8.9", "cuda_driver": "13.0", "container_digest": DIGEST}
    said = bill(components=alone)["metadata"]["component"]["properties"]
    assert set(alone.values()) < {each["value"] for each in said}


def test_every_component_is_told() -> None:
    text = json.dumps(bill(components=EVERY))
    words = {name: re.split("[ :]", version)[-1] for name, version in EVERY.items()}
    assert [name for name, word in words.items() if word not in text] == []


def test_the_same_manifest_gives_the_same_bill_and_another_one_another() -> None:
    assert bill() == bill()
    assert bill()["serialNumber"] != bill(opset_reason="another")["serialNumber"]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx.model.bom", None)
    with pytest.raises(MissingDependency, match=r"pip install 'pytest-frictionless\[sbom\]'"):
        to_cyclonedx(Manifest.model_validate(FULL))
