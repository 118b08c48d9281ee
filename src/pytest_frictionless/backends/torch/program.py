"""What an exported program says of its own inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.torch.refusal.failure import place_of_fx_node
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.rewrites.training import in_both_modes

if TYPE_CHECKING:
    import torch

    from pytest_frictionless.artifacts.checkpoint import InputRecord


def placeholders(program: torch.export.ExportedProgram) -> dict[str, Any]:
    """The fake tensor of every user input, by name, in order."""
    wanted = program.graph_signature.user_inputs
    values = {
        node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"
    }
    return {str(name): values[name] for name in wanted if name in values}


def declared_inputs(
    program: torch.export.ExportedProgram,
) -> tuple[list[InputRecord], dict[str, list[int | None]]]:
    """Inputs as signatures, and the range of each symbol.

    The name a dimension had does not survive saving (it is `s77` then): axis 0 becomes `batch`, the
    others are named after their input, as `x_2`.
    """
    names: dict[str, str] = {}
    ranges: dict[str, list[int | None]] = {}
    inputs: list[InputRecord] = []
    for name, value in placeholders(program).items():
        if not hasattr(value, "shape"):
            continue
        dims = []
        for axis, size in enumerate(value.shape):
            if is_static(size):
                dims.append(str(int(size)))
                continue
            expression = str(size.node.expr)
            plain = "batch" if axis == 0 and "batch" not in names.values() else f"{name}_{axis}"
            symbol = names.setdefault(expression, plain)
            dims.append(symbol)
            ranges[symbol] = proved_range(program, size.node.expr)
        dtype = str(value.dtype).removeprefix("torch.")
        inputs.append({"name": name, "type": f"{dtype}[{', '.join(dims)}]"})
    return inputs, ranges


def is_static(size: Any) -> bool:
    """Whether a size is a number, also where torch carries it as an expression."""
    return isinstance(size, int) or bool(size.node.expr.is_number)


def proved_range(program: torch.export.ExportedProgram, expression: Any) -> list[int | None]:
    """Lower and upper bound that torch proved for a symbolic size; None for unbounded."""
    bounds = program.range_constraints.get(expression)
    if bounds is None:
        return [None, None]
    return [_finite(bounds.lower), _finite(bounds.upper)]


def _finite(bound: Any) -> int | None:
    try:
        number = int(bound)
    except (TypeError, ValueError, OverflowError, AttributeError):
        return None
    return None if number >= 2**31 - 1 else number


_TRAINING_ARGUMENT = {
    "aten.dropout.default": 2,
    "aten.native_dropout.default": 2,
    "aten.alpha_dropout.default": 2,
    "aten.feature_dropout.default": 2,
    "aten.batch_norm.default": 5,
    "aten.instance_norm.default": 5,
    "aten._native_batch_norm_legit.default": 5,
    "aten.native_batch_norm.default": 5,
}
"""Position of the argument that says "as in training", by operation."""


def training_operations(program: torch.export.ExportedProgram) -> list[Finding]:
    """Dropout and batch norm that were captured as in training, each with its line."""
    findings = []
    for node in program.graph.nodes:
        position = _TRAINING_ARGUMENT.get(str(node.target))
        if position is None or len(node.args) <= position or node.args[position] is not True:
            continue
        if str(node.target) == "aten.instance_norm.default" and node.args[3] is None:
            continue  # it has no running statistics: the flag says nothing
        name, place = str(node.target).split(".")[1], place_of_fx_node(node)
        code = in_both_modes(place.file, place.line) if place else ""
        findings.append(
            Finding(
                code="FR704",
                message=f"{name} behaves as in training",
                place=place,
                remedy=f"Let it follow the mode of the model:\n{code}" if code else "",
            )
        )
    return findings


def lost_state(program: torch.export.ExportedProgram) -> list[Finding]:
    """Buffers that forward() changes: a file has inputs and outputs, and keeps nothing."""
    buffers = program.graph_signature.inputs_to_buffers
    changed: dict[str, Any] = {}
    for node in program.graph.nodes:
        # Captured programs are not functional: `aten.add_.Tensor(b_count, 1)`.
        in_place = str(node.target).count(".") == 2 and str(node.target).split(".")[1].endswith("_")
        name = getattr(node.args[0], "name", "") if in_place and node.args else ""
        if name in buffers:
            changed.setdefault(buffers[name], node)
    return [
        Finding(
            code="FR226",
            message=f"forward() changes the buffer {buffer}, and the file keeps it as it was exported",
            place=place_of_fx_node(node),
            severity=Severity.WARNING,
        )
        for buffer, node in changed.items()
    ]
