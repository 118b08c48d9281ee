"""A repository that ran on a GPU, and the command that signs and verifies what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.evidence import measured, moved
from tests.gpu.conftest import has_gpu

from pytest_frictionless.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evidence import Cli
    from tests.project import Project


@pytest.fixture(scope="session")
def gpu_run(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return measured(tmp_path_factory.mktemp("measured"))


@pytest.fixture
def shop(gpu_run: Project, project: Project, tmp_path: Path) -> Project:
    """The same after the run, not signed yet."""
    return moved(gpu_run, project)


@pytest.fixture
def cli(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Cli:
    """`pytest-frictionless ci evidence` with its exit status and what it prints."""

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(project.root)
        capsys.readouterr()
        status = main(["ci", "evidence", *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return called


@pytest.fixture(autouse=True, scope="session")
def _signs_where_there_is_no_gpu() -> None:
    for package in ("securesystemslib", "tensorrt_rtx"):
        pytest.importorskip(package)
    if has_gpu():
        pytest.skip("evidence is not asked where there is a GPU")
