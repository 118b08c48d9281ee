"""A repository with a file of every kind, and what init makes of it."""

from __future__ import annotations

import os
import pickle
import shutil
from typing import TYPE_CHECKING

import pytest
from tests.project import MLP, Project
from tests.untold import HOSTILE, NETS

if TYPE_CHECKING:
    from pathlib import Path


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("was-run",)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    pytest.importorskip("tensorrt_rtx")
    pytest.importorskip("onnxruntime")
    project = Project(tmp_path_factory.mktemp("made"))
    project.write("pytest.ini", "[pytest]\n")
    project.write("nets.py", NETS)
    project.onnx("models/dynamic.onnx")
    project.onnx("models/fixed.onnx", MLP.replace("batch", "2"))
    linear = torch.nn.Linear(4, 4)
    program = torch.export.export(linear, (torch.ones(2, 4),))
    torch.export.save(program, project.root / "models/program.pt2")
    state = {f"fc.{name}": value for name, value in linear.state_dict().items()}
    safetensors.save_file(state, project.root / "models/net.safetensors")
    named = {f"first.{name}": value for name, value in linear.state_dict().items()}
    torch.save(named, project.root / f"models/{HOSTILE}.pt")
    return project.root


@pytest.fixture
def repository(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture
def bad(repository: Project) -> Project:
    whole = (repository.root / "models/dynamic.onnx").read_bytes()
    repository.write("models/broken.onnx", whole[:40])
    repository.write("models/evil.pt", pickle.dumps(Evil()))
    return repository
