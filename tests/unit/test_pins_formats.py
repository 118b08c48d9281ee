"""Each format of file that pins versions: what is read, with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
from tests.pinned import (
    CONDA_LOCK,
    DOCKERFILE,
    ENVIRONMENT,
    EXPLICIT,
    POETRY,
    PYLOCK,
    PYPROJECT,
    REQUIREMENTS,
    UV,
    found,
    read,
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("uv.lock", UV, ["onnxruntime ==1.20.1 11", "torch ==2.6.0+cu124 19"]),
        ("poetry.lock", POETRY, ["numpy ==2.1.3 4", "onnx ==1.17.0 14"]),
        ("pylock.gpu.toml", PYLOCK, ["tensorrt_rtx ==1.7.1.116 5"]),
        (
            "pyproject.toml", PYPROJECT,
            ["python >=3.11 3", "torch >=2.9 5", "onnx ==1.17.0 10", "onnxruntime >=1.20 10",
             "numpy <3 13", "onnxscript ==0.5.6 16", "tensorrt <11,>=10.3 19",
             "simplifier <0.2,>=0.1.98 20"],
        ),
        (
            "environment-gpu.yml", ENVIRONMENT,
            ["python ==3.11.* 4", "torch ==2.5.1 5", "numpy ==1.26.4 6", "cuda_toolkit <13,>=12.4 7",
             "cudnn ==9.1.* 8", "onnxruntime ==1.20.1 12"],
        ),
        ("conda-lock.yml", CONDA_LOCK, ["numpy ==1.26.4 10"]),
        ("conda-linux-64.lock", EXPLICIT, ["numpy ==1.26.4 3", "python ==3.11.9 4"]),
        (
            "requirements/gpu.txt", REQUIREMENTS,
            ["torch ==2.6.0+cu124 4", "onnx ==1.17.0 5", "numpy ==2.1.0 9", "tensorrt ==10.3.0 10",
             "onnxscript ==0.5.6 11", "simplifier ==0.1.98 13"],
        ),
        (
            "docker/serve.Dockerfile", DOCKERFILE,
            ["onnxruntime ==1.20.1 8", "onnx <2,>=1.16 9", "numpy ==2.1.0 11", "onnxscript ==0.5.6 13"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)  # fmt: skip
def test_a_file_gives_its_pins_with_their_lines(
    tmp_path: Path, name: str, text: str, expected: list[str]
) -> None:
    pins = read(tmp_path, {name: text})
    assert found(pins) == expected
    assert {pin.file for pin in pins.pins} == {name}
