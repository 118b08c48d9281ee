"""Repositories whose YAML of CI is executed."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.act import ROOT
from tests.ci.consumer import Consumer

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN_TO_ACT = "      queue: max\n"
"""A key of May 2026 that act 0.2.89 refuses: https://github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues"""


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as others see it: what git knows or would add."""
    folder = tmp_path_factory.mktemp("published") / "repository"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    for workflow in folder.glob(".github/workflows/*.yml"):
        workflow.write_text(workflow.read_text().replace(UNKNOWN_TO_ACT, ""))
    return folder


@pytest.fixture
def consumer(tmp_path: Path, published: Path) -> Consumer:
    """An empty git repository that may call the workflows of this one."""
    return Consumer(tmp_path / "consumer", published)
