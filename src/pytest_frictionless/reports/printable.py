"""Text of models and tools, made harmless for a terminal, a log or a page: nothing in it acts."""

from __future__ import annotations

import re


def one_line(text: str) -> str:
    r"""The text in one line; what does not print appears as `\x1b`, line ends too."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _spelled(c) for c in text)


def lines(text: str) -> str:
    r"""The text with its lines; everything else that does not print appears as `\x1b`.

    Escape sequences colour a terminal, and marks of direction make a text read as another.
    """
    return "\n".join(one_line(line.expandtabs()) for line in text.splitlines())


def inert(text: str) -> str:
    """The lines for a log: `##[error]`, `##vso[...]` and `##teamcity[...]` are commands to some CI."""
    return re.sub(r"##(?=\w*\[)", "# #", lines(text))


def cut(text: str, length: int) -> str:
    """The text, or as many characters as there is room for and an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode()
