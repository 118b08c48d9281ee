"""Cache keys: what they follow, and what leaves them as they are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from tests.checkout import ONNX, Checkout, pointer

from pytest_frictionless.ci import cache_key
from pytest_frictionless.ci.cache_key import KINDS
from pytest_frictionless.cli import main
from pytest_frictionless.workbench.tools import TENSORRT, installed

if TYPE_CHECKING:
    from pathlib import Path

SMI = "#!/bin/sh\necho '{gpu}, 9.0, {driver}'\necho '{gpu}, 9.0, {driver}'\n"
needs_tensorrt = pytest.mark.skipif(
    not installed(*TENSORRT), reason="no TensorRT here: pip install 'pytest-frictionless[rtx]'"
)


class Repository(Checkout):
    def key(self, kind: str) -> str:
        tree = self.tree()
        return KINDS[kind](tree, tree.models).exact


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.write("models/a.onnx")
    made.write("models/b.onnx", ONNX + b"\x00")
    made.write("frictionless.yaml", "roots: [models]")
    made.write("uv.lock", "torch 2.13")
    return made


def gpu(
    folder: Path, patch: pytest.MonkeyPatch, *, name: str = "NVIDIA H200", driver: str = "580.1"
) -> None:
    """A machine whose nvidia-smi says so: this one may have none."""
    folder.mkdir(exist_ok=True)
    command = folder / "nvidia-smi"
    command.write_text(SMI.format(gpu=name, driver=driver))
    command.chmod(0o755)
    patch.setenv("PATH", str(folder), prepend=":")


CHANGES = {
    "uv.lock": {"pip"},
    "requirements/ci.txt": {"pip"},
    "README.md": set(),
    "models/a.onnx": {"checkpoints", "artifacts", "engines"},
    "models/new.onnx": {"checkpoints", "artifacts", "engines"},
    "models/a.onnx.data": {"checkpoints", "artifacts", "engines"},
    "frictionless.yaml": {"artifacts"},
}


@needs_tensorrt
@pytest.mark.parametrize(("name", "expected"), CHANGES.items(), ids=list(CHANGES))
def test_a_key_follows_what_the_cache_is_made_of(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
    expected: set[str],
) -> None:  # fmt: skip
    gpu(tmp_path / "bin", monkeypatch)
    before = {kind: repository.key(kind) for kind in KINDS}
    assert before == {kind: repository.key(kind) for kind in KINDS}
    content = "roots: [models]\nopset: {version: 18, reason: x}"
    repository.write(name, content if name.endswith("yaml") else ONNX + b"\x00\x00")
    assert {kind for kind in KINDS if repository.key(kind) != before[kind]} == expected


@needs_tensorrt
@pytest.mark.parametrize("change", [{"driver": "590.1"}, {"name": "NVIDIA L4"}])
def test_engines_are_of_one_gpu_and_one_driver(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    gpu(tmp_path / "bin", monkeypatch)
    before = repository.key("engines")
    (version,) = set(installed(*TENSORRT).values())
    assert f"-{version}-NVIDIA-H200-9.0-580.1-" in before
    gpu(tmp_path / "bin", monkeypatch, **change)
    assert repository.key("engines") != before


def test_another_tool_begins_another_line_of_artifacts(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = repository.tree()
    before = KINDS["artifacts"](tree, tree.models)
    monkeypatch.setattr(cache_key, "own_digest", lambda: "another version of the steps")
    after = KINDS["artifacts"](tree, tree.models)
    assert before.restore != after.restore
    assert before.exact.startswith(before.restore)


def test_the_key_of_checkpoints_is_the_same_before_and_after_they_are_pulled(
    repository: Repository,
) -> None:
    content = ONNX + b"weights"
    repository.write("models/a.onnx", content)
    pulled = repository.key("checkpoints")
    oid = hashlib.sha256(content).hexdigest()
    repository.write("models/a.onnx", pointer(oid=oid, size=len(content)))
    assert repository.key("checkpoints") == pulled
    repository.write("models/a.onnx", pointer(size=len(content)))
    assert repository.key("checkpoints") != pulled


def test_a_folder_that_moved_keeps_its_keys(repository: Repository, tmp_path: Path) -> None:
    before = {kind: repository.key(kind) for kind in ("pip", "checkpoints", "artifacts")}
    repository.root = repository.root.rename(tmp_path / "elsewhere")
    assert {kind: repository.key(kind) for kind in before} == before


def test_the_command_prints_one_line_and_sets_the_outputs(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)
    step = repository.write("step", "")
    monkeypatch.setenv("GITHUB_OUTPUT", str(step))
    assert main(["ci", "cache-key", "--kind", "checkpoints"]) == 0
    key = capsys.readouterr().out
    assert key == f"{repository.key('checkpoints')}\n"
    assert step.read_text() == f"key={key}restore=frictionless-checkpoints-\n"
    shards = set()
    for index in (1, 2):
        assert main(["ci", "cache-key", "--kind", "checkpoints", "--shard", f"{index}/2"]) == 0
        shards.add(capsys.readouterr().out)
    assert len(shards | {key}) == 3


def test_a_key_for_engines_without_a_gpu_says_what_is_missing(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository.root)
    monkeypatch.setenv("PATH", "")
    assert main(["ci", "cache-key", "--kind", "engines"]) == 2
    assert "nvidia-smi" in capsys.readouterr().err
    monkeypatch.setattr(cache_key, "TENSORRT", ("no-such-distribution",))
    assert main(["ci", "cache-key", "--kind", "engines"]) == 2
    assert "names TensorRT, and none is installed" in capsys.readouterr().err
