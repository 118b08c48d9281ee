"""Carries out records: a project that raises a finding code, and the same project mended."""

from __future__ import annotations

import runpy
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless import opening
from pytest_frictionless.codes.record import Code, read_record
from pytest_frictionless.workbench.forking import Zygote
from pytest_frictionless.workbench.given import PRELOAD_TORCH
from pytest_frictionless.workbench.isolation import Limits
from tests.project import Outcome, Project

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LIMITS = Limits(timeout_s=120, memory_mib=None)
LONGEST = 160
"""Columns of a first line: what a wide terminal, and the list of checks of a forge, show of it."""
NEEDS_CHILD = "make.py"
"""A file of an example that is run before its checkpoints are looked for."""


class SharedZygote(Zygote):
    """One process to fork from for many projects: torch is imported once for all of them."""

    def move(self, cwd: Path) -> SharedZygote:
        """The same, with children that work in another folder."""
        self._cwd = cwd
        return self

    def close(self) -> None:
        """Stay for the next project."""

    def end(self) -> None:
        """End for good."""
        super().close()


@pytest.fixture(scope="module")
def shared_zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedZygote]:
    """Lives as long as the module that uses it."""
    zygote = SharedZygote(cwd=tmp_path_factory.mktemp("zygote"))
    yield zygote
    zygote.end()


def make(memory: dict[str, Any], folder: str, *, path: str) -> dict[str, Any]:
    """Step of a child: run a file as a script, in the child's folder."""
    runpy.run_path(path, run_name="__main__")
    return {}


def records(folder: Path) -> dict[str, Code]:
    """Records of a folder by the name of their file."""
    return {path.stem: read_record(path.read_text()) for path in sorted(folder.glob("*.md"))}


class Bench:
    """Runs the two projects of a record."""

    def __init__(
        self, pytester: pytest.Pytester, zygote: SharedZygote, patch: pytest.MonkeyPatch
    ) -> None:
        self.pytester = pytester
        self.zygote = zygote
        patch.setattr(opening, "Zygote", lambda cwd: zygote.move(cwd))

    def run(self, record: Code, name: str, files: Mapping[str, str]) -> tuple[Outcome, str]:
        """One run of the project made of these files: its items, and all it said."""
        project = Project(self.pytester.path / name, self.pytester)
        for path, text in files.items():
            project.write(path, text)
        if NEEDS_CHILD in files:
            self._make(project)
        if "command" in record.remarks:
            outcome = self._command(project, shlex.split(record.remarks["command"]))
        else:
            outcome = project.run(*shlex.split(record.remarks.get("arguments", "")), "-rA")
        said = [outcome.stdout, outcome.stderr]
        for item in outcome.items.values():
            said += [item.text, *item.sections.values(), *(str(v) for _, v in item.properties)]
        return outcome, "\n".join(said)

    def _make(self, project: Project) -> None:
        log = project.root / "make.log"
        child = self.zygote.move(project.root).fork(preload=PRELOAD_TORCH, log=log)
        path = str(project.root / NEEDS_CHILD)
        try:
            child.run(f"{__name__}:make", {"path": path}, folder=project.root, limits=LIMITS)
        finally:
            child.kill()

    def _command(self, project: Project, arguments: list[str]) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "pytest_frictionless", *arguments],
            cwd=project.root, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return Outcome(code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def prove(bench: Bench, record: Code) -> None:
    """Assert that the example raises the code at its place, and that what mends it makes all pass.

    A class of failure without a code needs no mending: its example passes and a note tells of it.
    """
    broken, said = bench.run(record, "broken", record.example)
    assert f"{record.id} " in said, said
    lines = [broken[item].headline for item in broken.failed()]
    assert [line for line in lines if len(line) > LONGEST] == []
    for label in ("Place", "Node", "Note"):
        if label in record.labels:
            assert record.labels[label].strip("`") in said, said
    if not record.id:
        assert record.labels["Note"]
        assert_passed(broken, said)
        return
    mended, said = bench.run(record, "mended", {**record.example, **record.mended})
    assert f"{record.id} " not in said, said
    assert mended.code == 0, said
    if "command" not in record.remarks:
        assert_passed(mended, said)


def assert_passed(outcome: Outcome, said: str) -> None:
    """Assert that items ran and none failed."""
    assert not outcome.failed(), said
    assert outcome.count("passed") > 0, said
