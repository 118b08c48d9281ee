"""Names of dynamic dimensions that are no names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.backends.onnx.hygiene.picture import graph_inputs
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.backends.onnx.hygiene.picture import Picture

_PLACEHOLDER = re.compile(r"\?|-1|none|unk|unknown|dynamic|dyn|dim|any|\*", re.IGNORECASE)


def find(picture: Picture) -> Iterator[Finding]:
    """Yield FR414 where several axes of the inputs share a placeholder: TensorRT takes them as equal."""
    axes: dict[str, list[str]] = {}
    for value in graph_inputs(picture.model):
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            if dim.dim_param and _PLACEHOLDER.fullmatch(dim.dim_param):
                axes.setdefault(dim.dim_param, []).append(f"axis {axis} of {value.name}")
    for name, places in axes.items():
        if len(places) > 1:
            new = ", ".join(
                f"{place.rpartition(' of ')[2]}_{place.split()[1]}" for place in places[:6]
            )
            yield Finding(
                code="FR414",
                message=f"{', '.join(places[:6])} share the name {name!r}, which says nothing: "
                "TensorRT takes dimensions of one name as equal",
                remedy=f"Export again with a name for each axis, or rename them: {new}.",
                severity=Severity.WARNING,
            )
