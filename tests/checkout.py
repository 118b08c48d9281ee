"""A repository with checkpoints that are no more than a header, and its git."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from pytest_frictionless.ci.tree import read_tree
from pytest_frictionless.opening import open_shop

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.ci.tree import Model, Tree

ONNX = b"\x08\x0a\x3a\x00\x42\x04\x0a\x00\x10\x13"
"""The smallest file that its header shows to be ONNX: version, an empty graph, an opset."""


def pointer(*, oid: str = "0" * 64, size: int = 5000) -> str:
    """What Git LFS leaves in place of a file."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


class Checkout:
    """The folder of frictionless.yaml, and the top of its repository."""

    def __init__(self, top: Path, below: str = ".") -> None:
        self.top = top
        self.root = top / below
        self.root.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, content: str | bytes = ONNX) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def tree(self) -> Tree:
        return read_tree(self.root, open_shop(self.root).settings)

    def model(self, place: str) -> Model:
        return next(model for model in self.tree().models if model.place == place)

    def init(self) -> None:
        self.git("init", "-q", "-b", "main")
        for name, value in (("user.name", "a"), ("user.email", "a@b"), ("commit.gpgsign", "false")):
            self.git("config", name, value)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.top, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x", "--allow-empty")
        return self.git("rev-parse", "HEAD")
