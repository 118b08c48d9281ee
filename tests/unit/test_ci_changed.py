"""Which checkpoints changed since a commit, in real git repositories."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import onnx
import pytest
from onnx import TensorProto, helper
from tests.checkout import ONNX, Checkout, pointer

from pytest_frictionless.ci.changed import Selection, changed_since
from pytest_frictionless.ci.needs import external_files, include_of, missing_files
from pytest_frictionless.ci.tree import read_tree
from pytest_frictionless.cli import main
from pytest_frictionless.opening import open_shop

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
roots: [models]
target: {tensorrt_rtx: "1.7"}
models:
  made:
    factory: shop.nets:made
    inputs: {x: {type: "float32[batch, 8]", sample: samples/x.npz}}
    profiles: {default: {batch: [1, 2, 4]}}
  plain:
    precision: fp16
"""
MADE, PLAIN, OTHER = "models/made.pt", "models/plain.onnx", "models/other.onnx"
EVERYTHING = {MADE, PLAIN, OTHER}


class Repository(Checkout):
    """A git repository, asked what changed in it."""

    def __init__(self, top: Path, below: str = ".") -> None:
        super().__init__(top, below)
        self.init()

    def since(self, ref: str = "main") -> Selection:
        return changed_since(self.tree(), ref)

    def changed(self, ref: str = "main") -> set[str]:
        selection = self.since(ref)
        assert selection.problem is None
        return set(selection.reasons)


def fill(repository: Repository) -> None:
    repository.write("frictionless.yaml", SETTINGS)
    repository.write(PLAIN)
    repository.write(OTHER)
    repository.write(MADE, b"\x80\x02}q\x00.")
    repository.write("samples/x.npz", b"PK")
    repository.write("shop/__init__.py", "")
    repository.write("shop/nets.py", "import torch\n")
    repository.write("shop/vocabulary.bpe", "a b")
    repository.write("README.md", "models")
    repository.write("web/app.js", "1")
    repository.commit()
    repository.git("checkout", "-q", "-b", "feature")


