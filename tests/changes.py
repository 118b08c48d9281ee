"""A git repository that is asked which of its checkpoints changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.ci.changed import Selection, changed_since
from tests.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
roots: [models]
target: {tensorrt_rtx: "1.7"}
models:
  made:
    factory: shop.nets:made
    inputs: {x: {type: "float32[batch, 8]", sample: samples/x.npz}}
    profiles: {default: {batch: [1, 2, 4]}}
  plain:
    precision: fp16
"""
MADE, PLAIN, OTHER = "models/made.pt", "models/plain.onnx", "models/other.onnx"
EVERYTHING = {MADE, PLAIN, OTHER}


class Repository(Checkout):
    """A git repository, asked what changed in it."""

    def __init__(self, top: Path, below: str = ".") -> None:
        super().__init__(top, below)
        self.init()

    def since(self, ref: str = "main") -> Selection:
        return changed_since(self.tree(), ref)

    def changed(self, ref: str = "main") -> set[str]:
        selection = self.since(ref)
        assert selection.problem is None
        return set(selection.reasons)


def fill(repository: Repository) -> None:
    repository.write("frictionless.yaml", SETTINGS)
    repository.write(PLAIN)
    repository.write(OTHER)
    repository.write(MADE, b"\x80\x02}q\x00.")
    repository.write("samples/x.npz", b"PK")
    repository.write("shop/__init__.py", "")
    repository.write("shop/nets.py", "import torch\n")
    repository.write("shop/vocabulary.bpe", "a b")
    repository.write("README.md", "models")
    repository.write("web/app.js", "1")
    repository.commit()
    repository.git("checkout", "-q", "-b", "feature")
