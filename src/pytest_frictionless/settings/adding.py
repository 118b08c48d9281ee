"""Entries added to a frictionless.yaml that people have written: every other character stays."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from pytest_frictionless.settings.document import NotYaml, parse
from pytest_frictionless.settings.scaffold import HEAD

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

_INDENT = 2
"""Columns that entries stand in, as `scaffold` writes them."""


def with_entries(text: str, entries: str) -> str:
    """A frictionless.yaml with these entries at the end of its `models`.

    Args:
        text: The file as it is.
        entries: What `scaffold` writes below its first line, for one model or several.

    Raises:
        ValueError: It is written in a way that has no place for them.
    """
    breaks = "\r\n" if "\r\n" in text else "\n"
    before, added = _read(text), _read(f"{HEAD}\n{entries}")
    after = _inserted(text, entries.replace("\n", breaks), breaks)
    expected = {**before, "models": {**(before.get("models") or {}), **added["models"]}}
    if _read(after) != expected:
        raise ValueError("the entries would not be read as they are meant")
    return after


def _inserted(text: str, entries: str, breaks: str) -> str:
    key, models = _models(text)
    if key is None or models is None:
        whole = text if text.endswith("\n") else text + breaks
        return f"{whole}{breaks}{HEAD}{breaks}{entries}"
    start, end = models.start_mark.index, models.end_mark.index
    if end < key.end_mark.index:
        raise ValueError(f"{HEAD} is an alias")
    if not models.value or isinstance(models, ScalarNode):  # nothing, null or {}
        return _at_line_after(text[:start] + text[end:], key.end_mark.index, entries, breaks)
    if not isinstance(models, MappingNode):
        raise ValueError(f"{HEAD} is no mapping")
    if models.flow_style:
        place = key.start_mark.index
        lines = _in_lines(text[place:end]).replace("\n", breaks)
        return _inserted(text[:place] + lines + text[end:], entries, breaks)
    column = models.value[0][0].start_mark.column
    entries = re.sub(rf"(?m)^ {{{_INDENT}}}", " " * column, entries)
    return _at_line_after(text, _end(models), entries, breaks, column=column)


def _models(text: str) -> tuple[Node | None, Node | None]:
    root = YAML(typ="safe", pure=True).compose(text)
    pairs = root.value if isinstance(root, MappingNode) else []
    return next(((key, value) for key, value in pairs if key.value == "models"), (None, None))


def _end(node: Any) -> int:
    """Where the last key or value of a mapping ends; an alias ends where its key does."""
    end = 0
    while isinstance(node, MappingNode | SequenceNode) and node.value and not node.flow_style:
        if isinstance(node, MappingNode):
            key, node = node.value[-1]
            end = max(end, key.end_mark.index)
        else:
            node = node.value[-1]
    return max(end, int(node.end_mark.index))


def _at_line_after(text: str, place: int, entries: str, breaks: str, *, column: int = 0) -> str:
    """The text with entries below the line of a place, and below comments that stand as deep."""
    if place and text[place - 1] != "\n":
        place = text.find("\n", place) + 1 or len(text)
    comment = re.compile(rf"(?:[ \t]*\r?\n)* {{{column},}}#[^\n]*(?:\n|$)")
    while column and (match := comment.match(text, place)):
        place = match.end()
    above = text[:place]
    return (above if above.endswith("\n") else above + breaks) + entries + text[place:]


def _in_lines(text: str) -> str:
    """A key and its mapping in braces, a line for each of its entries."""
    yaml = YAML()
    yaml.width = 4096
    try:
        whole = yaml.load(text)
    except YAMLError:  # an alias of what stands elsewhere
        raise ValueError(f"{HEAD} is in braces") from None
    next(iter(whole.values())).fa.set_block_style()
    stream = io.StringIO()
    yaml.dump(whole, stream)
    return stream.getvalue().removesuffix("\n")


def _read(text: str) -> dict[str, Any]:
    try:
        document = parse(text)
    except NotYaml as error:
        raise ValueError(str(error)) from None
    return document.value if document is not None and isinstance(document.value, dict) else {}
