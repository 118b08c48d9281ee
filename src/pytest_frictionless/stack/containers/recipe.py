"""What goes into a container: the image it begins with, and the packages that are pinned."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from pytest_frictionless import __version__
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.knowledge import containers
from pytest_frictionless.knowledge.reading import read_csv
from pytest_frictionless.stack.manifest import COMPONENTS
from pytest_frictionless.stack.pins.images import Image, image_from, versions_in
from pytest_frictionless.stack.pins.pin import as_precise_as_written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_frictionless.settings.target import Target

PACKAGES = {
    "torch": "torch", "onnxscript": "onnxscript", "onnx": "onnx", "onnxruntime": "onnxruntime",
    "simplifier": "onnxslim", "numpy": "numpy", "tensorrt_rtx": "tensorrt-rtx-cu{cuda}",
}  # fmt: skip
"""Components that pip installs. TensorRT is none of them: it comes with the image."""
CUDA = "13.0.0"
"""Of the base image where nothing tells which; TensorRT-RTX 1.x has wheels for CUDA 12 and 13."""
UBUNTU_PYTHON = "3.12"
"""Of Ubuntu 24.04: https://packages.ubuntu.com/noble/python3"""
_BARE = ("nvidia/cuda", "nvcr.io/nvidia/cuda", "ubuntu")
_DIGEST = re.compile(r"(sha256:[0-9a-f]{64})?")
_MONTH = re.compile(r"\d\d\.\d\d")
_SERVING = ("nvcr.io/nvidia/tensorrt", "nvcr.io/nvidia/pytorch", "nvcr.io/nvidia/tritonserver")
"""NVIDIA's images with TensorRT, the smallest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The image that a container begins with."""

    image: Image
    why: str

    @property
    def has_python(self) -> bool:
        """Whether Python and pip are inside: images of CUDA and of Ubuntu alone have none."""
        return self.image.repository not in _BARE

    @property
    def contents(self) -> Mapping[str, str]:
        """Versions inside, as far as they are known."""
        ours = {"python": UBUNTU_PYTHON} if self.image.tag.endswith("ubuntu24.04") else {}
        return ours | (versions_in(str(self.image)) or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a Dockerfile is written from."""

    base: Base
    packages: tuple[str, ...]
    """Requirements of pip, each with one exact version."""
    remarks: tuple[str, ...]
    """What is not as it was recorded, and why."""
    origin: str
    """What the versions were read from."""
    digests: Mapping[str, str]
    """SHA-256 of each manifest by its path."""


def recipe_for(
    components: Mapping[str, str], target: Target, *, origin: str, digests: Mapping[str, str]
) -> Recipe:
    """The container for a stack.

    Args:
        components: Exact versions by the keys of `COMPONENTS`, of a manifest or of what is installed.
        target: What is deployed to.
        origin: What `components` was read from.
        digests: SHA-256 of each manifest by its path; empty without one.

    Raises:
        ConfigError: No image is known for it, or a version is none.
    """
    base = base_for(components, target)
    packages: list[str] = []
    remarks = list(_remarks(components, base))
    for component, name in PACKAGES.items():
        if component not in components:
            continue
        version = _version(component, components[component].rpartition(" ")[2])
        if _is_inside(component, str(version), base):
            remarks.append(f"{COMPONENTS[component]} {version} is kept from the image.")
            continue
        if version.local:
            remarks.append(
                f"{COMPONENTS[component]} {version} was recorded; the index of pip serves another build "
                f"of {version.public}."
            )
        packages.append(f"{name.format(cuda=_cuda_major(components, base))}=={version.public}")
    packages.append(f"pytest-frictionless[gpu]=={__version__}")
    return Recipe(
        base=base, packages=tuple(packages), remarks=tuple(remarks), origin=origin, digests=digests
    )


def base_for(components: Mapping[str, str], target: Target) -> Base:
    """The image to begin with; raises ConfigError where TensorRT is asked for and none is known."""
    recorded = _recorded(components)
    if target.container:
        aim = image_from(target.container)
        if aim is None:
            raise ConfigError([f"target.container: {target.container!r} is no name of an image"])
        if recorded is not None and recorded.tagged == aim.tagged and not aim.digest:
            aim = recorded
        return Base(image=aim, why="target.container of frictionless.yaml")
    if recorded is not None:
        return Base(image=recorded, why="the container that was recorded")
    wanted = components.get("tensorrt") or target.tensorrt
    if wanted:
        return Base(image=_image_with(wanted), why=f"it holds TensorRT {wanted}")
    cuda = components.get("cuda_toolkit") or CUDA
    tag = f"{_version('cuda_toolkit', cuda)}-runtime-ubuntu24.04"
    return Base(
        image=Image(repository="nvidia/cuda", tag=tag),
        why="nothing asks for TensorRT, and TensorRT-RTX comes as a package",
    )


def _recorded(components: Mapping[str, str]) -> Image | None:
    """The image that a manifest was written in, with its digest."""
    image = image_from(components.get("container", ""))
    digest = components.get("container_digest", "")
    if not _DIGEST.fullmatch(digest):
        raise ConfigError([f"{COMPONENTS['container_digest']}: {digest!r} is no digest"])
    if image is None:
        return None
    # From inside NVIDIA's images tell their month, and not the end of their tag.
    is_month = image.repository in _SERVING and _MONTH.fullmatch(image.tag)
    tag = f"{image.tag}-py3" if is_month else image.tag
    return Image(repository=image.repository, tag=tag, digest=digest or image.digest)


def _image_with(tensorrt: str) -> Image:
    """The newest of NVIDIA's images that holds this TensorRT, where it is known as precisely."""
    wanted = as_precise_as_written("tensorrt", tensorrt)
    fitting = [
        image
        for row in read_csv(containers.FILE)
        if wanted and row["tensorrt"] and (image := image_from(row["image"]))
        and image.repository in _SERVING
        and (inside := as_precise_as_written("tensorrt", row["tensorrt"]))
        and inside.agrees_with(wanted)
    ]  # fmt: skip
    if not fitting:
        raise ConfigError(
            [f"no image is known that holds TensorRT {tensorrt}: name one as target.container in "
             "frictionless.yaml"]
        )  # fmt: skip
    smallest = min(_SERVING.index(image.repository) for image in fitting)
    of_one = [image for image in fitting if image.repository == _SERVING[smallest]]
    return max(of_one, key=lambda image: (image.tag.partition("-")[0], -len(image.tag)))


def _remarks(components: Mapping[str, str], base: Base) -> Iterator[str]:
    """What the image holds otherwise than it was recorded, where pip cannot mend it."""
    for component, inside in base.contents.items():
        recorded = components.get(component)
        if component in PACKAGES or not recorded or _is_inside(component, recorded, base):
            continue
        yield f"{COMPONENTS[component]} {recorded} was recorded, and the image holds {inside}."


def _is_inside(component: str, version: str, base: Base) -> bool:
    inside = as_precise_as_written(component, base.contents.get(component, ""))
    recorded = as_precise_as_written(component, version)
    return inside is not None and recorded is not None and inside.agrees_with(recorded)


def _cuda_major(components: Mapping[str, str], base: Base) -> str:
    told = base.contents.get("cuda_toolkit") or components.get("cuda_toolkit") or CUDA
    return told.partition(".")[0]


def _version(component: str, text: str) -> Version:
    """A version, and nothing that a shell would carry out."""
    try:
        return Version(text)
    except InvalidVersion:
        raise ConfigError([f"{COMPONENTS[component]}: {text!r} is no version"]) from None
