"""The same checkpoint at another opset: a workbench of its own, with the same steps and store."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pytest_frictionless.settings.model import Opset
from pytest_frictionless.workbench.workbench import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts import ExecutionRecord
    from pytest_frictionless.shapes import ShapePoint
    from pytest_frictionless.workbench.store import Artifact

ORIGINAL = "the original file"


def at_opset(bench: Workbench, version: int) -> Workbench:
    """A workbench of this checkpoint pinned to another opset.

    A model is exported anew. An ONNX file is converted, and compared with what it was; at its own
    opset it stays as it is.
    """
    pin = Opset(version=version, reason="tried")
    spec = bench.spec.model_copy(update={"opset": pin})
    converts = bench.is_onnx and bench.onnx()["opset"] != version
    kind = ConvertedWorkbench if converts else Workbench
    return kind(bench.shop, bench.checkpoint, bench.name, spec)


class ConvertedWorkbench(Workbench):
    """Artifacts of an ONNX file converted to the pinned opset; its reference is the file itself."""

    def _converted(self) -> Artifact:
        arguments = {"path": str(self.checkpoint.path), "opset": self.pinned_opset}
        keyed = [super()._onnx_digest, self.pinned_opset]
        return self._step("onnx_convert:convert", arguments, keyed=keyed)

    def onnx_path(self) -> Path:
        """The converted file."""
        return self._converted().folder / "model.onnx"

    @property
    def _onnx_digest(self) -> str:
        return self._converted().digest

    def reference(self, point: ShapePoint) -> Artifact:
        """Outputs of the file before conversion at these sizes."""
        arguments = {"inputs": self.inputs, "sizes": dict(point.sizes)}
        return self._step(
            "onnx_convert:reference", {"path": str(self.checkpoint.path), **arguments},
            keyed=[super()._onnx_digest, self._samples_digest()], keep=arguments,
        )  # fmt: skip

    def execution(self, point: ShapePoint) -> ExecutionRecord:
        """One run of the converted file, compared with the original."""
        record = {**super().execution(point), "reference": ORIGINAL}
        return cast("ExecutionRecord", record)
