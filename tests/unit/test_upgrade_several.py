"""FR080: a branch that moves more than one component of the stack at once."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.finding import Severity
from pytest_frictionless.git import git as said_by_git
from pytest_frictionless.upgrade.changed import pins_since
from pytest_frictionless.upgrade.several import base_of_pull_request, several_changes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONSTRAINTS = "torch==2.12.0\nonnx==1.19.1\nonnxscript==0.5.7\nmoto==5.0\n"
MANIFEST = """\
manifest: 1
checkpoint: models/net.pt
written: 2026-11-26
written_by: pytest-frictionless 0.1.0
components: {{onnx: {onnx}, tensorrt_rtx: {rtx}}}
"""


def git(root: Path, *arguments: str) -> None:
    known = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *known, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / {
            "manifest": "models/net.pt.manifest.yaml",
            "config": "frictionless.yaml",
        }.get(name, f"{name}.txt")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-m", "change")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-b", "main")
    commit(
        tmp_path, constraints=CONSTRAINTS, config="opset: {version: 18, reason: x}\n",
        manifest=MANIFEST.format(onnx="1.19.1", rtx="1.6.1"),
    )  # fmt: skip
    git(tmp_path, "checkout", "-b", "topic")
    return tmp_path


def test_two_components_are_told_with_the_files_that_name_them(repository: Path) -> None:
    commit(
        repository, constraints=CONSTRAINTS.replace("1.19.1", "1.23.2"),
        manifest=MANIFEST.format(onnx="1.23.2", rtx="1.7.1"),
    )  # fmt: skip
    found = several_changes(repository, "main")
    assert found is not None
    assert found.code == "FR080"
    assert found.severity is Severity.WARNING
    assert found.message == (
        "2 components of the stack change at once since main: "
        "tensorrt-rtx-cu13 1.6.1 -> 1.7.1, onnx 1.19.1 -> 1.23.2"
    )
    assert dict(found.evidence) == {
        "TensorRT-RTX": "tensorrt-rtx-cu13 1.6.1 -> 1.7.1 in models/net.pt.manifest.yaml",
        "onnx": "onnx 1.19.1 -> 1.23.2 in constraints.txt, models/net.pt.manifest.yaml",
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("onnx==1.19.1", "onnx==1.23.2"),
        ("torch==2.12.0\nonnx==1.19.1\nonnxscript==0.5.7", "torch==2.13.0\nonnx==1.19.1\nonnxscript==0.7.2"),
        ("onnx==1.19.1\nonnxscript==0.5.7\nmoto==5.0", "onnx==1.23.2\nonnxscript==0.5.7\nmoto==5.2"),
        ("onnx==1.19.1", "onnx==1.19.1\nonnxruntime==1.32.0\nnumpy==2.4.6"),
    ],
    ids=["one", "what moves together", "one beside a package outside of the stack", "new pins"],
)  # fmt: skip
def test_one_component_is_nothing_to_tell(repository: Path, old: str, new: str) -> None:
    assert old in CONSTRAINTS
    commit(repository, constraints=CONSTRAINTS.replace(old, new))
    assert several_changes(repository, "main") is None


def test_what_is_not_committed_yet_counts_and_the_opset_is_a_component(repository: Path) -> None:
    (repository / "frictionless.yaml").write_text("opset: {version: 20, reason: x}\n")
    (repository / "constraints.txt").write_text(CONSTRAINTS.replace("1.19.1", "1.23.2"))
    found = several_changes(repository, "main")
    assert found is not None
    assert [title for title, _ in found.evidence] == ["onnx", "opset"]
    assert pins_since(repository, "main")[1]["opset"] == "20"


def test_lock_files_and_images_are_read_too(repository: Path) -> None:
    lock = '[[package]]\nname = "{}"\nversion = "{}"\n'
    image = "FROM nvcr.io/nvidia/tensorrt:{}-py3\n"
    (repository / "uv.lock").write_text(lock.format("onnxruntime", "1.22.1"))
    (repository / "Dockerfile").write_text(image.format("25.10"))
    git(repository, "add", "-A")
    git(repository, "commit", "-m", "locked")
    git(repository, "branch", "-f", "main")
    (repository / "uv.lock").write_text(lock.format("onnxruntime", "1.32.0"))
    assert several_changes(repository, "main") is None
    (repository / "Dockerfile").write_text(image.format("25.11"))
    found = several_changes(repository, "main")
    assert found is not None
    assert dict(found.evidence)["ONNX Runtime"] == "onnxruntime 1.22.1 -> 1.32.0 in uv.lock"
    assert "tensorrt:25.11-py3 in Dockerfile" in dict(found.evidence)["image"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_file_that_is_renamed_and_changed_at_once_is_the_same_file(
    repository: Path, committed: bool
) -> None:
    (repository / "constraints.txt").unlink()
    (repository / "requirements").mkdir()
    (repository / "requirements/gpu.txt").write_text(
        "onnx==1.23.2\ntorch==2.13.0\nonnxscript==0.7.2\nmoto==5.2\n"  # no line is as it was
    )
    if committed:
        git(repository, "add", "-A")
        git(repository, "commit", "-m", "renamed")
    found = several_changes(repository, "main")
    assert found is not None
    assert dict(found.evidence)["onnx"] == (
        "onnx 1.19.1 -> 1.23.2 in requirements/gpu.txt (was constraints.txt)"
    )


def test_a_manifest_that_git_knows_as_renamed_is_the_same_file(repository: Path) -> None:
    git(repository, "mv", "models/net.pt.manifest.yaml", "models/v2.pt.manifest.yaml")
    path = repository / "models/v2.pt.manifest.yaml"
    path.write_text(MANIFEST.format(onnx="1.23.2", rtx="1.7.1"))
    found = several_changes(repository, "main")
    assert found is not None
    assert "in models/v2.pt.manifest.yaml (was models/net.pt.manifest.yaml)" in found.evidence[0][1]


def test_a_new_file_that_pins_other_packages_is_no_renamed_one(repository: Path) -> None:
    (repository / "constraints.txt").unlink()
    (repository / "requirements.txt").write_text(
        "onnx==1.23.2\nnumpy==2.4.6\nonnxruntime==1.32.0\n"
    )
    assert several_changes(repository, "main") is None


def test_an_image_that_is_copied_from_does_not_hide_the_one_that_is_built_on(
    repository: Path,
) -> None:
    text = "FROM nvcr.io/nvidia/tensorrt:{}-py3\nCOPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/uv\n"
    (repository / "Dockerfile").write_text(text.format("25.10"))
    git(repository, "add", "-A")
    git(repository, "commit", "-m", "image")
    git(repository, "branch", "-f", "main")
    (repository / "Dockerfile").write_text(text.format("25.11"))
    (repository / "constraints.txt").write_text(CONSTRAINTS.replace("1.19.1", "1.23.2"))
    found = several_changes(repository, "main")
    assert found is not None
    assert [title for title, _ in found.evidence] == ["image", "onnx"]


def test_what_the_other_branch_changed_meanwhile_does_not_count(repository: Path) -> None:
    commit(repository, constraints=CONSTRAINTS.replace("1.19.1", "1.23.2"))
    git(repository, "checkout", "main")
    commit(repository, config="opset: {version: 20, reason: x}\n")
    git(repository, "checkout", "topic")
    assert several_changes(repository, "main") is None


def test_what_git_cannot_tell_is_an_error_with_a_next_step(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(
        ConfigError, match=r"git cannot tell what changed: .*origin/main.*fetch-depth: 0"
    ):
        several_changes(repository, "origin/main")
    with pytest.raises(ConfigError, match="git cannot tell what changed"):
        several_changes(tmp_path_factory.mktemp("plain"), "main")


def test_a_file_that_cannot_be_read_is_told_by_others(repository: Path) -> None:
    (repository / "models/net.pt.manifest.yaml").write_text("components: [\n")
    (repository / "frictionless.yaml").write_text("opset: {\n")
    assert several_changes(repository, "main") is None


def test_ci_names_the_base(repository: Path) -> None:
    def base(**environment: str) -> tuple[str, str]:
        return base_of_pull_request(repository, environment)

    assert base(GITHUB_BASE_REF="main") == ("origin/main", "origin/main")
    assert base(CI_MERGE_REQUEST_DIFF_BASE_SHA="c0ffee") == ("c0ffee", "c0ffee")
    assert base(GITHUB_BASE_REF="") == ("", "")


@pytest.fixture
def merged(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Clones as CI makes them: so many commits of a merge, and no branch that it is compared with."""
    commit(repository, constraints=CONSTRAINTS.replace("1.19.1", "1.23.2"))
    commit(repository, manifest=MANIFEST.format(onnx="1.19.1", rtx="1.7.1"))
    git(repository, "checkout", "main")
    commit(repository, config="opset: {version: 20, reason: x}\n")
    git(repository, "checkout", "--detach")
    git(repository, "merge", "--no-ff", "topic", "-m", "merge")
    git(repository, "update-ref", "refs/pull/1/merge", "HEAD")

    def clone(depth: int) -> Path:
        root = tmp_path_factory.mktemp("clone")
        git(root, "init")
        git(root, "fetch", f"--depth={depth}", repository.as_uri(), "refs/pull/1/merge")
        git(root, "checkout", "--detach", "FETCH_HEAD")
        return root

    return clone


