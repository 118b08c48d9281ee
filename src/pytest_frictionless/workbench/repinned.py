"""The same checkpoint at another opset: a workbench of its own, with the same steps and store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from pytest_frictionless.knowledge.opsets import COMPOSITE
from pytest_frictionless.settings.target import Opset
from pytest_frictionless.workbench.workbench import Workbench

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts.run import ExecutionRecord
    from pytest_frictionless.finding import Finding
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
    tried = kind(bench.shop, bench.checkpoint, bench.name, spec)
    tried.tentative = True
    return tried


def with_older_opset(bench: Workbench, finding: Finding) -> Finding:
    """A refusal of an operator that an older opset writes as simpler ones, with that way out."""
    operator = finding.place.operator if finding.place else ""
    since = COMPOSITE.get(operator)
    if since is None or bench.onnx()["opset"] < since:
        return finding
    way = (
        f"{operator} exists since opset {since}: export the model again at {since - 1} or below."
        if bench.is_onnx
        else f"{operator} exists since opset {since}: below it, the exporter writes simpler operators. "
        f"Find the opset to pin: pytest-frictionless opset {bench.relative_path} "
        f"--try {since - 5}..{since}"
    )
    return replace(finding, remedy="\n".join(filter(None, [way, finding.remedy])))


class ConvertedWorkbench(Workbench):
    """Artifacts of an ONNX file converted to the pinned opset; its reference is the file itself."""

    def _converted(self) -> Artifact:
        arguments = {"path": str(self.checkpoint.path), "opset": self.pinned_opset}
        keyed = [super()._onnx_digest, self.pinned_opset]
        return self.fetch("onnx.convert:convert", arguments, keyed=keyed)

    def onnx_path(self) -> Path:
        """The converted file."""
        return self._converted().folder / "model.onnx"

    @property
    def _onnx_digest(self) -> str:
        return self._converted().digest

    def reference(self, point: ShapePoint) -> Artifact:
        """Outputs of the file before conversion at these sizes."""
        path, sizes = str(self.checkpoint.path), dict(point.sizes)
        arguments = {"inputs": self.inputs, "sizes": sizes}
        return self.fetch(
            "onnxruntime.run:expected", {"path": path, "point": point.name, **arguments},
            keyed=[super()._onnx_digest, self._samples_digest()], keep=arguments,
        )  # fmt: skip

    def execution(self, point: ShapePoint) -> ExecutionRecord:
        """One run of the converted file, compared with the original."""
        record = {**super().execution(point), "reference": ORIGINAL}
        return cast("ExecutionRecord", record)
