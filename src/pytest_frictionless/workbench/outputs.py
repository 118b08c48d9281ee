"""Shapes of outputs as a run gives them, against what the file declares, and what made them wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.artifacts.run import ComparisonRecord, ExecutionRecord
    from pytest_frictionless.shapes import ShapePoint
    from pytest_frictionless.workbench.workbench import Workbench


def counted(
    bench: Workbench, point: ShapePoint, compared: ComparisonRecord, reference: str
) -> Finding | None:
    """FR608: the axis that differs has a size of its own, which only the data knows."""
    record = bench.onnx()
    known = {each for tensor in record["inputs"] for each in tensor["dims"] or ()}
    output = next((each for each in record["outputs"] if each["name"] == compared["name"]), None)
    dims = output["dims"] if output else None
    got, wanted = compared["shape"], compared["reference_shape"]
    if dims is None or not len(dims) == len(got) == len(wanted):
        return None
    axes = [axis for axis in range(len(dims)) if got[axis] != wanted[axis]]
    if not all(_is_own(dims[axis], known) for axis in axes) or bench.lost_symbol():
        return None
    axis = axes[0]
    return Finding(
        code="FR608",
        message=f"output {compared['name']} has {got[axis]} rows at {point}, and {reference} gives "
        f"{wanted[axis]}: how many there are depends on the data",
        cause=f"Axis {axis} is {dims[axis] or 'without a name'} in the file, a size of no input.",
    )


def _is_own(size: int | str, known: set[int | str]) -> bool:
    """Whether an axis has a size of its own: neither an input's, nor one that follows from it."""
    return isinstance(size, str) and size not in known and (not size or size.isidentifier())


def wrong_outputs(
    bench: Workbench, execution: ExecutionRecord, point: ShapePoint
) -> Iterator[Finding]:
    """Output axes that are not what the file declares: an input's symbol, or a size.

    Where a size is declared and the original gives another, too, the model is right and its
    declaration is not: torch 2.13 writes the example's there behind a GRU.
    """
    record, sizes = bench.onnx(), _file_symbols(bench, point)
    pairs = zip(record["outputs"], execution["outputs"], strict=False)
    for number, (declared, given) in enumerate(pairs):
        shape = given["dims"] or []
        for axis, (name, size) in enumerate(zip(declared["dims"] or (), shape, strict=False)):
            wanted = sizes.get(name) if isinstance(name, str) else name
            if wanted is not None and wanted != size:
                finding = Finding(
                    code="FR606",
                    message=f"output {declared['name']} is {shape} at {point}: the file declares "
                    f"axis {axis} as {name}",
                )
                if isinstance(name, int):
                    finding = replace(finding, remedy=_redeclared(bench, number, axis))
                    if execution["comparisons"]:
                        yield replace(finding, severity=Severity.WARNING)
                        continue
                yield with_baked(bench, finding, likely=True)
                return


def _redeclared(bench: Workbench, number: int, axis: int) -> str:
    """How to leave a size open that a file declares."""
    path = bench.relative_path if bench.is_onnx else "model.onnx"
    return (
        "Runtimes that go by the declaration refuse or warn. Leave the axis open in the file:\n"
        f"import onnx\nmodel = onnx.load({path!r})\n"
        f"model.graph.output[{number}].type.tensor_type.shape.dim[{axis}].Clear()\n"
        f"onnx.save(model, {path!r})"
    )


def _file_symbols(bench: Workbench, point: ShapePoint) -> dict[str, int]:
    """Size of every symbol the file names among its inputs, at this point.

    A name shared by axes of different sizes says nothing of an output; `build` tells of it (FR806).
    """
    record, types = bench.onnx(), bench.tensors
    sizes: dict[str, int] = {}
    shared: set[str] = set()
    for each in record["inputs"]:
        shape = types[each["name"]].shape(point.sizes) if each["name"] in types else ()
        for name, size in zip(each["dims"] or (), shape, strict=False):
            if isinstance(name, str) and name and sizes.setdefault(name, size) != size:
                shared.add(name)
    return {name: size for name, size in sizes.items() if name not in shared}


def with_baked(bench: Workbench, finding: Finding, *, likely: bool = False) -> Finding:
    """Add the node where a symbol became a constant, if one is found: there is the cause."""
    lost = bench.lost_symbol(likely=likely)
    if lost is None:
        return finding
    place, held = Place(**lost["place"]), f" as {lost['held']}" if lost["held"] else ""
    elsewhere = finding.place is not None and finding.place.node != place.node
    failed_in = (("fails in", str(finding.place)),) if elsewhere else ()
    return replace(
        finding,
        message=f"{lost['symbol']} is baked in{held}: {finding.message}",
        place=place,
        cause="\n".join(filter(None, [lost["cause"], finding.cause])),
        evidence=(*finding.evidence, *failed_in) if elsewhere else (),
        remedy=lost["remedy"],
    )