GITHUB = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
GITLAB = {
    "CI_MERGE_REQUEST_EVENT_TYPE": "merged_result", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "c0ffee",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "variable", "called"),
    [(GITHUB, "GITHUB_SHA", "origin/main"), (GITLAB, "CI_COMMIT_SHA", "main")],
    ids=["github", "gitlab"],
)
def test_two_commits_of_a_merge_that_ci_made_are_enough(
    merged: Callable[[int], Path], environment: dict[str, str], variable: str, called: str
) -> None:
    root = merged(2)
    head = said_by_git(root, "rev-parse", "HEAD").strip()
    ref, name = base_of_pull_request(root, {**environment, variable: head})
    found = several_changes(root, ref, called=name)
    assert found is not None
    # The opset is no change of this branch, though the common ancestor had another.
    assert found.message == (
        f"2 components of the stack change at once since {called}: "
        "tensorrt-rtx-cu13 1.6.1 -> 1.7.1, onnx 1.19.1 -> 1.23.2"
    )


def test_no_other_commit_is_taken_for_the_merge_of_ci(merged: Callable[[int], Path]) -> None:
    root = merged(2)
    head = said_by_git(root, "rev-parse", "HEAD").strip()
    plain = ("origin/main", "origin/main")
    # The branch itself was checked out, and its last commit happens to be a merge.
    assert base_of_pull_request(root, {**GITHUB, "GITHUB_SHA": "c0ffee"}) == plain
    target = {**GITHUB, "GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_SHA": head}
    assert base_of_pull_request(root, target) == plain
    assert base_of_pull_request(root, {"GITHUB_EVENT_NAME": "push", "GITHUB_SHA": head}) == ("", "")
    # One commit has no parents here.
    assert base_of_pull_request(merged(1), {**GITHUB, "GITHUB_SHA": head}) == plain
