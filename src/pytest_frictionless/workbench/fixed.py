"""A file that takes one size alone, although nobody said that this is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.formats import Format
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.knowledge.exporters import line_that_opens
from pytest_frictionless.settings.scaffold import scaffold

if TYPE_CHECKING:
    from pytest_frictionless.shapes import Profile
    from pytest_frictionless.workbench.workbench import Workbench

_ANY = "the first axis of each input gets a name, as batch, instead of a size"
"""What is asked of an exporter that is not known."""


def fixed_sizes(bench: Workbench, profile: str) -> Finding | None:
    """FR603 where no axis of any input is dynamic: an error where the profile asks for a range.

    An entry of frictionless.yaml that names inputs says what is meant: then this is None.
    """
    tensors = {name: each for name, each in bench.tensors.items() if each.dims}
    is_open = any(each.symbols for each in tensors.values())
    if bench.spec.inputs or is_open or not tensors or len(bench.tensors) < len(bench.inputs):
        return None
    name, tensor = next(iter(tensors.items()))
    more = f", and {len(tensors) - 1} more inputs likewise" if len(tensors) > 1 else ""
    message = f"no dimension is dynamic: {name} is {tensor}{more}"
    asked = _asked(bench, profile)
    if asked is not None:
        message += f", and profile {asked} asks for a range"
    producer = "torch.export"
    if bench.checkpoint.format is not Format.EXPORTED_PROGRAM:
        producer = bench.onnx()["producer"].partition(" ")[0]
    line = line_that_opens(producer, bench.tensors)
    entry = scaffold(
        name=bench.name, path=bench.relative_path, factory=None, inputs=bench.tensors, ranges={},
        needs_factory=False,
    )  # fmt: skip
    meant = "If one size is meant, say so in frictionless.yaml"
    meant += ", without the range:" if asked else ":"
    return Finding(
        code="FR603",
        message=message,
        cause="" if asked else "It serves one size: that of the example it was exported with.",
        remedy="\n".join(["Export again with the batch dynamic:", line or _ANY, meant, entry]),
        severity=Severity.WARNING if asked is None else Severity.ERROR,
    )


def _asked(bench: Workbench, profile: str) -> Profile | None:
    """The profile as the user wrote it, where it has a range: the file has none of its symbols."""
    written = {each.name: each for each in bench.spec.shape_profiles}.get(profile)
    spans = written.ranges.values() if written is not None else ()
    return written if any(span.min != span.max for span in spans) else None
