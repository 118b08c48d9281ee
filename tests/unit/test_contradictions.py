"""What a repository pins against itself, its images, its target and the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.settings.settings import Settings
from pytest_frictionless.stack.contradictions import findings_of_repository

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.finding import Finding

TRITON = "nvcr.io/nvidia/tritonserver"
"""25.12 holds TensorRT 10.13.3.9 and Python 3.12.3, 25.10 TensorRT 10.11.0.33."""
T2512, T2510 = (f"{TRITON}:{tag}-trtllm-python-py3" for tag in ("25.12", "25.10"))

TORCH = "pytorch/pytorch:2.4.0-cuda12.4-cudnn9-runtime"


def project(*requirements: str) -> str:
    listed = ", ".join(f'"{each}"' for each in requirements)
    return f'[project]\nname = "shop"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'


def lock(**versions: str) -> str:
    return "version = 1\n" + "".join(
        f'\n[[package]]\nname = "{name}"\nversion = "{version}"\n'
        for name, version in versions.items()
    )


def findings(
    root: Path, texts: dict[str, str], target: dict[str, str] | None = None, **running: str
) -> list[Finding]:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    settings = Settings.model_validate({"target": target or {}})
    return findings_of_repository(root, settings, running)


DISAGREE = {
    "two exact pins": (
        {"requirements.txt": "rich\ntorch==2.6.0\n", "uv.lock": lock(torch="2.5.1")}, {}, {},
        "FR070 torch is 2.6.0 in requirements.txt:2, and 2.5.1 in uv.lock:4",
    ),
    "conda and pip": (
        {"environment.yml": "dependencies: [pytorch==2.5.1]\n", "requirements.txt": "torch==2.6\n"},
        {}, {}, "FR070 torch is 2.5.1 in environment.yml:1, and 2.6 in requirements.txt:1",
    ),
    "a Dockerfile and a lock file": (
        {"docker/Dockerfile": "FROM ubuntu:24.04\nARG V=1.19.2\nRUN pip install onnxruntime-gpu==$V\n",
         "poetry.lock": lock(onnxruntime="1.20.1")}, {}, {},
        "FR070 ONNX Runtime is 1.20.1 in poetry.lock:4, and 1.19.2 in docker/Dockerfile:3",
    ),
    "a lock file below the range": (
        {"pyproject.toml": project("torch>=2.9"), "uv.lock": lock(torch="2.5.1")}, {}, {},
        "FR071 torch is >=2.9 in pyproject.toml:4, and 2.5.1 in uv.lock:4",
    ),
    "an image of an older Python": (
        {"pyproject.toml": project(), "Dockerfile": "FROM python:3.10-slim\n"}, {}, {},
        "FR072 Python is >=3.11 in pyproject.toml:3, and 3.10 in python:3.10-slim (Dockerfile:1)",
    ),
    "an image with another TensorRT": (
        {"requirements.txt": "tensorrt==10.3\n", "Dockerfile": f"FROM {T2512}\n"}, {}, {},
        f"FR072 TensorRT is 10.3 in requirements.txt:1, and 10.13.3.9 in {T2512} (Dockerfile:1)",
    ),
    "an image with another ONNX Runtime": (
        {"requirements.txt": "onnxruntime-gpu>=1.24\n", "Dockerfile": f"FROM {TRITON}:25.10-py3\n"}, {}, {},
        f"FR072 ONNX Runtime is >=1.24 in requirements.txt:1, and 1.23.1 in {TRITON}:25.10-py3 (Dockerfile:1)",
    ),
    "two images with other TensorRTs": (
        {"build.Dockerfile": f"FROM {T2512}\n", "compose.yaml": f"services: {{a: {{image: '{T2510}'}}}}\n"},
        {}, {},
        f"FR072 TensorRT is 10.13.3.9 in {T2512} (build.Dockerfile:1), and 10.11.0.33 in {T2510} "
        "(compose.yaml:1)",
    ),
    "torch of Docker Hub": (
        {"Dockerfile": f"FROM {TORCH}\n", "requirements.txt": "torch==2.6.0\n"},
        {}, {}, f"FR072 torch is 2.6.0 in requirements.txt:1, and 2.4.0 in {TORCH} (Dockerfile:1)",
    ),
    "a pin against the target": (
        {"requirements.txt": "tensorrt-cu12==10.3.0\n"}, {"tensorrt": "10.15"}, {},
        "FR073 TensorRT is 10.3.0 in requirements.txt:1, and 10.15 in target of frictionless.yaml",
    ),
    "an image against the target": (
        {"Dockerfile": f"FROM {T2512}\n"}, {"tensorrt": "10.15"}, {},
        f"FR073 TensorRT is 10.13.3.9 in {T2512} (Dockerfile:1), and 10.15 in target of frictionless.yaml",
    ),
    "another tag than the target's": (
        {"Dockerfile": f"FROM {T2510}\n"}, {"container": T2512, "tensorrt": "10.13"}, {},
        f"FR073 target.container of frictionless.yaml is {T2512}, and {T2510} is used in Dockerfile:1",
    ),
    "what is installed": (
        {"requirements.txt": "onnx==1.17.0\n"}, {}, {"onnx": "1.23.2"},
        "FR074 onnx is 1.17.0 in requirements.txt:1, and 1.23.2 in this environment",
    ),
    "what is installed, against a range": (
        {"pyproject.toml": project("numpy<2")}, {}, {"numpy": "2.4.6"},
        "FR074 numpy is <2 in pyproject.toml:4, and 2.4.6 in this environment",
    ),
    "a tag that nobody knows": (
        {"Dockerfile": "FROM nvcr.io/nvidia/tensorrt:99.01-py3\n", "requirements.txt": "torch==2.6.0\n"},
        {}, {}, "FR076 what nvcr.io/nvidia/tensorrt:99.01-py3 holds is not known, so no pin was compared "
        "with it (Dockerfile:1)",
    ),
}  # fmt: skip
AGREE: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str]]] = {
    "builds of one version": (
        {"requirements.txt": "torch==2.6.0+cu124\n", "cpu-requirements.txt": "torch==2.6.0+cpu\n",
         "constraints.txt": "torch==2.6\n"}, {}, {"torch": "2.6.0"},
    ),
    "a lock file for two Pythons": (
        {"uv.lock": lock(numpy="1.26.4") + lock(numpy="2.1.0").removeprefix("version = 1"), "requirements.txt": "numpy==2.1.0\n"}, {}, {},
    ),
    "a build number that the wheel leaves out": (
        {"requirements.txt": "tensorrt==10.13.3\n", "Dockerfile": f"FROM {T2512}\n"}, {"tensorrt": "10.13"}, {},
    ),
    "the target's own image": ({"Dockerfile": f"FROM {T2512}\n"}, {"container": T2512, "tensorrt": "10.3"}, {}),
    "two ranges": ({"pyproject.toml": project("torch<2.5"), "requirements.in": "torch>=2.6\n"}, {}, {}),
    "images that train and serve": (
        {"train.Dockerfile": "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\n", "Dockerfile": f"FROM {T2512}\n",
         "environment.yml": "dependencies: [cuda-version=12.6, python=3.12]\n"}, {}, {},
    ),
    "what a Dockerfile installs and what is installed here": (
        {"Dockerfile": "FROM ubuntu\nRUN pip install torch==2.6.0\n"}, {}, {"torch": "2.13.0"},
    ),
    "an image and what is installed here": ({"Dockerfile": f"FROM {T2512}\n"}, {}, {"tensorrt": "10.3.0"}),
    "a nightly": ({"requirements.txt": "torch>=2.6\n"}, {}, {"torch": "2.14.0.dev20261101+cpu"}),
    "a marker of another system": ({"requirements.txt": "torch==2.2; sys_platform == 'win32'\ntorch==2.6\n",
                                    "uv.lock": lock(torch="2.6.0")}, {}, {}),
    "nothing": ({}, {"tensorrt": "10.3"}, {"torch": "2.6.0"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DISAGREE)
def test_a_contradiction_is_one_warning_that_names_both_places(tmp_path: Path, name: str) -> None:
    texts, target, running, headline = DISAGREE[name]
    [finding] = findings(tmp_path, texts, target, **running)
    assert finding.headline == headline
    assert finding.severity == ("skip" if finding.code == "FR076" else "warning")
    assert finding.place is not None
    assert finding.place.line > 0
    assert finding.next_step


@pytest.mark.parametrize("name", AGREE)
def test_a_repository_that_agrees_raises_nothing(tmp_path: Path, name: str) -> None:
    texts, target, running = AGREE[name]
    assert [each.headline for each in findings(tmp_path, texts, target, **running)] == []


def test_a_component_has_one_finding_with_everything_that_names_it(tmp_path: Path) -> None:
    texts = {
        "pyproject.toml": project("torch>=2.6"), "requirements.txt": "torch==2.6.0\n",
        "constraints.txt": "torch==2.7.0\n", "Dockerfile": f"FROM {TORCH}\n", "uv.lock": lock(torch="2.6.0"),
    }  # fmt: skip
    [finding] = findings(tmp_path, texts, torch="2.13.0+cpu")
    assert (
        finding.headline
        == "FR070 torch is 2.7.0 in constraints.txt:1, and 2.6.0 in requirements.txt:1"
    )
    assert finding.evidence == (
        ("constraints.txt:1", "torch==2.7.0"),
        ("pyproject.toml:4", "torch>=2.6"),
        ("requirements.txt:1", "torch==2.6.0"),
        ("uv.lock:4", "torch==2.6.0"),
        (f"{TORCH} (Dockerfile:1)", "2.4.0"),
        ("this environment", "2.13.0+cpu"),
    )


def test_a_broken_file_keeps_no_other_from_being_compared(tmp_path: Path) -> None:
    texts = {
        "uv.lock": '[[package]]\nname = "torch"\nversion =', "requirements.txt": "torch==2.6.0\n",
        "constraints.txt": "torch==2.7.0\n",
    }  # fmt: skip
    assert [each.code for each in findings(tmp_path, texts)] == ["FR075", "FR070"]


def test_exclude_of_frictionless_yaml_leaves_a_file_out(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/requirements.txt").write_text("torch==1.0\n")
    (tmp_path / "requirements.txt").write_text("torch==2.0\n")
    assert len(findings_of_repository(tmp_path, Settings(), {})) == 1
    assert findings_of_repository(tmp_path, Settings(exclude=("old/*",)), {}) == []


def test_a_simplifier_is_compared_by_its_version(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("onnxslim==0.1.97\n")
    (finding,) = findings_of_repository(tmp_path, Settings(), {"simplifier": "onnxslim 0.1.98"})
    assert finding.code == "FR074"
    assert findings_of_repository(tmp_path, Settings(), {"simplifier": "onnxslim 0.1.97"}) == []


def test_the_cuda_of_the_system_is_not_that_of_conda(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text("dependencies: [cuda-version=12.6]\n")
    assert findings_of_repository(tmp_path, Settings(), {"cuda_toolkit": "13.0.2"}) == []
