"""Do two ONNX files give the same numbers?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.onnxruntime.run import compare, run_file
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.shapes import ShapePoint

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.checkpoint import InputRecord


def same(
    memory: dict[str, Any], folder: str, *, path: str, original: str, inputs: list[InputRecord],
    point: str, sizes: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    """Run two files at one shape point as they are; the outputs of `original` are the reference.

    Raises StepFailed FR605 or FR706 where the original does not run, FR421 where only it does.
    """
    del folder
    feeds = feeds_at(inputs, sizes)
    where = ShapePoint(point, sizes)
    names, expected = run_file(memory, original, feeds, where, optimised=False)
    try:
        _, values = run_file(memory, path, feeds, where, optimised=False)
    except StepFailed as failed:
        message = f"the simplified file fails where the original runs: {failed.finding.message}"
        raise StepFailed(replace(failed.finding, code="FR421", message=message)) from failed
    comparisons = [
        compare(name, value, wanted, {})
        for name, value, wanted in zip(names, values, expected, strict=True)
    ]
    return {"comparisons": comparisons}
