"""What of the user's files a step has read: those of the repository, and none of the machine."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from pytest_frictionless.workbench.sources import Opened


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    (tmp_path / "store").mkdir()
    return Opened(tmp_path, without=tmp_path / "store")


def test_what_is_read_or_loaded_below_the_root_is_a_source(tmp_path: Path, opened: Opened) -> None:
    for name in ("scale.json", "ops.so", "written", "store/entry", "module.py"):
        (tmp_path / name).write_text("1")
    opened("open", (str(tmp_path / "scale.json"), "r", os.O_RDONLY))
    opened("open", (str(tmp_path / "written"), "w", os.O_WRONLY))
    opened("open", (str(tmp_path / "store/entry"), "r", os.O_RDONLY))
    opened("open", (str(tmp_path / "module.py"), "r", os.O_RDONLY))
    opened("open", (3, "r", os.O_RDONLY))
    opened("ctypes.dlopen", (str(tmp_path / "ops.so"),))
    opened("ctypes.dlopen", ("libcuda.so.1",))
    opened("ctypes.dlopen", (None,))
    opened("os.listdir", (str(tmp_path),))
    assert sorted(opened.sources(tmp_path / "net.pt")) == ["ops.so", "scale.json"]


def test_a_virtual_environment_below_the_root_is_of_the_machine(tmp_path: Path) -> None:
    packages = Path(sysconfig.get_paths()["purelib"])
    told = next(packages.glob("pytest-*.dist-info")) / "METADATA"
    opened = Opened(packages.parent, without=tmp_path)
    opened("open", (str(told), "r", os.O_RDONLY))
    assert opened.sources(tmp_path / "net.pt") == {}
