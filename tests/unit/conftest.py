"""What tests of settings begin with."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write frictionless.yaml, indented as it may be; its path."""

    def write(text: str) -> Path:
        path = tmp_path / "frictionless.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write
