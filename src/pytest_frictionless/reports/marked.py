"""Markdown that holds texts of models and tools without becoming theirs, within a number of bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.reports.printable import cut, lines, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 160
"""Characters of a name."""
BLOCK = 4000
"""Characters of a block."""
_SPECIAL = {ord(c): f"&#{ord(c)};" for c in "\\`*_[]<>|~&$"} | {ord("@"): "&#64;<wbr>"}
"""Entities are never structure, https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references,
and an address becomes no link where an element is in it."""
_LINKS = {"://": "&#58;//", "www.": "www&#46;"}
"""What GitHub makes links of: https://github.github.com/gfm/#autolinks-extension-"""


def code(text: str) -> str:
    """A name within a line or a cell; GitHub takes no mention and no number of an issue from it."""
    if len(text) > LONGEST:
        text = f"…{text[1 - LONGEST :]}"  # the end of a path tells more
    return quoted(text)


def quoted(text: str) -> str:
    """A sentence within a line, as `code`."""
    shown = one_line(cut(text, BLOCK)).translate(_SPECIAL)
    for found, told in _LINKS.items():
        shown = shown.replace(found, told)
    return f"<code>{shown}</code>"


def fenced(text: str) -> str:
    """A block that no backtick inside of it ends."""
    shown = cut(lines(text), BLOCK)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}\n"


def row(cells: Iterable[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with blocks, of which the first that fit are kept."""

    title: str
    blocks: Sequence[str]
    """Each with the line end that it needs."""
    head: str = ""
    """What comes before the blocks, as the header of a table."""
    folded: bool = False
    """Whether it is opened by a click."""

    def text(self, room: int) -> str:
        """The section in so many bytes; says how many blocks are left out."""
        opening, closing = f"### {self.title}\n\n{self.head}", "\n"
        if self.folded:
            opening = f"<details><summary>{self.title}</summary>\n\n{self.head}"
            closing = "\n</details>\n\n"
        room -= len(f"{opening}{closing}{_more(len(self.blocks))}".encode())
        kept = []
        for block in self.blocks:
            room -= len(block.encode())
            if room < 0:
                break
            kept.append(block)
        left = len(self.blocks) - len(kept)
        return f"{opening}{''.join(kept)}{_more(left) if left else ''}{closing}"


def table(title: str, names: Sequence[str], rows: Iterable[Sequence[str]], *, folded: bool = False) -> Section:  # fmt: skip
    """A section that is a table."""
    head = row(names) + "|---" * len(names) + "|\n"
    return Section(title=title, head=head, blocks=[row(cells) for cells in rows], folded=folded)


def document(heading: str, sections: Sequence[Section], *, room: int) -> str:
    """Heading and sections in so many bytes; what one section leaves, the next ones may take."""
    text = heading
    used = [section for section in sections if section.blocks]
    for index, section in enumerate(used):
        text += section.text((room - len(text.encode())) // (len(used) - index))
    return text


def _more(left: int) -> str:
    return f"\n{left:,} more\n"
