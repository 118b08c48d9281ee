"""What runs here: the exact version of each component that can be asked for its version.

Packages are asked for their metadata and not imported, files are read that are made to be read, and
nothing is taken out of what a tool prints for people. What needs the driver is asked in a child
process: see `backends.gpu.nvidia`.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGES = {
    "torch": ("torch",),
    "onnxscript": ("onnxscript",),
    "onnx": ("onnx",),
    "onnxruntime": ("onnxruntime-gpu", "onnxruntime"),
    "numpy": ("numpy",),
    "tensorrt": ("tensorrt", "tensorrt-cu13", "tensorrt-cu12"),
    "tensorrt_rtx": ("tensorrt-rtx", "tensorrt-rtx-cu13", "tensorrt-rtx-cu12"),
    "cuda_toolkit": ("cuda-toolkit",),
    "cuda_runtime": (
        "nvidia-cuda-runtime", "nvidia-cuda-runtime-cu13", "nvidia-cuda-runtime-cu12",
    ),
    "cudnn": ("nvidia-cudnn-cu13", "nvidia-cudnn-cu12"),
}  # fmt: skip
"""Distributions that bring a component; the first that is installed counts."""
SIMPLIFIER = "onnxslim"
CUDA = Path("/usr/local/cuda/version.json")
"""Written by the installers and images of the CUDA toolkit."""
PODMAN = Path("/run/.containerenv")
"""podman-run(1): key="value" lines, among them `image`; without any in a container with no more rights."""
VARIABLES = {"tensorrt": "TRT_VERSION", "cuda_toolkit": "CUDA_VERSION", "cudnn": "CUDNN_VERSION"}
"""What NVIDIA's images set, where a component is no Python package in them; as 10.3.0.26+cuda12.6."""
OVERRIDES = {
    "tf32_override": "NVIDIA_TF32_OVERRIDE",
    "torch_tf32_override": "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
}
"""Variables that CUDA's libraries and torch obey in silence."""
CONTAINER = "FRICTIONLESS_CONTAINER"
CONTAINER_DIGEST = "FRICTIONLESS_CONTAINER_DIGEST"
"""Set by whoever starts the container: from inside, an image cannot tell its name."""


def components(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Exact version of each component that is installed, by the keys of `COMPONENTS`."""
    toolkit = _toolkit(CUDA)
    found = {
        "os": _system(),
        "glibc": _glibc(),
        "python": platform.python_version(),
        **{name: _installed(*packages) for name, packages in PACKAGES.items()},
        "simplifier": f"{SIMPLIFIER} {version}" if (version := _installed(SIMPLIFIER)) else "",
        "container": container(environment),
        "container_digest": container_digest(environment),
        **{name: environment.get(variable, "") for name, variable in OVERRIDES.items()},
    }
    for name, text in toolkit.items():
        found[name] = (
            found[name] or text
        )  # a package of this Python is nearer to it than the system
    for name, variable in VARIABLES.items():
        found[name] = found[name] or environment.get(variable, "").partition("+")[0]
    return {name: text for name, text in found.items() if text}


def container(environment: Mapping[str, str], podman: Path = PODMAN) -> str:
    """The image that this runs in; empty outside of one, and where it cannot be known.

    NVIDIA's images tell product and release, and not the end of their tag: for the one of
    nvcr.io/nvidia/tensorrt:25.10-py3 this is nvcr.io/nvidia/tensorrt:25.10.
    """
    if named := environment.get(CONTAINER):
        return named.partition("@")[0]
    product = environment.get("NVIDIA_PRODUCT_NAME", "")
    release = environment.get(f"NVIDIA_{re.sub(r'[^A-Z0-9]', '_', product.upper())}_VERSION")
    if product and release:
        return f"nvcr.io/nvidia/{product.lower().replace(' ', '')}:{release}"
    return _pairs(podman).get("image", "")


def container_digest(environment: Mapping[str, str]) -> str:
    """The digest of that image, as sha256:..., where it was handed in."""
    told = environment.get(CONTAINER_DIGEST) or environment.get(CONTAINER, "").partition("@")[2]
    return told.rpartition("@")[2]  # as `docker inspect` gives it, behind the name


def _installed(*distributions: str) -> str:
    for name in distributions:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return ""


def _system() -> str:
    """As "ubuntu 24.04", the words of os-release(5)."""
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return ""
    return f"{told['ID']} {told.get('VERSION_ID', '')}".strip()


def _glibc() -> str:
    name, version = platform.libc_ver()
    return version if name == "glibc" else ""


def _toolkit(path: Path) -> dict[str, str]:
    """Versions of the CUDA toolkit and of the runtime in it."""
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
        parts = {"cuda_toolkit": told.get("cuda"), "cuda_runtime": told.get("cuda_cudart")}
        return {name: str(part["version"]) for name, part in parts.items() if part}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _pairs(path: Path) -> dict[str, str]:
    """Lines of name="value" as a shell reads them; nothing where there is no such file."""
    try:
        words = shlex.split(path.read_text(encoding="utf-8"), comments=True)
    except (OSError, ValueError):
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)
