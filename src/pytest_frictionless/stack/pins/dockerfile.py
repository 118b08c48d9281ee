"""Reads Dockerfiles: the images they build on or copy from, and what their RUN lines install."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pytest_frictionless.stack.pins.conda import note_specification
from pytest_frictionless.stack.pins.pin import Unreadable, names_a_component
from pytest_frictionless.stack.pins.shell import CONDA, installed

if TYPE_CHECKING:
    from pytest_frictionless.stack.pins.pin import Reading

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<bare>\w+))")
_ASSIGNMENT = re.compile(r"(\w+)(?:=|\s+)(\"[^\"]*\"|'[^']*'|\S+)")
_COMMANDS = {
    "add", "arg", "cmd", "comment", "copy", "entrypoint", "env", "expose", "from", "healthcheck",
    "label", "maintainer", "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir",
}  # fmt: skip
_SOURCE = re.compile(r"(?:^|[\s,])(?:--)?from=(?P<image>[^\s,]+)")
"""The image of `COPY --from=image` and of `RUN --mount=type=bind,from=image`, or a stage above."""


def read_dockerfile(text: str, into: Reading) -> None:
    """Read a Dockerfile: FROM, ARG, ENV and RUN, with the defaults of the variables."""
    from dockerfile_parse import DockerfileParser

    instructions: list[dict[str, Any]] = DockerfileParser(
        fileobj=io.BytesIO(text.encode())
    ).structure
    if text.strip() and not any(each["instruction"] == "FROM" for each in instructions):
        raise Unreadable(1, "this is no Dockerfile: it has no FROM")
    into.in_image = True
    build = _Build(into)
    for each in instructions:
        said, content, line = each["value"], each["content"], each["startline"] + 1
        match each["instruction"].lower():
            case "from":
                build.begin_stage(said, line)
            case "arg" | "env":
                build.set_variables(said)
            case "copy":
                build.use_sources(said, line)
            case "run":
                build.use_sources(said, line)
                _run(build.expanded(said), content, line, into)
            case other if other not in _COMMANDS:
                # A line of a here-document: the parser takes it for an instruction.
                _run(build.expanded(content), content, line, into)


@dataclass(slots=True)
class _Build:
    """What is known at one line of a Dockerfile."""

    into: Reading
    variables: dict[str, str] = field(default_factory=dict)
    stages: set[str] = field(default_factory=set)

    def expanded(self, text: str) -> str:
        """A text with the values of its variables; empty for one that only the build knows."""
        return _VARIABLE.sub(lambda match: self._value(match) or "", text)

    def set_variables(self, said: str) -> None:
        """Take the values of ARG and ENV."""
        found = _ASSIGNMENT.findall(self.expanded(said))
        self.variables |= {name: value.strip("\"'") for name, value in found}

    def begin_stage(self, said: str, line: int) -> None:
        """Note the image of FROM, and the name of the stage."""
        words = [word for word in said.split() if not word.startswith("--")]
        if words:
            self._use(words[0], line)
        if len(words) == 3 and words[1].lower() == "as":
            self.stages.add(words[2].lower())

    def use_sources(self, said: str, line: int) -> None:
        """Note the images that the options of COPY and RUN name: its first words, with dashes."""
        for option in takewhile(lambda word: word.startswith("--"), said.split()):
            for match in _SOURCE.finditer(option):
                self._use(match["image"], line, copied=True)

    def _use(self, said: str, line: int, *, copied: bool = False) -> None:
        """Note an image that is no stage of this file; one that only the build knows is kept as missed."""
        image = self.expanded(said)
        if any(self._value(each) is None for each in _VARIABLE.finditer(said)):
            self.into.miss(line, said)
        elif image.lower() not in self.stages and image != "scratch" and not image.isdecimal():
            self.into.use(image, line, copied=copied)

    def _value(self, match: re.Match[str]) -> str | None:
        """The value of a variable, or its default; None where the file has neither."""
        value = self.variables.get(match["braced"] or match["bare"])
        return value if match["default"] is None else value or match["default"]


def _run(command: str, content: str, line: int, into: Reading) -> None:
    if not names_a_component(command):
        return
    try:
        found = list(installed(command))
    except ValueError as error:
        into.miss(line, f"{content.strip().splitlines()[0]} ({error})")
        return
    for kind, requirement in found:
        at = line + _line_of(requirement, content)
        try:
            if kind == CONDA:
                note_specification(requirement, at, into)
            else:
                into.require(requirement, at)
        except Unreadable:  # a path, or a variable that only the build knows
            into.miss(at, requirement)


def _line_of(requirement: str, content: str) -> int:
    """Lines of an instruction above the one that names a requirement, which may have had variables in it."""
    package = re.split(r"[^\w.-]", requirement.rpartition("::")[2], maxsplit=1)[0]
    for words in (requirement, package):
        if match := re.search(rf"(?<![\w.-]){re.escape(words)}(?![\w.-])", content):
            return content.count("\n", 0, match.start())
    return 0
