"""The steps that ask TensorRT: parse, build, and who is to blame when a build fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.tensorrt import attribute as tensorrt_attribute
from pytest_frictionless.backends.tensorrt import build as tensorrt_build
from pytest_frictionless.backends.tensorrt import parse as tensorrt_parse
from pytest_frictionless.backends.tensorrt import plugins as tensorrt_plugins
from pytest_frictionless.backends.tensorrt.words import (
    is_hardware_error,
    is_memory_error,
    is_profile_error,
)
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.machine import hardware_finding
from pytest_frictionless.place import place_of_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_frictionless.artifacts.engine import RejectionRecord

PLAN = "model.plan"


def parse(
    memory: dict[str, Any], folder: str, *, path: str, plugins: Sequence[str] = ()
) -> dict[str, Any]:
    """The file through the real parser, with everything it refuses."""
    del memory, folder
    loaded = tensorrt_plugins.prepare(plugins, path)
    return {**tensorrt_parse.parse(path), "plugins": loaded}


def build(
    memory: dict[str, Any], folder: str, *, path: str, profiles: list[dict[str, Any]],
    compute_capabilities: list[str], precision: str | None, plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """One engine with all profiles; the plan is written beside the record.

    Raises MemoryError where the builder ran out of memory, and StepFailed FR009 where the GPU is
    none of this TensorRT's: those are no verdicts on the model.
    """
    del memory
    tensorrt_plugins.prepare(plugins, path)
    record = tensorrt_build.build(
        path, profiles=[with_values(each) for each in profiles],
        compute_capabilities=compute_capabilities, plan_path=str(Path(folder) / PLAN),
        precision=precision,
    )  # fmt: skip
    if not record["built"] and is_memory_error(record["errors"]):
        raise MemoryError("; ".join(record["errors"]))
    if not record["built"] and is_hardware_error(record["errors"]):
        words = next(text for text in record["errors"] if is_hardware_error([text]))
        raise StepFailed(hardware_finding(record["engine"], words))
    blame = bool(record["dropped_profiles"]) or is_profile_error(record["errors"])
    return {**record, "profile_errors": blame}


def attribute(
    memory: dict[str, Any], folder: str, *, path: str, profile: dict[str, Any],
    compute_capabilities: list[str], plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """The nodes that the builder refuses although they parse.

    Raises StepFailed FR001 where it answered too late, and FR003 with the node where it crashed and
    said nothing: those are no refusals.
    """
    del memory, folder
    tensorrt_plugins.prepare(plugins, path)
    rejections = tensorrt_attribute.attribute(
        path, profile=with_values(profile), compute_capabilities=compute_capabilities
    )
    for each in rejections:
        if each["kind"] == "time":
            message = f"{each['reason']}: whether it takes the model is not known"
            raise StepFailed(Finding(code="FR001", message=message))
    crashes = [each for each in rejections if each["kind"] == "crash"]
    if crashes and len(crashes) == len(rejections):
        raise StepFailed(crash_finding(crashes[0]))
    return {"rejections": rejections}


def crash_finding(crash: RejectionRecord) -> Finding:
    """FR003 with the node that the builder does not survive."""
    place = place_of_node(
        name=crash["node"], operator=crash["operator"], metadata=crash["metadata"]
    )
    message = f"{crash['reason']}: {crash['operator'] or 'the graph'} is not judged"
    return Finding(code="FR003", message=message, place=place)


def with_values(profile: dict[str, Any]) -> dict[str, Any]:
    """The profile with the values of shape tensors at min, opt and max.

    A shape tensor is an input whose values are sizes: TensorRT wants their range too.
    """
    values: dict[str, list[list[int]]] = {}
    for each in profile["shape_tensors"]:
        points = [feeds_at([each], sizes)[each["name"]] for sizes in profile["sizes"]]
        values[each["name"]] = [[int(value) for value in point.reshape(-1)] for point in points]
    inputs = {name: shape for name, shape in profile["inputs"].items() if name not in values}
    return {"name": profile["name"], "inputs": inputs, "values": values}
