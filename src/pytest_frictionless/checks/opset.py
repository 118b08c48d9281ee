"""Is the opset of the file the one that was pinned, and does the target know it?"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.knowledge.opsets import NEWEST, OLDEST, opset_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.workbench.workbench import Workbench


def run(ctx: Context) -> Iterator[Finding]:
    """Compare the pin with what is written in the file: exporters ignore a request in silence."""
    bench = ctx.workbench
    record = bench.onnx()
    delivered, ir_version = record["opset"], record["ir_version"]
    ctx.measurements.update(opset=delivered, ir_version=ir_version, opsets=record["opsets"])
    pin = bench.spec.opset or bench.shop.settings.opset
    exists = delivered <= record["newest_opset"]
    if pin is None and exists:
        yield Finding(
            code="FR303",
            message=f"no opset is pinned: {record['producer'] or 'the producer'} chose {delivered}",
            remedy=f'Add to frictionless.yaml:\nopset: {{version: {delivered}, reason: "..."}}',
            severity=Severity.WARNING,
        )
    elif pin is not None:
        if pin.version != delivered:
            yield Finding(
                code="FR301",
                message=f"opset {pin.version} is pinned, and the file has {delivered}",
                cause=f"{record['producer'] or 'The producer'} wrote opset {delivered}"
                + ("" if bench.is_onnx else f" although {pin.version} was asked for"),
                evidence=(("pinned because", pin.reason),),
                remedy=_remedy(bench, pin.version, delivered) if exists else "",
            )
        if pin.ir_version is not None and ir_version != pin.ir_version:
            yield Finding(
                code="FR304",
                message=f"IR version {pin.ir_version} is pinned, and the file has {ir_version}",
            )
    if not exists:
        yield Finding(
            code="FR302",
            message=f"opset {delivered} is newer than {record['newest_opset']}, the newest that the "
            "installed onnx knows: its operators cannot be judged",
            remedy="Export at an opset that exists, or install the onnx that brings this one.",
        )
        return
    yield from _known_to_target(bench.shop.settings.target.tensorrt, delivered)


def _remedy(bench: Workbench, pinned: int, delivered: int) -> str:
    """The two ways out, and the command that tells which opset works: of a file, by converting it."""
    ways = (
        f"Export the model again at opset {pinned}, or pin {delivered}."
        if bench.is_onnx
        else f"Pin {delivered}, or export with a version that delivers {pinned}."
    )
    first, last = sorted((pinned, delivered))
    if not OLDEST <= first <= last <= NEWEST:
        return ways
    return (
        f"{ways} Which of them works, with the line to pin:\n"
        f"  pytest-frictionless opset {shlex.quote(bench.relative_path)} --try {first},{last}"
    )


def _known_to_target(tensorrt: str | None, delivered: int) -> Iterator[Finding]:
    """TensorRT-RTX has no published limit: there the real parser decides, in `operators`."""
    if tensorrt is None:
        return
    known, beyond = opset_limits(tensorrt)
    if known is not None and delivered <= known.opset:
        return
    if beyond is not None and delivered > beyond.opset:
        yield Finding(
            code="FR302",
            message=f"opset {delivered} is newer than {beyond.opset}, the newest of TensorRT "
            f"{beyond.tensorrt}; the target is {tensorrt}",
            cause=beyond.source,
        )
    else:
        yield Finding(
            code="FR302",
            message=f"whether TensorRT {tensorrt} knows opset {delivered} is not documented",
            cause="; ".join(row.source for row in (known, beyond) if row),
            severity=Severity.WARNING,
        )


CHECK = Check(
    name="opset", scope=Scope.CHECKPOINT, run=run, after=("load", "export"),
    title="is the delivered opset the pinned one, and known to the target?",
)  # fmt: skip
