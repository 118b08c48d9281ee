"""Does the model export to a valid ONNX file?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(ctx: Context) -> Iterator[Finding]:
    """Export where the checkpoint is no ONNX file, then run the full onnx.checker on the file."""
    capture = ctx.workbench.capture()
    record = ctx.workbench.onnx()
    ctx.measurements.update(
        route=capture["route"], nodes=record["nodes"], producer=record["producer"]
    )
    if "export_s" in capture:
        ctx.measurements["export_s"] = capture["export_s"]
    for finding in capture.get("training", ()):
        yield Finding.from_json(finding)


CHECK = Check(
    name="export", scope=Scope.CHECKPOINT, run=run, after=("load",),
    title="does the model export to a valid ONNX file?",
)  # fmt: skip
