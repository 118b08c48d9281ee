"""A file without a dynamic axis is told of, unless somebody said that one size is meant."""

from __future__ import annotations

import pytest

from tests.project import Item, Project

pytestmark = pytest.mark.real
onnx = pytest.importorskip("onnx")

SAID = 'models: {net: {inputs: {image: "float32[1, 8]"}}}'
RANGE = "models: {net: {profiles: {default: {batch: [1, 4, 8]}}}}"


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    made = Project(pytester.path, pytester)
    (made.root / "models").mkdir()
    return made


def judged(project: Project, settings: str, *flags: str, shape: str = "[1, 8]") -> Item:
    """The item of a net of one node, written by torch as its producer says."""
    model = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["": 18], producer_name: "pytorch"> '
        f"g (float{shape} image) => (float{shape} y) {{ y = Relu(image) }}"
    )
    onnx.save(model, project.root / "models/net.onnx")
    project.write("frictionless.yaml", settings)
    outcome = project.run("-p", "no:cacheprovider", "-rA", "-k", "dynamic", "models", *flags)
    return outcome["models/net.onnx::dynamic-default"]


def test_a_file_of_one_size_is_a_warning_with_the_line_that_opens_it(project: Project) -> None:
    item = judged(project, "roots: [models]")
    assert item.outcome == "passed"
    said = "\n".join([item.text, *item.sections.values()])
    assert "FR603 no dimension is dynamic: image is float32[1, 8]" in said
    assert (
        'torch.onnx.export(model, args, path, dynamo=True, dynamic_shapes=({0: "batch"},))' in said
    )
    assert 'image: "float32[1, 8]"' in said


def test_it_fails_where_warnings_fail(project: Project) -> None:
    assert judged(project, "roots: [models]", "--frictionless-strict").outcome == "failed"


@pytest.mark.parametrize("shape", ["[batch, 8]", "[1, width]", ""])
def test_a_file_with_any_dynamic_axis_or_none_at_all_is_not_told_of(
    project: Project, shape: str
) -> None:
    item = judged(project, "roots: [models]", "--frictionless-strict", shape=shape)
    assert item.outcome == "passed", item.text


def test_an_entry_that_declares_the_sizes_is_consent(project: Project) -> None:
    item = judged(project, SAID, "--frictionless-strict")
    assert item.outcome == "passed", item.text


def test_a_range_that_the_file_cannot_serve_is_an_error(project: Project) -> None:
    item = judged(project, RANGE)
    assert item.outcome == "failed"
    assert "profile default: {batch: [1, 4, 8]} asks for a range" in item.text


def test_an_exported_program_of_one_size_is_told_of(project: Project) -> None:
    torch = pytest.importorskip("torch")
    program = torch.export.export(torch.nn.Linear(8, 3), (torch.ones(1, 8),))
    torch.export.save(program, project.root / "models/net.pt2")
    project.write("frictionless.yaml", "roots: [models]")
    outcome = project.run("-p", "no:cacheprovider", "-rA", "-k", "dynamic", "models")
    item = outcome["models/net.pt2::dynamic-default"]
    said = "\n".join([item.text, *item.sections.values()])
    assert "FR603 no dimension is dynamic: input is float32[1, 8]" in said
    assert (
        "torch.export.export(model, args, dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))" in said
    )
