"""What docs/how-to/other-ci.md shows runs: by tox, by nox, and in a shell as of Jenkins and Azure."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import pytest_frictionless
from tests.ci.gitlab import ROOT, Repository

PAGE = (ROOT / "docs" / "how-to" / "other-ci.md").read_text()
SCRIPTS = Path(sys.executable).parent
ASKED = ("-m", "frictionless_load")


def shown(title: str, language: str) -> str:
    """The block of code under a heading."""
    (section,) = re.findall(rf"(?ms)^## {title}\n(.*?)(?=^## |\Z)", PAGE)
    (block,) = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", section)
    return str(block)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository")
    repository.write("frictionless.yaml", "roots: [models]\n")
    repository.onnx("models/a.onnx")
    return repository


def _call(
    repository: Repository, *command: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that sees this environment's packages, as if they were installed where it looks."""
    here = os.environ | {
        "PATH": os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]), "PIP_NO_INDEX": "1",
    }  # fmt: skip
    return subprocess.run(
        command, cwd=repository.root, capture_output=True, text=True, check=False,
        env=here | variables,
    )  # fmt: skip


def _tool(name: str) -> None:
    if shutil.which(name, path=str(SCRIPTS)) is None:
        pytest.skip(f"{name} is missing (pip install -r requirements/ci-tools.txt)")


def _packages() -> str:
    """Where this environment has its packages, for an environment that has none."""
    ours = Path(pytest_frictionless.__file__).parents[
        1
    ]  # an editable install is in no path of its own
    return os.pathsep.join([str(ours), sysconfig.get_path("purelib")])


@pytest.mark.parametrize("healthy", [True, False])
def test_tox(repository: Repository, healthy: bool) -> None:
    _tool("tox")
    repository.write("tox.ini", shown("tox", "ini"))
    if not healthy:
        repository.write("models/b.onnx", b"")
    done = _call(
        repository, "tox", "-x", "testenv:frictionless.deps=",
        "-x", f"testenv:frictionless.set_env=PYTHONPATH={_packages()}", "--", *ASKED,
    )  # fmt: skip
    assert (done.returncode == 0) is healthy, done.stdout + done.stderr
    assert ("1 passed" if healthy else "1 failed, 1 passed") in done.stdout


@pytest.mark.parametrize("healthy", [True, False])
def test_nox(repository: Repository, healthy: bool) -> None:
    _tool("nox")
    repository.write("noxfile.py", shown("nox", "python"))
    if not healthy:
        repository.write("models/b.onnx", b"")
    done = _call(repository, "nox", "--no-venv", "--no-install", "--", *ASKED)
    told = done.stdout + done.stderr
    assert (done.returncode == 0) is healthy, told
    assert ("1 passed" if healthy else "1 failed, 1 passed") in told


def _found(repository: Repository) -> set[str]:
    return {
        checkpoint["path"]
        for record in repository.root.glob("frictionless-runs/*/results.json")
        for checkpoint in json.loads(record.read_text())["checkpoints"]
    }


def test_jenkins(repository: Repository) -> None:
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "change")
    repository.onnx("models/b.onnx", "g (float[8] x) => (float[8] y) { y = Abs(x) }")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "A change")
    command = f"{shown('Jenkins', 'sh').strip()} -- {ASKED[0]} {ASKED[1]}"
    done = _call(repository, "sh", "-ec", command, CHANGE_TARGET="main")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _found(repository) == {"models/b.onnx"}
    done = _call(repository, "sh", "-ec", command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _found(repository) == {"models/a.onnx", "models/b.onnx"}


def test_azure(repository: Repository) -> None:
    repository.onnx("models/b.onnx", "g (float[8] x) => (float[8] y) { y = Abs(x) }")
    repository.commit()
    command = f"{shown('Azure Pipelines', 'sh').strip()} -- {ASKED[0]} {ASKED[1]}"
    for job in ("1", "2"):
        done = _call(
            repository, "sh", "-ec", command,
            SYSTEM_JOBPOSITIONINPHASE=job, SYSTEM_TOTALJOBSINPHASE="2",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert _found(repository) == {"models/a.onnx", "models/b.onnx"}
    records = list(repository.root.glob("frictionless-runs/*/junit.xml"))
    assert len(records) == 2