@pytest.fixture(params=[".", "services/vision"], ids=["at the top", "in a folder"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    made = Repository(tmp_path / "repository", request.param)
    fill(made)
    return made


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


ENTRIES = {
    "another precision": (("precision: fp16", "precision: fp32"), {PLAIN}),
    "another profile": (("[1, 2, 4]", "[1, 2, 8]"), {MADE}),
    "a comment": (("  plain:", "  # weights of May\n  plain:"), set()),
    "another order": ((SETTINGS[SETTINGS.index("  made") :],
                       "  plain: {precision: fp16}\n" + SETTINGS[SETTINGS.index("  made") : SETTINGS.index("  plain")]), set()),
    "an entry gone": (("  plain:\n    precision: fp16\n", ""), {PLAIN}),
    "an entry by path": (("  plain:\n", "  other:\n    path: models/other.onnx\n  plain:\n"), {OTHER}),
    "an entry that cannot be used": (("precision: fp16", "precision: fp17"), {PLAIN}),
    "the target": (('"1.7"', '"1.8"'), EVERYTHING),
    "an opset": (("roots: [models]", "roots: [models]\nopset: {version: 18, reason: x}"), EVERYTHING),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), ENTRIES.values(), ids=list(ENTRIES))
def test_entries_are_compared_as_they_are_meant(
    repository: Repository, change: tuple[str, str], expected: set[str]
) -> None:
    assert change[0] in SETTINGS
    repository.write("frictionless.yaml", SETTINGS.replace(*change))
    assert repository.changed() == expected


def test_settings_that_could_not_be_read_then_select_everything(repository: Repository) -> None:
    repository.write("frictionless.yaml", "roots: [models\n")
    base = repository.commit()
    repository.write("frictionless.yaml", SETTINGS)
    selection = repository.since(base)
    assert set(selection.reasons) == EVERYTHING
    assert selection.reasons[PLAIN] == "frictionless.yaml of that commit cannot be read"


def test_settings_that_are_new_select_what_they_speak_of(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    for name in ("a.onnx", "b.onnx"):
        repository.write(name)
    base = repository.commit()
    repository.write("frictionless.yaml", "models: {a: {precision: fp16}}")
    assert repository.changed(base) == {"a.onnx"}


def test_checkpoints_of_one_entry_are_tested_together(repository: Repository) -> None:
    repository.write("models/a/twin.onnx")
    repository.write("models/b/twin.onnx")
    repository.write("frictionless.yaml", SETTINGS + "  twin: {precision: fp16}\n")
    base = repository.commit()
    repository.write("models/b/twin.onnx", ONNX + b"\x00")
    assert repository.changed(base) == {"models/a/twin.onnx", "models/b/twin.onnx"}


def test_plugins_select_the_models_that_use_them(repository: Repository) -> None:
    repository.write("plugins/p.so", b"\x7fELF")
    repository.write("frictionless.yaml", SETTINGS + "    plugins: [plugins/p.so]\n")
    base = repository.commit()
    repository.write("plugins/p.so", b"\x7fELF2")
    assert repository.changed(base) == {PLAIN}


def test_a_plugin_in_python_imports_who_knows_what(repository: Repository) -> None:
    repository.write("plugins/p.py", "import shop.ops")
    repository.write("frictionless.yaml", SETTINGS + "    plugins: [plugins/p.py]\n")
    base = repository.commit()
    repository.write("shop/ops.py", "")
    repository.git("add", "-A")
    assert repository.changed(base) == {PLAIN, MADE}


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
    assert repository.changed(base) == {PLAIN}


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


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("nowhere", "there is no such commit here"),
        ("0" * 40, "there is no such commit here"),
        ("-p", "that is no name of a commit"),
        ("--output=/tmp/x", "that is no name of a commit"),
        ("main:README.md", "there is no such commit here"),
    ],
)
def test_an_unknown_commit_tests_everything_and_says_what_to_do(
    repository: Repository, ref: str, words: str
) -> None:
    selection = repository.since(ref)
    assert set(selection.reasons) == EVERYTHING
    assert selection.problem is not None
    assert selection.problem.code == "FR015"
    assert words in selection.problem.message
    assert "fetch" in selection.problem.next_step


def test_a_shallow_clone_tests_everything(repository: Repository, tmp_path: Path) -> None:
    repository.write(PLAIN, ONNX + b"\x00")
    repository.commit()
    clone = tmp_path / "clone"
    url = f"file://{repository.top}"
    subprocess.run(["git", "clone", "-q", "--depth=1", "-b", "feature", url, clone], check=True)
    subprocess.run(
        ["git", "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main"],
        cwd=clone, check=True,
    )  # fmt: skip
    root = clone / repository.root.relative_to(repository.top)
    tree = read_tree(root, open_shop(root).settings)
    selection = changed_since(tree, "origin/main")
    assert set(selection.reasons) == EVERYTHING
    assert selection.problem is not None
    assert "what lies between it and HEAD is not here" in selection.problem.message
    subprocess.run(["git", "fetch", "-q", "--unshallow"], cwd=clone, check=True)
    assert set(changed_since(tree, "origin/main").reasons) == {PLAIN}


