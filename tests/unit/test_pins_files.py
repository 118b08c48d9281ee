"""Which files of a repository are read for what they pin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_frictionless.stack.pins import Pins, files, read_pins

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
from tests.pinned import UV, read, told


def test_what_is_no_file_of_ours_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    (tmp_path / "uv.lock").mkdir()
    (tmp_path / "Dockerfile").symlink_to("nowhere")
    (tmp_path / "pyproject.toml").symlink_to("pyproject.toml")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert read(tmp_path, {}) == Pins(pins=(), images=(), problems=())


def test_other_projects_and_environments_are_not_read(tmp_path: Path) -> None:
    pin = "torch==1.0\n"
    foreign = {
        f"{folder}/requirements.txt": pin
        for folder in (".venv", "env", "node_modules/a", "site-packages", "vendor/x", "submodule")
    }
    marks = {"env/pyvenv.cfg": "", "submodule/.git": "gitdir: ../.git/modules/x\n"}
    pins = read(tmp_path, foreign | marks | {"a/b/requirements.txt": pin})
    assert told(pins) == ["torch torch==1.0 a/b/requirements.txt:1"]


def test_exclude_leaves_a_file_out(tmp_path: Path) -> None:
    texts = {"ci/old/requirements.txt": "torch==1.0\n", "requirements.txt": "torch==2.0\n"}
    pins = read(tmp_path, texts, exclude=("ci/*",))
    assert told(pins) == ["torch torch==2.0 requirements.txt:1"]


def test_files_beside_the_folders_above_count_and_those_of_siblings_do_not(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    image = "image: nvcr.io/nvidia/pytorch:25.10-py3\n"
    texts: dict[str, str] = {
        "constraints.txt": "torch==2.0\n", "services/audio/requirements.txt": "torch==1.0\n",
        "services/vision/requirements.txt": "numpy==2.0\n", ".github/workflows/gpu.yml": image,
    }  # fmt: skip
    read(tmp_path, texts)
    pins = read_pins(tmp_path / "services/vision")
    assert told(pins) == [
        "torch torch==2.0 constraints.txt:1",
        "numpy numpy==2.0 requirements.txt:1",
    ]
    assert [use.place for use in pins.images] == [".github/workflows/gpu.yml:1"]


def test_a_folder_of_very_many_files_is_not_walked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_ENTRIES", 50)
    (tmp_path / "images/deep").mkdir(parents=True)
    for number in range(60):
        (tmp_path / "images" / f"{number}.png").touch()
    texts = {"requirements.txt": "torch==2.0\n", "images/deep/requirements.txt": "torch==1.0\n"}
    pins = read(tmp_path, texts)
    assert told(pins) == ["torch torch==2.0 requirements.txt:1"]
    assert [finding.code for finding in pins.problems] == ["FR075"]


def test_of_a_lock_file_only_the_packages_of_the_stack_are_parsed(tmp_path: Path) -> None:
    package = '[[package]]\nname = "p"\nwheels = [\n    { url = "https://a" },\n'  # never closed
    pins = read(tmp_path, {"uv.lock": package * 800 + UV})
    assert [pin.component for pin in pins.pins] == ["onnxruntime", "torch"]
    assert pins.problems == ()
