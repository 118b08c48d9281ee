"""A YAML text as plain values, and where in the text each of them stands."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

if TYPE_CHECKING:
    from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

MAX_NODES = 100_000
"""More than anyone writes: aliases of aliases can stand for billions of values."""

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value stands in the text."""

    line: int
    """Counted from 1; that of the key, where the value has one."""
    text: str | None
    """The value as it is written; None for a mapping or a list."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML text says."""

    value: Any
    marks: Mapping[KeyPath, Mark]
    flaws: tuple[tuple[KeyPath, str], ...]
    """What is YAML and still no configuration: keys written twice, tags, loops."""

    def line(self, place: KeyPath) -> int:
        """Line of this value, or of the nearest mapping around it that is there."""
        while place and place not in self.marks:
            place = place[:-1]
        return self.marks[place].line if place in self.marks else 1


class NotYaml(Exception):
    """The text is no YAML; the message says why."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def parse(text: str) -> Document | None:
    """Read a YAML text, None where nothing is in it; raises NotYaml where it is none."""
    # The node tree is read and not the values: it keeps the line and the spelling of each, and a
    # key that is written twice is one problem among others.
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            root = yaml.compose(text)
        if root is None:
            return None
        walk = _Walk(yaml)
        return Document(walk.value(root, (), root), walk.marks, tuple(dict.fromkeys(walk.flaws)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(each for each in (error.context, error.problem) if each)
        if mark and error.context_mark and error.context_mark.line != mark.line:
            said += f", begun on line {error.context_mark.line + 1}"
        raise NotYaml(mark.line + 1 if mark else 1, said) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"the character {error.character!r} is not allowed") from None
    except YAMLError as error:
        raise NotYaml(1, " ".join(str(error).split())) from None
    except RecursionError:
        raise NotYaml(1, "it is nested too deeply") from None


class _Walk:
    """From nodes to values, keeping where each was."""

    def __init__(self, yaml: YAML) -> None:
        self.marks: dict[KeyPath, Mark] = {}
        self.flaws: list[tuple[KeyPath, str]] = []
        self._read = {
            f"{_TAG}int": yaml.constructor.construct_yaml_int,
            f"{_TAG}float": yaml.constructor.construct_yaml_float,
            f"{_TAG}bool": yaml.constructor.construct_yaml_bool,
        }
        self._open: set[int] = set()
        self._count = 0

    def value(self, node: Node, place: KeyPath, where: Node) -> Any:
        """Value of a node; `where` is the node whose line is told, its key if it has one."""
        text = node.value if isinstance(node, ScalarNode) else None
        self.marks[place] = Mark(where.start_mark.line + 1, text)
        if self._is_too_many():
            return None
        if id(node) in self._open:
            self.flaws.append((place, "the alias refers to what it is part of"))
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node, place)
        self._open.add(id(node))
        try:
            return self._collection(node, place)
        finally:
            self._open.discard(id(node))

    def _is_too_many(self) -> bool:
        self._count += 1
        if self._count == MAX_NODES + 1:
            self.flaws.append(((), f"more than {MAX_NODES} values are too many"))
        return self._count > MAX_NODES

    def _scalar(self, node: ScalarNode, place: KeyPath) -> Any:
        if node.tag == f"{_TAG}null":
            return None
        if node.tag in self._read:
            try:
                return self._read[node.tag](node)
            except (ValueError, OverflowError, IndexError, KeyError):
                self.flaws.append((place, f"{node.value[:60]} cannot be read as a value"))
                return None
        # A date, a lone "=" or "<<" is text here: nothing asks for them.
        if node.tag not in {f"{_TAG}{kind}" for kind in ("str", "timestamp", "value", "merge")}:
            self._refuse_tag(node, place)
        return node.value

    def _collection(self, node: Node, place: KeyPath) -> Any:
        if node.tag not in (f"{_TAG}seq", f"{_TAG}map"):
            self._refuse_tag(node, place)
        if not isinstance(node, MappingNode):
            return [self.value(each, (*place, i), each) for i, each in enumerate(node.value)]
        pairs = self._pairs(node, place)
        return {
            name: self.value(value, (*place, name), key) for name, (key, value) in pairs.items()
        }

    def _pairs(self, node: MappingNode, place: KeyPath) -> dict[str, tuple[Node, Node]]:
        """Keys and values of a mapping, those merged by `<<` after its own."""
        own: dict[str, tuple[Node, Node]] = {}
        merged: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                for name, pair in self._merged(value, place).items():
                    merged.setdefault(name, pair)
            elif not isinstance(key, ScalarNode):
                self.flaws.append((place, "a mapping or a list is no key"))
            elif key.value in own:
                first = own[key.value][0].start_mark.line + 1
                line = key.start_mark.line + 1
                self.flaws.append(
                    ((*place, key.value), f"the key is written twice, on lines {first} and {line}")
                )
            else:
                own[key.value] = (key, value)
        return {**own, **{name: pair for name, pair in merged.items() if name not in own}}

    def _merged(self, node: Node, place: KeyPath) -> dict[str, tuple[Node, Node]]:
        pairs: dict[str, tuple[Node, Node]] = {}
        for source in node.value if isinstance(node, SequenceNode) else [node]:
            if self._is_too_many():
                break
            if not isinstance(source, MappingNode) or id(source) in self._open:
                self.flaws.append((place, "<< takes another mapping, or a list of mappings"))
                continue
            self._open.add(id(source))
            for name, pair in self._pairs(source, place).items():
                pairs.setdefault(name, pair)
            self._open.discard(id(source))
        return pairs

    def _refuse_tag(self, node: Node, place: KeyPath) -> None:
        tag = str(node.tag).replace(_TAG, "!!")
        self.flaws.append((place, f"the tag {tag} has no meaning here"))
