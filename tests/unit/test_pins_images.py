"""Images that Dockerfiles, jobs and services name, and what is installed into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
from tests.pinned import DOCKERFILE, found, read


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Dockerfile", DOCKERFILE, ["python:3.12-slim 3", "nvcr.io/nvidia/tritonserver:25.12-trtllm-python-py3 4"]),
        ("Containerfile.dev", "FROM scratch\nFROM a AS b\nFROM b\n", ["a 2"]),
        (
            ".github/workflows/gpu.yml",
            "jobs:\n  a:\n    container: nvcr.io/nvidia/pytorch:25.10-py3\n  b:\n    container:\n"
            "      image: nvidia/cuda:12.4.1-runtime-ubuntu22.04\n  c: {container: 'python:3.11'}\n"
            "  d: {container: '${{ inputs.image }}'}\n",
            ["nvcr.io/nvidia/pytorch:25.10-py3 3", "nvidia/cuda:12.4.1-runtime-ubuntu22.04 6"],
        ),
        (
            ".gitlab-ci.yml",
            "spec:\n  inputs: {a: {}}\n---\ndefault:\n  image: python:3.12\ngpu:\n"
            "  script: [!reference [.a, script]]\n  image:\n    name: nvcr.io/nvidia/tensorrt:25.10-py3\n",
            ["nvcr.io/nvidia/tensorrt:25.10-py3 9"],
        ),
        (
            "compose.yaml", "services:\n  triton:\n    image: nvcr.io/nvidia/tritonserver:25.10-py3\n",
            ["nvcr.io/nvidia/tritonserver:25.10-py3 3"],
        ),
        (
            ".devcontainer/gpu/devcontainer.json",
            '// ours\n{\n  /* "image": "no" */\n  "name": "a // b",\n'
            '  "image": "nvcr.io/nvidia/pytorch:25.10-py3",\n}\n',
            ["nvcr.io/nvidia/pytorch:25.10-py3 5"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)  # fmt: skip
def test_a_file_gives_the_images_it_uses(
    tmp_path: Path, name: str, text: str, expected: list[str]
) -> None:
    pins = read(tmp_path, {name: text})
    assert [f"{use.image} {use.line}" for use in pins.images] == expected
    assert pins.problems == ()


def test_images_that_are_copied_from_count_and_stages_do_not(tmp_path: Path) -> None:
    text = (
        "FROM python:3.12 AS build\nRUN pip install torch==2.4.1\n"
        "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n"
        "COPY --from=build --chown=1 /a /a\nCOPY --from=0 /a /a\n"
        "COPY --from=nvcr.io/nvidia/tensorrt:25.10-py3 /usr/lib /usr/lib\n"
        "RUN --mount=type=bind,from=nvcr.io/nvidia/pytorch:25.10-py3,target=/x cp /x/a . && \\\n"
        "    conda install -c nvidia 'pytorch[version=2.5.1]' cudnn=9.1 && \\\n"
        "    conda run -n a pip install onnx==1.17.0\n"
    )
    pins = read(tmp_path, {"Dockerfile": text})
    assert [(use.image, use.line, use.copied) for use in pins.images] == [
        ("python:3.12", 1, False), ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", 3, False),
        ("nvcr.io/nvidia/tensorrt:25.10-py3", 6, True), ("nvcr.io/nvidia/pytorch:25.10-py3", 7, True),
    ]  # fmt: skip
    assert found(pins) == [
        "torch ==2.4.1 2",
        "torch ==2.5.1 8",
        "cudnn ==9.1.* 8",
        "onnx ==1.17.0 9",
    ]
