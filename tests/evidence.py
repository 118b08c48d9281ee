"""Repositories that ran on a GPU, whose record is signed and held to what is there later."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.cli import main
from tests.project import Project
from tests.recorded import RECORDED_GPU

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Item

    Cli = Callable[..., tuple[int, str, str]]

STATIC = "g (float[2, 8] x) => (float[2, 8] y) { a = Relu(x)  y = Neg(a) }"
"""Nothing to scan for cliffs, whose steps nobody has recorded."""
OTHER = STATIC.replace("Relu", "Abs")
SETTINGS = "latency: {rounds: 7}\n"
REQUIRED = SETTINGS + "evidence: {require: true}\n"
EVIDENCE = "evidence/models/net.onnx.intoto.json"
ON_GPU = (
    "run-default-min", "run-default-opt", "run-default-max",
    "latency-default-min", "latency-default-opt", "latency-default-max", "memory-default",
)  # fmt: skip
SIGNED = re.compile(
    r"signed by gpu, run on \d{4}-\d\d-\d\d on NVIDIA H200, TensorRT-RTX 1\.6\.1\.120"
)


def private(shop: Project, name: str = "") -> Path:
    """Where a private key of this repository lies: beside it."""
    return shop.root.with_suffix(f".{name}pem")


def measured(root: Path, settings: str = SETTINGS, model: str = STATIC) -> Project:
    """A repository that ran on a GPU, with a pair of keys."""
    project = Project(root / "shop")
    project.write("conftest.py", RECORDED_GPU)
    project.write("frictionless.yaml", settings)
    project.onnx("models/net.onnx", model)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        assert main(["ci", "evidence", "keygen", "gpu", "--private", str(private(project))]) == 0
    project.run_isolated("models")
    project.root.joinpath("conftest.py").unlink()
    return project


def moved(origin: Project, project: Project) -> Project:
    shutil.copytree(origin.root, project.root, dirs_exist_ok=True)
    shutil.copy(private(origin), private(project))
    return project


def sign(shop: Project, *more: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shop.root)
        return main(["ci", "evidence", "sign", "--key", str(private(shop)), *more])


def asked(shop: Project, settings: str = REQUIRED) -> dict[str, Item]:
    """Items of a run without a GPU."""
    shop.write("frictionless.yaml", settings)
    return shop.run("models").of("models/net.onnx")


def only_failure(items: dict[str, Item]) -> Item:
    """One cause is one red line: the others say that they need the first."""
    (failed,) = (item for item in items.values() if item.outcome == "failed")
    for name in ON_GPU:
        item = items[name]
        how = "fails as" if item.nodeid.rpartition("::")[2].startswith("run-") else "needs"
        assert item is failed or item.text.startswith(f"Skipped: {how} run-default-min: FR01")
    return failed
