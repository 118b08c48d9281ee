"""The format `benchmark`: `customSmallerIsBetter` of github-action-benchmark.

https://github.com/benchmark-action/github-action-benchmark#tool-required
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.measured import QUANTITIES, Quantity, number, values_of
from pytest_frictionless.reports.printable import one_line
from pytest_frictionless.reports.verdict import answers_of

if TYPE_CHECKING:
    from pytest_frictionless.reports.results import Item, Results

MEASURED_WITH = ("engine", "gpu", "sizes")
"""Measurements without which a number cannot be read."""


def render(results: Results) -> str:
    """A list of numbers of which less is better; times of the CPU are too unsteady for one."""
    answers = answers_of(results)
    benches = [
        _bench(item, quantity, value)
        for quantity in QUANTITIES
        if quantity.tracked
        for item, value in values_of(answers, quantity)
    ]
    return json.dumps(benches, indent=1) + "\n"


def _bench(item: Item, quantity: Quantity, value: float) -> dict[str, Any]:
    bench: dict[str, Any] = {
        "name": one_line(f"{item.id} {quantity.title}"),
        "unit": quantity.tracked,
        "value": value,
        "extra": one_line(", ".join(_told(item.measurements.get(key)) for key in MEASURED_WITH if item.measurements.get(key))),
    }  # fmt: skip
    spread = number(item.measurements.get("spread"))
    return bench | ({} if spread is None else {"range": f"± {100 * spread / 2:.2g} %"})


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={each}" for name, each in value.items())
    return str(value)


FORMAT = Format(
    name="benchmark", help="customSmallerIsBetter of github-action-benchmark", render=render, file="benchmark.json"
)  # fmt: skip
