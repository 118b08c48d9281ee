"""Which checkpoints a changed file selects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import onnx
import pytest
from onnx import TensorProto, helper
from tests.changes import EVERYTHING, MADE, OTHER, PLAIN, Repository, fill
from tests.checkout import ONNX, pointer

from pytest_frictionless.ci.needs import external_files

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_changed(repository: Repository) -> None:
    assert repository.changed() == set()


CASES = {
    PLAIN: {PLAIN},
    MADE: {MADE},
    "models/plain.onnx.data": {PLAIN},
    "models/plain.manifest.yaml": {PLAIN},
    "samples/x.npz": {MADE},
    "shop/nets.py": {MADE},
    "shop/vocabulary.bpe": {MADE},
    "tools/any.py": {MADE},
    "configs/net.yaml": {MADE},
    "assets/vocabulary.model": {MADE},
    "evidence/models/plain.onnx.intoto.json": {PLAIN},
    "evidence/keys/gpu.pub": EVERYTHING,
    "assets/words.vec": {MADE},
    "assets/tokens": {MADE},
    "notes.txt": {MADE},
    "shop/README.md": {MADE},
    "docs/conf.py": {MADE},
    "docs/table.json": set(),
    "LICENSE": set(),
    "web/package-lock.json": set(),
    "README.md": set(),
    "web/app.js": set(),
    ".pre-commit-config.yaml": set(),
    "requirements.txt": EVERYTHING,
    "requirements/constraints.txt": EVERYTHING,
    "uv.lock": EVERYTHING,
    "pyproject.toml": EVERYTHING,
    "tests/conftest.py": EVERYTHING,
    ".github/workflows/ci.yml": EVERYTHING,
    ".gitlab-ci.yml": EVERYTHING,
    ".gitlab/jobs.yml": EVERYTHING,
    "Jenkinsfile": EVERYTHING,
    "baselines/h200/plain.json": EVERYTHING,
}


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "in the tree"])
@pytest.mark.parametrize(("name", "expected"), CASES.items(), ids=list(CASES))
def test_a_file_selects_what_depends_on_it(
    repository: Repository, name: str, expected: set[str], committed: bool
) -> None:
    repository.write(name, b"changed \x00" if name != "pyproject.toml" else b"[project]\n")
    if committed:
        repository.commit()
    else:
        repository.git("add", "-A")
    assert repository.changed() == expected


def test_a_file_of_the_repository_above_counts_too(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "services/vision")
    fill(repository)
    (tmp_path / "shared.py").write_text("1")
    repository.git("add", "-A")
    assert repository.changed() == {MADE}
    (tmp_path / "uv.lock").write_text("1")
    repository.git("add", "-A")
    assert repository.changed() == EVERYTHING


def test_what_jobs_leave_in_the_tree_is_no_change(repository: Repository) -> None:
    for name in ("venv/lib/torch.py", "matrix.json", "requirements.txt", "shop/__pycache__/nets.pyc",
                 "baselines/new.json", "web/built.py"):  # fmt: skip
        repository.write(name, "made by a job")
    assert repository.changed() == set()
    repository.write("shop/new.py", "not added yet")
    assert repository.changed() == {MADE}


def test_what_main_changed_meanwhile_is_not_ours(repository: Repository) -> None:
    repository.write(PLAIN, ONNX + b"\x00")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write(OTHER, ONNX + b"\x00")
    repository.commit()
    repository.git("checkout", "-q", "feature")
    assert repository.changed() == {PLAIN}


def test_a_new_checkpoint_and_one_that_is_moved_are_tested(repository: Repository) -> None:
    repository.write("models/new.onnx")
    repository.git("mv", str(repository.root / OTHER), str(repository.root / "models/moved.onnx"))
    assert repository.changed() == {"models/new.onnx", "models/moved.onnx"}


def test_a_checkpoint_that_is_gone_selects_nothing(repository: Repository) -> None:
    (repository.root / OTHER).unlink()
    assert repository.changed() == set()


def test_what_was_named_after_a_checkpoint_and_is_gone_selects_it(repository: Repository) -> None:
    repository.write("models/plain.onnx.data", "weights")
    base = repository.commit()
    (repository.root / "models/plain.onnx.data").unlink()
    assert repository.changed(base) == {PLAIN}


def test_any_file_of_a_hugging_face_folder_selects_it(repository: Repository) -> None:
    repository.write("models/bert/config.json", json.dumps({"model_type": "bert"}))
    repository.write("models/bert/model.safetensors", b"\x02\0\0\0\0\0\0\0{}")
    repository.write("models/bert/onnx/README", "x")
    base = repository.commit()
    assert repository.changed(base) == set()
    (repository.root / "models/bert/onnx/README").unlink()
    assert repository.changed(base) == {"models/bert/config.json"}


def external(path: Path, location: str) -> None:
    """An ONNX model whose weight lies in a file of any name."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4])
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    weight.external_data.add(key="length", value="16")
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "g", [x], [y], [weight])
    path.write_bytes(helper.make_model(graph).SerializeToString())
    file = path.parent / location
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\0" * 16)


