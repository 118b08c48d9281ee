"""Repositories that the tests on a GPU measure in."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_frictionless.opening import open_shop, open_workbench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from pytest_frictionless.workbench.workbench import Workbench
    from tests.project import Project


def committed(project: Project, patch: pytest.MonkeyPatch) -> None:
    """Make a repository in git of it, outside CI."""
    for name in ("CI", "GITHUB_ACTIONS"):
        patch.delenv(name, raising=False)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *arguments], cwd=project.root, check=True)


@contextmanager
def opened(project: Project, model: Path) -> Iterator[Workbench]:
    """The workbench of one of its models."""
    shop = open_shop(project.root)
    shop.store.prepare()
    bench = open_workbench(shop, model)
    try:
        yield bench
    finally:
        bench.close()
        shop.zygote.close()
