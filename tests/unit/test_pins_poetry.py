"""Constraints of Poetry: lists for several machines, other sources, and what each means in PEP 440."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.pinned import found, read

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "win32" if sys.platform != "win32" else "linux"
LIST = f"""\
torch = [
  {{version = "2.4.1", markers = "sys_platform != '{OTHER}'"}},
  {{version = "2.3.0", markers = "sys_platform == '{OTHER}'"}},
  {{version = "2.2.0", platform = "{OTHER}"}},
  {{version = "1.13.1", python = "<3.8"}},
]
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LIST, ["torch ==2.4.1 2"]),
        ('torch = [{version = "2.4.1", python = "^3.8"}, {version = "2.3.0", python = "~3.7"}]\n', ["torch ==2.4.1 2"]),
        (f'torch = {{version = "2.4.1", markers = "sys_platform == \'{OTHER}\'"}}\n', []),
        ('torch = {url = "https://a/torch-2.4.1%2Bcpu-cp311-cp311-linux_x86_64.whl"}\n', ["torch ==2.4.1+cpu 2"]),
        ('onnx = {path = "../onnx-1.17.0.tar.gz"}\n', ["onnx ==1.17.0 2"]),
        ('numpy = ">=1.26 <3"\n', ["numpy <3,>=1.26 2"]), ('numpy = ">= 1.26, < 3"\n', ["numpy <3,>=1.26 2"]),
        ('numpy = "^0.3.1"\n', ["numpy <0.4,>=0.3.1 2"]), ('numpy = "~1.26"\n', ["numpy <1.27,>=1.26 2"]),
        ('numpy = "2.1.*"\n', ["numpy ==2.1.* 2"]), ('numpy = "*"\n', []), ('rich = "^1 || ^2"\n', []),
    ],
)  # fmt: skip
def test_a_dependency_is_read_in_each_of_its_forms(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    pins = read(tmp_path, {"pyproject.toml": f"[tool.poetry.dependencies]\n{text}"})
    assert found(pins) == expected


def test_a_table_of_its_own_is_found_by_its_heading(tmp_path: Path) -> None:
    text = (
        "[tool.poetry.group.gpu.dependencies.torch]\nversion = '2.4.1'\n\n"
        "[[tool.poetry.group.gpu.dependencies.numpy]]\nversion = '2.1.0'\n"
    )
    assert found(read(tmp_path, {"pyproject.toml": text})) == ["torch ==2.4.1 1", "numpy ==2.1.0 4"]
