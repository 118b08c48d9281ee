"""The command `manifest` in a project of one model."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main
from pytest_frictionless.stack.manifest import manifest_path

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Item, Project

Ask = Callable[..., tuple[int, str]]

MODEL = "models/a.onnx"

PINNED = 'opset: {version: 19, reason: "validated to 19"}\n'


@pytest.fixture
def ask(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ask:
    """Run `manifest`; its exit status, and all it said."""
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(project.root)
    project.onnx(MODEL)
    project.write("frictionless.yaml", PINNED)

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main(["manifest", *arguments])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def file_of(project: Project) -> Path:
    return manifest_path(project.root / MODEL)


def change(project: Project, pattern: str, new: str) -> None:
    """Change the manifest by hand."""
    text, count = re.subn(pattern, new, file_of(project).read_text(), flags=re.MULTILINE)
    assert count == 1, pattern
    file_of(project).write_text(text)


def item(project: Project) -> Item:
    return project.run(MODEL, "-k", "manifest")[f"{MODEL}::manifest"]
