"""Supported forms of what TensorRT refuses, each a short rewrite."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pytest_frictionless.knowledge.reading import read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalent:
    """One rewrite, in torch."""

    operators: frozenset[str]
    title: str
    causes: frozenset[str] = frozenset()
    """Ids of the causes it helps against; empty for all of the operator."""
    made_by: str = ""
    """The operation of torch that is exported so, as "aten.embedding_bag"; empty where any may be."""
    before: str = ""
    constants: str = ""
    """Made once, when the network is made."""
    after: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    """Example values by name, where the rewrite is proved by a test."""

    def __str__(self) -> str:
        lines = [f"{self.title}:"] if self.before or self.after else [f"{self.title}."]
        for word, code in (
            ("before", self.before),
            ("once", self.constants),
            ("after", self.after),
        ):
            for i, line in enumerate(code.splitlines()):
                lines.append(f"  {word + ':' if not i else '':<8}{line}")
        return "\n".join(lines)


@cache
def equivalents() -> tuple[Equivalent, ...]:
    """Every rewrite of the table."""
    return tuple(
        Equivalent(
            operators=frozenset(row["operators"]), title=row["title"],
            causes=frozenset(row.get("causes", ())), made_by=row.get("made_by", ""), before="\n".join(row.get("before", ())),
            constants="\n".join(row.get("constants", ())), after="\n".join(row.get("after", ())),
            inputs=tuple(row.get("inputs", {}).items()),
        )
        for row in read_json("equivalents.json")["equivalents"]
    )  # fmt: skip


def equivalent_of(operator: str, cause: str, made_by: str = "") -> Equivalent | None:
    """The supported form of an operator that is refused for this cause.

    Args:
        operator: As "Det".
        cause: Id of the cause.
        made_by: What the exporter noted of the operation that the node comes from.
    """
    return next(
        (
            each
            for each in equivalents()
            if operator in each.operators
            and (not each.causes or cause in each.causes)
            and each.made_by in made_by
        ),
        None,
    )
