"""External data of ONNX files, wherever a tensor may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.checkpoint.external import external_files
from pytest_frictionless.errors import StepFailed

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.finding import Finding

pytestmark = pytest.mark.real
onnx = pytest.importorskip("onnx")


def tensor(name: str, location: str | None, **entries: Any) -> Any:
    """A tensor of 4 float32 kept in another file; inside where there is no location."""
    made = onnx.helper.make_tensor(name, onnx.TensorProto.FLOAT, [4], [0.0] * 4)
    if location is not None:
        made.ClearField("float_data")
        made.data_location = onnx.TensorProto.EXTERNAL
        for key, value in {"location": location, **entries}.items():
            made.external_data.add(key=key, value=str(value))
    return made


def graph(*initializers: Any, nodes: Any = ()) -> Any:
    return onnx.helper.make_graph(nodes, "g", [], [], initializer=initializers)


def save(folder: Path, made: Any, **files: int) -> Path:
    model = made if hasattr(made, "graph") else onnx.helper.make_model(made)
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    for name, size in files.items():
        (folder / name).write_bytes(bytes(size))
    return folder / "m.onnx"


def problem(path: Path) -> Finding:
    with pytest.raises(StepFailed) as caught:
        external_files(path)
    caught.value.finding.render()
    return caught.value.finding


def test_model_without_external_data(tmp_path: Path) -> None:
    assert external_files(save(tmp_path, graph(tensor("w", None)))) == []


def test_every_place_a_tensor_may_stand_in(tmp_path: Path) -> None:
    helper = onnx.helper
    names = [f"file{n}" for n in range(9)]
    (one, two, three, four, five, six, seven, eight, nine) = (tensor(n, n) for n in names)
    inner = graph(two, nodes=[helper.make_node("Constant", [], ["c"], value=three)])
    branch = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=graph())
    node = helper.make_node("Own", [], ["z"], domain="own")
    node.attribute.append(helper.make_attribute("several", [four]))
    node.attribute.append(helper.make_attribute("graphs", [graph(five)]))
    made = graph(one, nodes=[branch, node])
    sparse = made.sparse_initializer.add()
    sparse.values.CopyFrom(six)
    sparse.indices.CopyFrom(seven)
    model = helper.make_model(made)
    constant = helper.make_node("Constant", [], ["c"], value=eight)
    opset = helper.make_opsetid("", 18)
    model.functions.append(helper.make_function("own", "F", [], ["c"], [constant], [opset]))
    model.training_info.add().algorithm.CopyFrom(graph(nine))
    path = save(tmp_path, model, **dict.fromkeys(names, 16))
    assert external_files(path) == [tmp_path / name for name in names]


def test_one_file_of_several_tensors_is_listed_once(tmp_path: Path) -> None:
    made = graph(tensor("a", "w", offset=0, length=16), tensor("b", "./w", offset=16, length=16))
    assert external_files(save(tmp_path, made, w=32)) == [tmp_path / "w"]


def test_missing_file_names_file_and_tensor(tmp_path: Path) -> None:
    finding = problem(save(tmp_path, graph(tensor("fc.weight", "w"), tensor("fc.bias", "w"))))
    assert finding.code == "FR207"
    place = (tmp_path / "w").as_posix()
    words = f"keeps tensor 'fc.weight' and 1 more tensors in {place}, which does not exist"
    assert finding.message.endswith(words)
    assert [name for name, _ in finding.evidence] == ["fc.weight", "fc.bias"]


def test_dangling_link_and_folder(tmp_path: Path) -> None:
    path = save(tmp_path, graph(tensor("a", "w")))
    (tmp_path / "w").symlink_to("gone")
    assert "a dangling symbolic link, which does not exist" in problem(path).message
    (tmp_path / "w").unlink()
    (tmp_path / "w").mkdir()
    assert "which is no file" in problem(path).message


@pytest.mark.parametrize(
    ("entries", "size", "words"),
    [
        ({"offset": 8, "length": 16}, 16, "24 bytes are needed, it has 16 (8 are missing)"),
        ({}, 0, "16 bytes are needed, it has 0 (16 are missing)"),
        ({"length": 4}, 10, "16 bytes are needed, it has 10 (6 are missing)"),
        ({"offset": -4}, 99, "gives tensor 'a' an offset that is no position"),
        ({"offset": "x"}, 99, "gives tensor 'a' an offset that is no position"),
    ],
)
def test_file_too_short(tmp_path: Path, entries: Any, size: int, words: str) -> None:
    finding = problem(save(tmp_path, graph(tensor("a", "w", **entries)), w=size))
    assert finding.code == "FR207"
    assert words in finding.message


@pytest.mark.parametrize(
    "location", ["../w", "sub/../../w", "/etc/passwd", "..\\w", "C:\\w", "", ".", ".."]
)
def test_location_outside_of_the_folder(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "w").write_bytes(bytes(16))
    finding = problem(save(folder, graph(tensor("a", location))))
    assert finding.code == "FR207"
    assert f"keeps tensor 'a' outside of its folder, in {location!r}" in finding.message


def test_damaged_model(tmp_path: Path) -> None:
    path = save(tmp_path, graph(tensor("a", "w")))
    path.write_bytes(path.read_bytes()[:-3])
    assert problem(path).code == "FR205"
