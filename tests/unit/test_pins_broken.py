"""What cannot be read, or is not understood, is told with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.stack.pins import Pins

if TYPE_CHECKING:
    from pathlib import Path
from tests.pinned import CONDA_LOCK, POETRY, UV, read


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("uv.lock", UV.replace('version = "2.6.0+cu124"', "<<<<<<< HEAD"), "uv.lock:20 pins"),
        ("uv.lock", "version = 1\n\n[[package]\nname = 1\n", "uv.lock:3 pins"),
        ("poetry.lock", POETRY[: POETRY.index("1.17.0") + 3], "poetry.lock:15 pins"),
        ("pyproject.toml", "[project]\nname = shop\n", "pyproject.toml:2 pins"),
        ("pyproject.toml", "a = " + "[" * 5000, "pyproject.toml:1 pins"),
        ("environment.yml", "dependencies:\n  - numpy=1.26\n\t- torch\n", "environment.yml:3 pins"),
        ("environment.yml", "numpy: " + "[" * 5000, "environment.yml:1 pins"),
        ("conda-lock.yml", CONDA_LOCK.replace("1.26.4\n", "1.26.4: 2\n"), "conda-lock.yml:11 pins"),
        ("requirements.txt", "rich\ntorch=2.9\n", "requirements.txt:2 pins"),
        ("requirements.txt", b"rich\ntorch==2.9\xff\n", "byte 0xff is not UTF-8"),
        ("requirements.txt", b"\x00" * 9_000_000, "larger than 8 MiB"),
        ("Dockerfile", b"\x7fELF\x02\x01\x01", "it has no FROM"),
        (".github/workflows/a.yml", "image: nvcr.io/nvidia/pytorch:1\n  b: [\n", "a.yml:2 pins"),
        (".devcontainer.json", '{\n"image": \n}', ".devcontainer.json:3 pins"),
        (".devcontainer.json", "[" * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_file_is_one_warning_with_its_line(
    tmp_path: Path, name: str, text: str | bytes, problem: str
) -> None:
    [finding] = read(tmp_path, {name: text}).problems
    assert (finding.code, finding.severity) == ("FR075", "warning")
    assert finding.message.startswith(f"the versions that {name}")
    assert problem in finding.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", ""), ("uv.lock", ""), ("pyproject.toml", ""), ("environment.yml", ""),
        ("conda-lock.yml", ""), ("Dockerfile", ""), (".gitlab-ci.yml", ""),
        ("uv.lock", '[[package]]\nname = "torch"\nsource = { virtual = "." }\n'),
        ("pyproject.toml", 'project = 3\n[tool]\npoetry = "no"\n'),
        ("pyproject.toml", '[project]\ndependencies = "torch"\noptional-dependencies = ["numpy"]\n'),
        ("environment.yml", "dependencies: numpy\n"), ("environment.yml", "- numpy\n"),
        ("conda-lock.yml", "package:\n- name: numpy\n  version: [1]\n"),
        ("requirements.txt", "torch\nonnxslim\n/abs/numpy\n"),
        ("Dockerfile", "FROM\nARG\nENV\nRUN [\"pip\nFROM a b c d\n"),
        ("compose.yaml", "# nvcr.io/\nservices: [image, {image: [nvcr.io/x]}]\n"),
        (".devcontainer.json", '["nvcr.io/nvidia/pytorch:1"]'),
    ],
)  # fmt: skip
def test_odd_content_pins_nothing_and_is_no_problem(tmp_path: Path, name: str, text: str) -> None:
    pins = read(tmp_path, {name: text})
    assert pins == Pins(pins=(), images=pins.images, problems=())
    assert all(use.image in ("a",) for use in pins.images)


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        ("pyproject.toml", '[tool.poetry.dependencies]\nonnx = "^1"\nnumpy = "^x"\n', 3, "numpy^x"),
        ("pyproject.toml", '[tool.poetry.dependencies]\nnumpy = "^1.26 || ^2.0"\n', 2, "numpy^1.26 || ^2.0"),
        (
            "pyproject.toml", '[tool.poetry.group.a.dependencies]\nonnx = {git = "https://a/b"}\n', 2,
            "onnx @ https://a/b",
        ),
        ("pyproject.toml", "[tool.poetry.dependencies.onnx]\nextras = ['a']\n", 1, "onnx = {'extras': ['a']}"),
        (
            "pyproject.toml", '[tool.poetry.dependencies]\nonnx = [{version = "1.17", markers = "no marker"}]\n', 2,
            "onnx = {'version': '1.17', 'markers': 'no marker'}",
        ),
        ("requirements.txt", "torch\nonnx @ file:///x/onnx.tar.gz\n", 2, "onnx @ file:///x/onnx.tar.gz"),
        ("environment.yml", "dependencies:\n  - python\n  - numpy 1.26.*|2.0.*\n", 3, "numpy 1.26.*|2.0.*"),
        ("environment.yml", "dependencies: [\"numpy[version='>=1\"]\n", 1, "numpy[version='>=1"),
        ("uv.lock", '[[package]]\nname = "torch"\nversion = "main"\n', 2, "torch==main"),
        ("Dockerfile", "FROM a\nRUN pip install 'torch==2\n", 2, "RUN pip install 'torch==2 (No closing quotation)"),
        ("Dockerfile", "FROM a\nRUN x && \\\n pip install torch==${VERSION}\n", 3, "torch=="),
        ("Dockerfile", "ARG TAG\nFROM nvcr.io/nvidia/tensorrt:${TAG}\n", 2, "nvcr.io/nvidia/tensorrt:${TAG}"),
        ("Dockerfile", "FROM a\nCOPY --from=$BASE /x /x\n", 2, "$BASE"),
        (
            ".gitlab-ci.yml", "a:\n  image: nvcr.io/nvidia/tensorrt:$TAG\n", 2, "nvcr.io/nvidia/tensorrt:$TAG",
        ),
    ],
)  # fmt: skip
def test_a_pin_that_is_not_understood_is_named_and_the_others_are_read(
    tmp_path: Path, name: str, text: str, line: int, what: str
) -> None:
    [problem] = read(tmp_path, {name: text}).problems
    assert (problem.code, problem.severity) == ("FR079", "skip")
    assert problem.message == (
        f"what {name}:{line} pins is not understood, so it was compared with nothing: {what}"
    )
