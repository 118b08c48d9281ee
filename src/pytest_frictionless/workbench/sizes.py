"""Sizes of a profile that cannot be, or are too much: TensorRT would tell later, and worse."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.shapes import Profile, ShapePoint
    from pytest_frictionless.workbench.workbench import Workbench


def at_sizes(workbench: Workbench, finding: Finding, point: ShapePoint) -> Finding:
    """The finding of a run that the machine ended, with the sizes of that run."""
    given = tuple(
        (f"input {name}", f"{tensor.dtype}{list(tensor.shape(point.sizes))}")
        for name, tensor in workbench.tensors.items()
    )
    remedy = finding.remedy
    if finding.code == "FR002":
        remedy = (
            "Narrow the profile to what is served, ask for it on a larger machine, or raise "
            "`limits: {memory_mib: ...}`\nin frictionless.yaml."
        )
    evidence = (("it ran at", str(point)), *given)
    return replace(finding, evidence=(*finding.evidence, *evidence), remedy=remedy)


def impossible_sizes(workbench: Workbench, profile: Profile) -> Iterator[Finding]:
    """What TensorRT would tell later and worse: sizes that cannot be."""
    record = workbench.onnx()
    file_dims = {each["name"]: each["dims"] for each in record["inputs"]}
    for name, tensor in workbench.tensors.items():
        dims = file_dims.get(name)
        if dims is not None and len(dims) != len(tensor.dims):
            yield Finding(
                code="FR803",
                message=f"input {name} is declared {tensor} and has {len(dims)} axes in the file",
            )
            continue
        for point in profile.points():
            shape = tensor.shape(point.sizes)
            for axis, (size, written) in enumerate(zip(shape, dims or (), strict=False)):
                if isinstance(written, int) and size != written:
                    yield Finding(
                        code="FR803",
                        message=f"axis {axis} of input {name} is {written} in the file, and "
                        f"profile {profile.name} asks for {size} at {point}",
                    )
                    return
            if any(size < 0 for size in shape):
                yield Finding(
                    code="FR803",
                    message=f"input {name} would have shape {list(shape)} at {point}",
                )
                return
    yield from _shared_names(workbench, profile)


def _shared_names(workbench: Workbench, profile: Profile) -> Iterator[Finding]:
    """One name in the file for axes that the profile gives different sizes: TensorRT refuses that."""
    record = workbench.onnx()
    types = workbench.tensors
    for point in profile.points():
        seen: dict[str, tuple[str, int, int]] = {}
        for each in record["inputs"]:
            shape = types[each["name"]].shape(point.sizes) if each["name"] in types else ()
            for axis, (name, size) in enumerate(zip(each["dims"] or (), shape, strict=False)):
                if not isinstance(name, str) or not name:
                    continue
                first = seen.setdefault(name, (each["name"], axis, size))
                if first[2] != size:
                    yield Finding(
                        code="FR806",
                        message=f"axis {first[1]} of {first[0]} and axis {axis} of {each['name']} share "
                        f"the name {name!r}, and are {first[2]} and {size} at {point}: "
                        "TensorRT takes dimensions of one name as equal",
                        remedy="Export again with a name for each axis, or rename them: "
                        f"{first[0]}_{first[1]}, {each['name']}_{axis}.",
                    )
                    return
