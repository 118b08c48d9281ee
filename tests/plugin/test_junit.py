"""JUnit XML: valid whatever the names, one testcase for each item, with its numbers."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET

import pytest
from tests.project import CHECKS, DET, Project


@pytest.mark.parametrize("family", ["xunit2", "xunit1"])
def test_every_item_is_a_testcase_with_its_properties(project: Project, family: str) -> None:
    project.onnx("models/good.onnx")
    project.onnx("models/det.onnx", DET)
    outcome = project.run("models", "--junitxml=out.xml", "-o", f"junit_family={family}")
    cases = ET.parse(project.root / "out.xml").getroot().findall(".//testcase")
    assert len(cases) == len(outcome.ids) == 2 * len(CHECKS)
    by_name = {(case.get("classname"), case.get("name")): case for case in cases}
    build = by_name["models.good.onnx", "build-default"]
    properties = {each.get("name"): each.get("value") for each in build.findall(".//property")}
    assert properties["frictionless.checkpoint"] == "models/good.onnx"
    assert properties["frictionless.check"] == "build"
    assert properties["frictionless.profile"] == "default"
    assert int(str(properties["frictionless.plan_bytes"])) > 1000
    failure = by_name["models.det.onnx", "operators"].find("failure")
    assert failure is not None
    assert str(failure.get("message")).startswith("FR501 Det is rejected by TensorRT-RTX")
    assert "reproduce:" in str(failure.text)
    skipped = by_name["models.det.onnx", "build-default"].find("skipped")
    assert skipped is not None
    assert str(skipped.get("message")).startswith("needs operators: FR501 Det")


def test_xml_is_valid_with_odd_names(project: Project) -> None:
    for name in (
        'a & <b> "c"', "it's", "ünï 名", "tab\there", "bell\x07", "new\nline", "per%cent", "a::b", "[x]",
    ):  # fmt: skip
        project.onnx(f"models/{name}.onnx")
    raw = os.fsencode(project.root / "models") + b"/latin\xff.onnx"
    with open(raw, "wb") as stream:
        stream.write((project.root / "models/it's.onnx").read_bytes())
    outcome = project.run("models", "--junitxml=out.xml", "-k", "load or opset")
    root = ET.parse(project.root / "out.xml").getroot()
    assert len(root.findall(".//testcase")) == len(outcome.ids) == 20
    assert outcome.failed() == [r"models/latin\xff.onnx::load"]
    assert outcome.failed()[0] in outcome.stdout
    assert "INTERNAL" not in outcome.stdout
