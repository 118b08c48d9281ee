"""Verdicts of `dynamic` that no small model brings about."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_frictionless.check import Context
from pytest_frictionless.checks import dynamic
from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.shapes import Profile, Range, TensorType
from pytest_frictionless.workbench.outputs import counted


def context(**parts: Any) -> Context:
    """The check asked of a workbench that has these records."""
    bench = SimpleNamespace(
        profiles={"one": Profile(name="one", ranges={"batch": Range(min=1, opt=2, max=4)})},
        tensors={"x": TensorType.parse("float32[batch, 8]")},
        spec=ModelSpec(inputs=cast("Any", {"x": "float32[batch, 8]"})),
        **{name: (lambda record=record: record) for name, record in parts.items()},
    )
    return Context(workbench=cast("Any", bench), profile_name="one")


def tensor(name: str, *dims: int | str) -> dict[str, Any]:
    return {"name": name, "dtype": "float32", "dims": list(dims), "shape": list(dims)}


WRITTEN = {"inputs": [tensor("x", "batch", 8)], "outputs": [tensor("y", "count", 8)]}
CAPTURED = {"route": "file", "ranges": {}}


def test_an_axis_that_the_parser_folded_is_told() -> None:
    network = {"engine": "TensorRT 10.15", "inputs": [tensor("x", 2, 8)]}
    (finding,) = dynamic.run(context(capture=CAPTURED, onnx=WRITTEN, parsed=network))
    assert finding.code == "FR604"
    assert finding.message.endswith("is 2 in the network of TensorRT 10.15")


@pytest.mark.parametrize(
    ("dims", "wanted"),
    [
        (("count", 8), "FR608"),
        (("batch", 8), ""),
        ((3, 8), ""),
        (("", 8), "FR608"),
        (("batch//2", 8), ""),
    ],
)
def test_rows_are_counted_only_where_their_size_is_of_no_input(
    dims: tuple[int | str, ...], wanted: str
) -> None:
    written = WRITTEN | {"outputs": [tensor("y", *dims)]}
    ctx = context(onnx=written, lost_symbol=None)
    compared = {"name": "y", "shape": [3, 8], "reference_shape": [5, 8]}
    finding = counted(ctx.workbench, ctx.profile.at("opt"), cast("Any", compared), "eager torch")
    assert (finding.code if finding else "") == wanted
