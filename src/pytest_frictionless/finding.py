"""A finding: one answer of a check, with a stable code, a place, a cause and a next step."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pytest_frictionless.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OF_A_POINT = re.compile(
    r"((?:in|out)put \S+)|\b(?:min|opt|max) \([^()]*\)|(?<![^\s(\[])[-+]?\d[\d.,e+-]*"
)
"""In a message: a shape point with its sizes, and numbers on their own. The name of an input or an
output, as 495 or Identity:1, is kept."""

LINE = 150
"""Columns that a first line takes at most, as far as the words of others decide."""


class Severity(StrEnum):
    """How a finding counts: an error fails its item, a warning is shown, a skip says why not."""

    ERROR = "error"
    WARNING = "warning"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a finding is: the user's source line where it is known, and the node in the graph."""

    node: str = ""
    """Name of the node in the graph."""
    operator: str = ""
    """Its operator, as `Conv`."""
    module: str = ""
    """Path of the layer inside the model, as `encoder.layer.0.attention`."""
    file: str = ""
    """The user's source file."""
    line: int = 0
    """Line in it, counted from 1; 0 where none is known."""
    text: str = ""
    """The source line itself."""

    def __str__(self) -> str:
        node = (
            f"{self.node} ({self.operator})"
            if self.node and self.operator
            else (self.node or self.operator)
        )
        source = f"{self.file}:{self.line}" if self.file else ""
        parts = [node, f"in {self.module}" if self.module else "", f"at {source}" if source else ""]
        place = " ".join(part for part in parts if part)
        return f"{place}\n    {self.text.strip()}" if self.text else place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer of a check."""

    code: str
    """As FR203; stable."""
    message: str
    """What happened, as one sentence with the names and numbers of this case."""
    place: Place | None = None
    """Where it is, as far as that is known."""
    cause: str = ""
    """Why it happened, where more is known than the message says."""
    remedy: str = ""
    """What to do next; empty takes the remedy of the code."""
    evidence: tuple[tuple[str, str], ...] = ()
    """Measured values, each a name and a text, shown as a table."""
    log: str = ""
    """What native code printed, shown apart."""
    reproducer: str = ""
    """Script that shows this failure on a model of a few nodes, and how many."""
    severity: Severity = field(default=Severity.ERROR)
    """How it counts."""

    @property
    def headline(self) -> str:
        """The whole story in one line."""
        return f"{self.code} {self.message}".splitlines()[0]

    @property
    def next_step(self) -> str:
        """The remedy of this case, else of its code."""
        return self.remedy or (CODES[self.code].remedy if self.code in CODES else "")

    def is_like(self, other: Finding) -> bool:
        """Whether both tell one fault, met at other sizes: code, words and, where known, the place."""
        if (self.code, self.severity) != (other.code, other.severity):
            return False
        elsewhere = self.place and other.place and str(self.place) != str(other.place)
        words = (_OF_A_POINT.sub(r"\1", each.message) for each in (self, other))
        return not elsewhere and next(words) == next(words)

    def to_json(self) -> dict[str, Any]:
        """As plain values, for the store and for reports."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Finding:
        """From what `to_json` gave."""
        fields = dict(record)
        fields["place"] = Place(**fields["place"]) if fields.get("place") else None
        fields["evidence"] = tuple((name, value) for name, value in fields.get("evidence", ()))
        fields["severity"] = Severity(fields.get("severity", Severity.ERROR))
        return cls(**fields)

    def with_log(self, log: str) -> Finding:
        """The same finding carrying this native log, unless it has one."""
        return self if self.log else replace(self, log=log)

    def render(self, *, root: Path | None = None) -> str:
        """What, where, cause, evidence and next step, as text; paths below `root` are shortened."""
        lines = [self.headline, *self.message.splitlines()[1:]]
        if self.place and str(self.place):
            lines.append(f"  where:  {_indent(str(self.place))}")
        if self.cause and self.cause not in self.message:
            lines.append(f"  cause:  {_indent(self.cause)}")
        width = max((len(name) for name, _ in self.evidence), default=0)
        lines += [f"    {name:<{width}}  {value}" for name, value in self.evidence]
        if self.reproducer:
            lines.append(f"  reproducer: {self.reproducer}")
        if self.next_step:
            lines.append(f"  next:   {_indent(self.next_step)}")
        text = "\n".join(lines)
        return shortened(text, root) if root else text


def shortened(text: str, root: Path) -> str:
    """A text whose paths below a folder are told from there: the folder is the same in every line."""
    return text.replace(f"{root}{os.sep}", "")


def quoted(message: str, words: str) -> tuple[str, str]:
    """A message that ends in what another tool says, and its words in full where a line has no room.

    The second is for `cause`: empty where the message holds all of it.
    """
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    said = lines[0] if lines else "it does not say why"
    room = max(LINE - len(message), 40)
    if len(said) > room:
        said = said.partition(". ")[0]
    if len(said) > room:
        said = f"{said[:room].rpartition(' ')[0] or said[:room]} …"
    return f"{message}: {said}", "" if lines[1:] == [] and said in lines else "\n".join(lines)


def _indent(text: str) -> str:
    first, *rest = text.strip("\n").splitlines() or [""]
    return "\n".join([first, *(f"          {line}" for line in rest)])
