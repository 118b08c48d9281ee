"""Projects to run pytest in."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest
from _pytest.pytester import SysModulesSnapshot

from tests.project import MLP, Project

# pytester forgets the modules that a test imported. Native ones do not bear a second import, and
# ours would cost time in every run.
for module in ("pytest_frictionless._glue.register", "rich.table", "numpy", "onnx.parser"):
    with suppress(ModuleNotFoundError):
        import_module(module)

_restore = SysModulesSnapshot.restore


def _restore_but_torch(snapshot: SysModulesSnapshot) -> None:
    """Some parts of torch are imported late, by a call, and refuse to be imported twice."""
    kept = {name: sys.modules[name] for name in sys.modules if name.partition(".")[0] == "torch"}
    _restore(snapshot)
    sys.modules.update(kept)


SysModulesSnapshot.restore = _restore_but_torch  # type: ignore[method-assign, assignment]


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """An empty repository."""
    return Project(pytester.path, pytester)


@pytest.fixture
def shop_floor(project: Project) -> Project:
    """A repository with two healthy models."""
    project.onnx("models/a.onnx")
    project.onnx("models/b.onnx", MLP.replace("Neg", "Abs"))
    return project


@pytest.fixture(scope="session")
def torch() -> Any:
    """Imported before pytester, which takes back what a test imports: torch bears no second import."""
    return pytest.importorskip("torch")
