"""`container`: what is written, and over what nothing is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless import __version__
from pytest_frictionless.cli import main
from pytest_frictionless.stack.pins import read_pins

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
from tests.containing import RECORDED, TENSORRT


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
