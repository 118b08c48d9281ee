"""Tables of what was measured and of what ran, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.reports.marked import Section, code, table
from pytest_frictionless.reports.measured import QUANTITIES, Quantity
from pytest_frictionless.reports.verdict import answers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.reports.results import Item, Results

OF_A_CHECKPOINT = ("load", "opset", "graph", "parity", "build", "run")
"""Checks of which the largest number of each checkpoint is shown."""
SCALES = {
    "seconds": ((1.0, " s"), (1e-3, " ms")),
    "bytes": ((2.0**30, " GiB"), (2.0**20, " MiB"), (2.0**10, " KiB"), (1.0, " B")),
    "": ((1.0, ""),),
}
"""What people read base units in, the largest first."""


def tables(results: Results) -> Iterator[Section]:
    """The numbers of each checkpoint, then latency, memory and jumps where a GPU measured them."""
    answers = answers_of(results)
    yield _of_checkpoints(answers)
    yield _of_items(answers, "Latency", "latency", ("verdict", "sizes", "engine", "gpu"))
    yield _of_items(answers, "Memory", "memory", ("engine", "gpu"))
    yield _of_jumps(answers)


def _of_checkpoints(answers: tuple[Item, ...]) -> Section:
    shown = [each for each in QUANTITIES if each.check in OF_A_CHECKPOINT]
    largest: dict[str, dict[str, float]] = {}
    for item in answers:
        numbers = largest.setdefault(item.checkpoint, {})
        for quantity in shown:
            value = quantity.of(item)
            if value is not None:
                numbers[quantity.metric] = max(value, numbers.get(quantity.metric, value))
    used = [each for each in shown if any(each.metric in row for row in largest.values())]
    rows = [
        [code(checkpoint), *(_number(row.get(each.metric), each) for each in used)]
        for checkpoint, row in largest.items()
        if row
    ]
    return table("Models and engines", ["checkpoint", *(each.title for each in used)], rows, folded=True)  # fmt: skip


def _of_items(answers: tuple[Item, ...], title: str, check: str, words: tuple[str, ...]) -> Section:
    shown = [each for each in QUANTITIES if each.check == check]
    rows = [
        [
            code(item.id),
            *(_number(each.of(item), each) for each in shown),
            *(_word(item.measurements.get(word)) for word in words),
        ]
        for item in answers
        if any(each.of(item) is not None for each in shown)
    ]
    names = [*(each.title for each in shown), *(words)]
    return table(title, ["item", *names], rows)


def _of_jumps(answers: tuple[Item, ...]) -> Section:
    rows = [
        [code(item.id), _word(jump.get("below")), _word(jump.get("above")), _percent(jump)]
        for item in answers
        if item.check == "cliffs"
        for jump in _jumps(item)
    ]
    names = ["item", "from", "to", "latency per element"]
    return table("Jumps of latency between sizes", names, rows)


def _jumps(item: Item) -> list[dict[str, Any]]:
    jumps = item.measurements.get("jumps")
    return [each for each in jumps if isinstance(each, dict)] if isinstance(jumps, list) else []


def _percent(jump: dict[str, Any]) -> str:
    change = jump.get("change")
    return f"{100 * change:+.0f} %" if isinstance(change, (int, float)) else ""


def _number(value: float | None, quantity: Quantity) -> str:
    if value is None:
        return ""
    base, scales = value * quantity.factor, SCALES[quantity.unit]
    scale, name = next((each for each in scales if abs(base) >= each[0]), scales[-1])
    shown = base / scale
    return f"{shown:,.0f}{name}" if shown == int(shown) else f"{shown:.4g}{name}"


def _word(value: Any) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{name} {each}" for name, each in value.items())
    return code(str(value)) if value else ""


def versions(results: Results) -> Section:
    """Each component of the stack with its version; several where the runs differ."""
    found: dict[str, dict[str, None]] = {}
    for run in results.runs:
        for component, version in run.environment.items():
            found.setdefault(component, {})[version] = None
    for item in answers_of(results):
        for name in ("engine", "gpu"):
            if value := item.measurements.get(name):
                found.setdefault(name, {})[str(value)] = None
    rows = [[code(name), ", ".join(map(code, each))] for name, each in found.items()]
    return table("Versions", ["component", "version"], rows, folded=True)
