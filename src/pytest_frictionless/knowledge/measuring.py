"""A measured table of operators: made of the verdicts on single cases, and compared."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_frictionless.knowledge.causes import cause_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_frictionless.artifacts.engine import CaseRecord

SOURCE = "single-node cases of onnx.backend.test, parsed and built without a GPU"


@dataclass(slots=True)
class _Tally:
    """What became of the cases of one operator."""

    domain: str
    cases: int = 0
    built: int = 0
    built_as_constants: int = 0
    types_built: set[str] = field(default_factory=set)
    types_tried: set[str] = field(default_factory=set)
    refusals: Counter[str] = field(default_factory=Counter)

    def add(self, case: CaseRecord, engine: str) -> None:
        self.cases += 1
        self.types_tried.add(case["type"])
        if case["refused"] is None or case["refused_with_constants"] is None:
            self.types_built.add(case["type"])
        if case["refused"] is None:
            self.built += 1
            return
        self.built_as_constants += case["refused_with_constants"] is None
        # Refused with constants too: that refusal is of the node, and not of its computed inputs.
        refused = case["refused_with_constants"] or case["refused"]
        self.refusals[cause_of(refused, engine=engine).words.splitlines()[0]] += 1

    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = {"domain": self.domain} if self.domain else {}
        row |= {"cases": self.cases, "built": self.built}
        if self.built_as_constants:
            row["built_as_constants"] = self.built_as_constants
        row["types_built"] = " ".join(sorted(self.types_built))
        if refused := self.types_tried - self.types_built:
            row["types_refused"] = " ".join(sorted(refused))
        if self.refusals:
            counted = sorted(self.refusals.items(), key=lambda each: (-each[1], each[0]))
            row["refusals"] = dict(counted)
        return row


def table_of(cases: Iterable[CaseRecord], *, engine: str, onnx: str) -> dict[str, Any]:
    """The measured table that these verdicts make."""
    tallies: dict[str, _Tally] = {}
    for case in cases:
        tally = tallies.setdefault(case["operator"], _Tally(domain=case["domain"]))
        tally.add(case, engine)
    rows = {name: tallies[name].row() for name in sorted(tallies)}
    return {"engine": engine, "onnx": onnx, "source": SOURCE, "operators": rows}


def as_text(table: Mapping[str, Any]) -> str:
    """The table as it is kept: a line for each operator, so that a change is a line of a diff."""
    head = {name: value for name, value in table.items() if name != "operators"}
    rows = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(row, ensure_ascii=False)}"
        for name, row in table["operators"].items()
    )
    return json.dumps(head, indent=1)[:-2] + f',\n "operators": {{\n{rows}\n }}\n}}\n'


def changes(
    stored: Mapping[str, Any], made: Mapping[str, Any], *, among: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """What differs between two measured tables, as operators with words.

    Args:
        stored: The table that is kept.
        made: The table that was just measured.
        among: The operators that were measured; none means all.
    """
    before, after = stored["operators"], made["operators"]
    for name in sorted(set(among) or set(before) | set(after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None or new is None:
            yield name, "is new in the table" if old is None else "has no case any more"
            continue
        told = [
            f"{title} {old.get(key, nothing) or nothing} → {new.get(key, nothing) or nothing}"
            for key, title, nothing in (
                ("cases", "cases", 0), ("built", "built", 0),
                ("built_as_constants", "built with constants", 0),
                ("types_built", "types", "none"), ("types_refused", "types refused", "none"),
            )
            if old.get(key) != new.get(key)
        ]  # fmt: skip
        gone = old.get("refusals", {}).keys() - new.get("refusals", {}).keys()
        come = new.get("refusals", {}).keys() - old.get("refusals", {}).keys()
        told += [f"no longer refused: {words}" for words in sorted(gone)]
        told += [f"newly refused: {words}" for words in sorted(come)]
        yield name, "; ".join(told or ["other numbers of refusals"])
