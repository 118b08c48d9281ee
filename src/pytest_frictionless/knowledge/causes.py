"""Why TensorRT refuses a node, in words: its error texts told apart by a table."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pytest_frictionless.knowledge.plugins import plugins_of_nvidia
from pytest_frictionless.knowledge.reading import read_json

if TYPE_CHECKING:
    from pytest_frictionless.artifacts.engine import RejectionRecord

OF_NVIDIA = "@nvidia"
"""Stands in the table for the names of all of NVIDIA's plugins."""
UNNAMED = "unnamed"
"""Id of a cause that the table does not hold: the engine's own words are all there is."""

_CODES_OF_KINDS = {
    "unsupported": "FR501", "builder": "FR502", "unknown": "FR503", "type": "FR504",
    "crash": "FR003", "time": "FR001",
}  # fmt: skip
_WEIGHT_LIKE = "a tensor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a node is refused."""

    id: str
    code: str
    words: str
    """The condition that is not met, as "supported when `axes` is a constant"."""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One row of the table."""

    id: str
    code: str
    pattern: re.Pattern[str]
    cause: str
    remedy: str = ""
    operators: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    def fits(self, operator: str, domain: str) -> bool:
        return (not self.operators or operator in self.operators) and (
            not self.domains or domain in self.domains
        )


@cache
def _rules() -> tuple[_Rule, ...]:
    plugins = frozenset(plugins_of_nvidia())
    rules = []
    for row in read_json("causes.json")["causes"]:
        operators = frozenset(row.get("operators", ()))
        rules.append(
            _Rule(
                row["id"], row["code"], re.compile(row["pattern"], re.DOTALL), row["cause"],
                row.get("remedy", ""), plugins if OF_NVIDIA in operators else operators,
                frozenset(row.get("domains", ())),
            )
        )  # fmt: skip
    return tuple(rules)


def cause_ids() -> tuple[str, ...]:
    """Every cause that the table names."""
    return tuple(rule.id for rule in _rules())


def cause_of(rejection: RejectionRecord, *, engine: str) -> Cause:
    """The cause of a refusal: the first row of the table that fits, else the engine's own words."""
    operator, words = rejection["operator"], rejection["reason"]
    domain = rejection.get("domain", "")
    for rule in _rules():
        if rule.fits(operator, domain) and (match := rule.pattern.search(words)):
            named = {name: value for name, value in match.groupdict().items() if value}
            known = defaultdict(
                lambda: "another type",
                {
                    "operator": operator or _WEIGHT_LIKE, "engine": engine,
                    "domain": domain or "ai.onnx",
                }
                | named,
            )  # fmt: skip
            return Cause(
                id=rule.id, code=rule.code, words=rule.cause.format_map(known),
                remedy=rule.remedy.format_map(known),
            )  # fmt: skip
    return Cause(id=UNNAMED, code=_CODES_OF_KINDS[rejection["kind"]], words=words)
