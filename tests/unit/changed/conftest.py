"""A repository at the top of its git repository, or in a folder of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.changes import Repository, fill

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=[".", "services/vision"], ids=["at the top", "in a folder"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    made = Repository(tmp_path / "repository", request.param)
    fill(made)
    return made
