"""Reads the record of a finding code: a page for people that tests carry out, too."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADING = re.compile(r"# (?P<name>[A-Z]\d\w* )?(?P<id>FR\d{3} )?(?P<title>.+)")
"""A class of failure has a name of its own, as E1, and a code where one tells of it."""
_REMARK = re.compile(r"<!-- (?P<name>[a-z ]+): (?P<value>.*?) -->")
_LABEL = re.compile(r"^\*\*(?P<name>\w+)\*\*: (?P<value>(?:.+\n?)+)", re.MULTILINE)
_FILE = re.compile(
    r"^`(?P<path>[^`\n]+)`\n\n(?P<fence>`{3,})\w*\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a finding code stands for, in the words of its record."""

    id: str
    """Empty for a class of failure that is mended in reading the file, with a note."""
    title: str
    meaning: str
    remedy: str
    """What to do next, where a finding has nothing better to say of its case."""
    remarks: Mapping[str, str] = field(default_factory=dict)
    """How the example is run: `arguments`, `command`, `requires`, `shown by`."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Paragraphs that begin with a bold word, as **Place**."""
    how: str = ""
    """How it arises, as Markdown."""
    example: Mapping[str, str] = field(default_factory=dict)
    """Files of the smallest project that raises it, by path."""
    mended: Mapping[str, str] = field(default_factory=dict)
    """Files that take the place of the example's; with them the code is gone."""
    text: str = ""
    """The whole record."""

    @property
    def page(self) -> str:
        """The record as people read it: without the remarks to the tests."""
        return re.sub(rf"(?:{_REMARK.pattern}\n)+\n?", "", self.text)


def read_record(text: str) -> Code:
    """The record as its parts; raises ValueError where it does not begin as one."""
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    heading, _, rest = head.partition("\n")
    match = _HEADING.fullmatch(heading.strip())
    if match is None or not (match["name"] or match["id"]):
        raise ValueError(f"a record begins with '# FRnnn title', not with {heading!r}")
    labels = {each["name"]: " ".join(each["value"].split()) for each in _LABEL.finditer(rest)}
    bodies = dict(section.partition("\n")[::2] for section in sections)
    return Code(
        id=(match["id"] or "").strip(), title=match["title"],
        meaning=" ".join(_LABEL.sub("", _REMARK.sub("", rest)).split()),
        remedy=labels.get("Next", ""),
        remarks={each["name"]: each["value"] for each in _REMARK.finditer(rest)},
        labels=labels,
        how=bodies.get("How it arises", "").strip(),
        example=_files(bodies.get("Example", "")), mended=_files(bodies.get("Mended", "")),
        text=text,
    )  # fmt: skip


def _files(body: str) -> dict[str, str]:
    return {each["path"]: each["text"] for each in _FILE.finditer(body)}