@pytest.mark.parametrize("location", ["weights.bin", "deep/er/w", "x" * 200 + ".w", "ü ::.w"])
def test_external_data_selects_the_model_that_names_it(
    repository: Repository, location: str
) -> None:
    external(repository.root / PLAIN, location)
    base = repository.commit()
    tree = repository.tree()
    assert {each.place: external_files(each) for each in tree.models if each.place != MADE} == {
        PLAIN: {repository.root / "models" / location}, OTHER: set(),
    }  # fmt: skip
    onnx.load(repository.root / PLAIN)  # what onnx finds is what was found here
    (repository.root / "models" / location).write_bytes(b"\1" * 16)
    assert repository.changed(base) == {PLAIN}


def test_of_a_model_that_is_not_pulled_any_file_near_may_be_its_own(repository: Repository) -> None:
    repository.write(PLAIN, pointer(oid="0" * 64))
    repository.write("models/weights.of.plain", pointer(oid="1" * 64))
    base = repository.commit()
    repository.write("models/weights.of.plain", pointer(oid="2" * 64))
    assert repository.changed(base) == {PLAIN, MADE}


def test_links_are_followed_to_what_they_lead_to(repository: Repository) -> None:
    repository.write("blobs/1234", ONNX)
    (repository.root / "models/linked.onnx").symlink_to("../blobs/1234")
    base = repository.commit()
    assert repository.changed(base) == set()
    repository.write("blobs/1234", ONNX + b"\x00")
    assert repository.changed(base) == {"models/linked.onnx"}


def test_a_submodule_that_moved_on_selects_what_is_in_it(tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner")
    inner.write("a.onnx")
    inner.commit()
    outer = Repository(tmp_path / "outer")
    outer.write("b.onnx")
    outer.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.top), "models"
    )
    base = outer.commit()
    assert outer.changed(base) == set()
    inside = Repository(outer.top / "models")
    inside.write("a.onnx", ONNX + b"\x00")
    inside.commit()
    assert outer.changed(base) == {"models/a.onnx"}


def test_a_checkpoint_that_git_ignores_is_always_tested(repository: Repository) -> None:
    repository.write(".gitignore", "/models/fetched.onnx\n/models/kept.onnx\n")
    repository.write("models/fetched.onnx")
    repository.write("models/kept.onnx")
    repository.write("models/kept.onnx.dvc", "md5: 1")
    base = repository.commit()
    selection = repository.since(base)
    assert selection.reasons == {"models/fetched.onnx": "git does not know models/fetched.onnx"}
    repository.write("models/kept.onnx.dvc", "md5: 2")
    assert "models/kept.onnx" in repository.changed(base)


def test_hostile_names_are_names(repository: Repository) -> None:
    names = {f"models/{name}.onnx" for name in ("$(touch x)", "a\nb", "-rf", "d::e[1]", 'q"', "ü")}
    for name in names:
        repository.write(name)
    assert repository.changed() == names