def test_outside_of_git_everything_is_tested(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(ONNX)
    selection = changed_since(read_tree(tmp_path, open_shop(tmp_path).settings), "main")
    assert set(selection.reasons) == {"a.onnx"}
    assert selection.problem is not None
    assert "not a git repository" in selection.problem.message


def test_without_git_everything_is_tested(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    selection = repository.since()
    assert set(selection.reasons) == EVERYTHING
    assert selection.problem is not None
    assert "git is not installed" in selection.problem.message


def test_hostile_names_are_names(repository: Repository) -> None:
    names = {f"models/{name}.onnx" for name in ("$(touch x)", "a\nb", "-rf", "d::e[1]", 'q"', "ü")}
    for name in names:
        repository.write(name)
    assert repository.changed() == names


def test_the_command_says_what_changed_and_why(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("shop/nets.py", "import torch, math\n")
    repository.write("models/::error::x\n.onnx")
    monkeypatch.chdir(repository.root)
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    assert main(["ci", "discover", "--changed-since", "main"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["count"] == 2
    assert "2 of 4 checkpoints changed since main" in err
    assert "- models/made.pt: shop/nets.py changed" in err
    assert not any(line.lstrip().startswith("::") for line in err.splitlines())
    assert main(["ci", "discover", "--changed-since", "nowhere"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["count"] == 4
    assert err.startswith("FR015 everything is tested")
    assert main(["ci", "discover", "--changed-since", ""]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 4


def test_nothing_changed_is_an_empty_matrix_and_no_failure(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)
    assert main(["ci", "discover", "--changed-since", "main"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "count": 0, "shards": 0, "matrix": {"include": []},
    }  # fmt: skip


needs_lfs = pytest.mark.skipif(
    not shutil.which("git-lfs"), reason="git-lfs is not installed: apt install git-lfs"
)


@pytest.fixture
def lfs(repository: Repository) -> Repository:
    """With weights in Git LFS."""
    repository.git("lfs", "install", "--local")
    repository.write(".gitattributes", "*.onnx filter=lfs diff=lfs merge=lfs -text\n"
                     "*.bin filter=lfs diff=lfs merge=lfs -text\n")  # fmt: skip
    repository.write("models/a, b[1] ::é.onnx", ONNX + b"\x01\x00")
    repository.write("models/sub/weights.bin", b"\0" * 3000)
    repository.write("models/hidden.bin", b"\0" * 5000)
    repository.git("add", "--renormalize", "-A")
    repository.commit()
    return repository


def cloned(repository: Repository, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A clone that has pointers alone."""
    monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", "1")
    subprocess.run(["git", "clone", "-q", f"file://{repository.top}", folder], check=True)
    return Repository(folder, repository.root.relative_to(repository.top).as_posix())


@needs_lfs
def test_a_clone_of_pointers_is_split_like_one_that_is_pulled(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    assert (clone.root / PLAIN).read_bytes().startswith(b"version https://git-lfs")
    found = []
    for root in (lfs.root, clone.root):
        monkeypatch.chdir(root)
        assert main(["ci", "discover"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1]
    # Both know that the .bin may be a checkpoint, and only its content tells.
    problem = clone.model("models/hidden.bin").problem()
    assert problem is not None
    assert problem.code == "FR102"
    assert lfs.model("models/hidden.bin").problem() is None


@needs_lfs
def test_the_include_list_pulls_what_a_shard_needs_and_no_more(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    monkeypatch.chdir(clone.root)
    total = 3
    for index in range(1, total + 1):
        asked = ["ci", "discover", "--lfs-include", "--shard", f"{index}/{total}"]
        assert main(asked) == 0
        include = capsys.readouterr().out.strip()
        subprocess.run(["git", "lfs", "pull", "--include", include], cwd=clone.top, check=True)
        assert main(asked) == 0
        assert capsys.readouterr().out == "/no-file-is-missing\n"
    assert missing_files(clone.tree(), clone.tree().models) == []
    before = (clone.root / OTHER).read_bytes()
    subprocess.run(
        ["git", "lfs", "pull", "--include", "/no-file-is-missing"], cwd=clone.top, check=True
    )
    assert before == ONNX == (clone.root / OTHER).read_bytes()


@needs_lfs
def test_one_checkpoint_alone_is_pulled(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    model = clone.model("models/a, b[1] ::é.onnx")
    prefix = clone.root.relative_to(clone.top).as_posix()
    include = include_of(
        [model.path], root=clone.root, prefix="" if prefix == "." else f"{prefix}/"
    )
    subprocess.run(["git", "lfs", "pull", "--include", include], cwd=clone.top, check=True)
    assert model.path.read_bytes() == ONNX + b"\x01\x00"
    assert (clone.root / PLAIN).stat().st_size > 100
    assert (clone.root / PLAIN).read_bytes() != ONNX


@needs_lfs
def test_a_pulled_file_has_not_changed(
    lfs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = lfs.git("rev-parse", "HEAD")
    clone = cloned(lfs, tmp_path / "clone", monkeypatch)
    assert clone.changed(base) == set()
    clone.git("lfs", "pull")
    assert clone.changed(base) == set()
