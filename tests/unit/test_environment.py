"""What runs here is read from metadata, files and variables that are made to be read."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.stack import environment
from pytest_frictionless.stack.environment import components, container, container_digest
from pytest_frictionless.stack.manifest import COMPONENTS

if TYPE_CHECKING:
    from pathlib import Path

NGC = {"NVIDIA_PRODUCT_NAME": "TensorRT", "NVIDIA_TENSORRT_VERSION": "25.10"}
TRITON = {"NVIDIA_PRODUCT_NAME": "Triton Server", "NVIDIA_TRITON_SERVER_VERSION": "25.09"}
DIGEST = f"sha256:{'ab' * 32}"


def test_components_are_those_of_this_system_in_exact_versions() -> None:
    found = components({})
    assert set(found) <= set(COMPONENTS)
    assert found["python"] == platform.python_version()
    assert found["os"].startswith(platform.freedesktop_os_release()["ID"])
    for name in ("torch", "onnx", "onnxruntime", "numpy"):
        try:
            assert found[name] == metadata.version(name)
        except metadata.PackageNotFoundError:
            assert name not in found
    assert all(found.values())


def test_reading_them_imports_none_of_them() -> None:
    code = (
        "import sys; from pytest_frictionless.stack.environment import components\n"
        "print(bool(components()), {'torch', 'onnx', 'numpy', 'tensorrt_rtx', 'pynvml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True set()\n"


@pytest.mark.parametrize(
    ("variables", "image"),
    [
        ({}, ""),
        (NGC, "nvcr.io/nvidia/tensorrt:25.10"),
        (TRITON, "nvcr.io/nvidia/tritonserver:25.09"),
        # The images of CUDA name a product and no release of their own.
        ({"NVIDIA_PRODUCT_NAME": "CUDA", "CUDA_VERSION": "12.8.1"}, ""),
        (NGC | {"FRICTIONLESS_CONTAINER": "shop/serving:7"}, "shop/serving:7"),
        ({"FRICTIONLESS_CONTAINER": f"shop/serving:7@{DIGEST}"}, "shop/serving:7"),
    ],
)
def test_the_container_is_what_it_was_called_or_what_nvidia_set(
    tmp_path: Path, variables: dict[str, str], image: str
) -> None:
    assert container(variables, tmp_path / "none") == image


def test_podman_tells_the_image_where_it_tells_anything(tmp_path: Path) -> None:
    told = tmp_path / ".containerenv"
    told.write_text('engine="podman-5.2"\nname="shop"\nimage="quay.io/shop/serving:7"\n')
    assert container({}, told) == "quay.io/shop/serving:7"
    for nothing in ("", 'image="unfinished'):
        told.write_text(nothing)
        assert container({}, told) == ""


@pytest.mark.parametrize(
    "variables",
    [
        {"FRICTIONLESS_CONTAINER_DIGEST": DIGEST},
        {"FRICTIONLESS_CONTAINER_DIGEST": f"nvcr.io/nvidia/tensorrt@{DIGEST}"},
        {"FRICTIONLESS_CONTAINER": f"nvcr.io/nvidia/tensorrt:25.10-py3@{DIGEST}"},
    ],
)
def test_the_digest_is_what_was_handed_in(variables: dict[str, str]) -> None:
    assert container_digest(variables) == DIGEST
    assert components(variables)["container_digest"] == DIGEST
    assert container_digest(NGC) == ""


def test_the_toolkit_is_what_its_installer_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "version.json"
    monkeypatch.setattr(environment, "CUDA", told)
    given = {"CUDA_VERSION": "12.6.3.001", "TRT_VERSION": "10.3.0.26+cuda12.6"}
    assert components(given)["cuda_toolkit"] == "12.6.3.001"
    told.write_text(json.dumps({"cuda": {"name": "CUDA SDK", "version": "12.8.1"},
                                "cuda_cudart": {"name": "CUDA Runtime", "version": "12.8.90"}}))  # fmt: skip
    found = components(given)
    assert found["cuda_toolkit"] == "12.8.1"
    assert found["cuda_runtime"] == "12.8.90"
    assert found["tensorrt"] == "10.3.0.26"
    for damaged in ("", "[]", '{"cuda": {}}', '{"cuda": 12}'):
        told.write_text(damaged)
        assert "cuda_toolkit" not in components({})
