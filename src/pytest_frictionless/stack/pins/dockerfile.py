"""Reads Dockerfiles: the images they build on, and what their RUN lines install with pip."""

from __future__ import annotations

import io
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from pytest_frictionless.stack.pins.pin import Unreadable, names_a_component

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.stack.pins.pin import Reading

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<bare>\w+))")
_ASSIGNMENT = re.compile(r"(\w+)(?:=|\s+)(\"[^\"]*\"|'[^']*'|\S+)")
_COMMANDS = {
    "add", "arg", "cmd", "comment", "copy", "entrypoint", "env", "expose", "from", "healthcheck",
    "label", "maintainer", "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir",
}  # fmt: skip
_PIP = re.compile(r"(?:pip|uv)[\d.]*")
_OPTIONS_WITH_VALUE = ("-r", "-c", "-i", "-f", "-t", "--python", "--extra-index-url", "--index-url")


def read_dockerfile(text: str, into: Reading) -> None:
    """Read a Dockerfile: FROM, ARG, ENV and RUN, with the defaults of the variables."""
    from dockerfile_parse import DockerfileParser

    instructions: list[dict[str, Any]] = DockerfileParser(
        fileobj=io.BytesIO(text.encode())
    ).structure
    if text.strip() and not any(each["instruction"] == "FROM" for each in instructions):
        raise Unreadable(1, "this is no Dockerfile: it has no FROM")
    into.in_image = True
    variables: dict[str, str] = {}
    stages: set[str] = set()
    for each in instructions:
        value, line = _expanded(each["value"], variables), each["startline"] + 1
        match each["instruction"].lower():
            case "from":
                _from(value, line, stages, into)
            case "arg" | "env":
                variables |= {name: said.strip("\"'") for name, said in _ASSIGNMENT.findall(value)}
            case "run":
                _run(value, each["content"], line, into)
            case other if other not in _COMMANDS:
                # A line of a here-document: the parser takes it for an instruction.
                _run(_expanded(each["content"], variables), each["content"], line, into)


def _expanded(text: str, variables: dict[str, str]) -> str:
    """A text with the values of its variables; empty for one that only the build knows."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["bare"]
        return variables.get(name) or match["default"] or ""

    return _VARIABLE.sub(value, text)


def _from(value: str, line: int, stages: set[str], into: Reading) -> None:
    words = [word for word in value.split() if not word.startswith("--")]
    if words and words[0].lower() not in stages and words[0] != "scratch":
        into.use(words[0], line)
    if len(words) == 3 and words[1].lower() == "as":
        stages.add(words[2].lower())


def _run(command: str, content: str, line: int, into: Reading) -> None:
    if not names_a_component(command):
        return
    for requirement in _installed(command):
        if not names_a_component(requirement):
            continue
        package = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        match = re.search(rf"(?<![\w.-]){re.escape(package)}(?![\w.-])", content)
        above = content.count("\n", 0, match.start()) if match else 0
        try:
            into.require(requirement, line + above)
        except Unreadable:
            continue  # a path, or a variable that only the build knows


def _installed(command: str) -> Iterator[str]:
    """Requirements that a shell command, or a list of words in JSON, gives to pip."""
    for words in _commands(command):
        pip = next(
            (i for i, word in enumerate(words) if _PIP.fullmatch(word.rpartition("/")[2])), None
        )
        if pip is None or "install" not in words[pip:]:
            continue
        rest = iter(words[words.index("install", pip) + 1 :])
        for word in rest:
            if word in _OPTIONS_WITH_VALUE:
                next(rest, None)
            elif not word.startswith("-"):
                yield word


def _commands(command: str) -> Iterator[list[str]]:
    """The simple commands of a line, each as its words."""
    if command.lstrip().startswith("["):
        try:
            words = json.loads(command)
        except (ValueError, RecursionError):
            words = []
        yield [word for word in words if isinstance(word, str)]
        return
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();&|\n")
    lexer.whitespace_split = True
    lexer.whitespace = " \t"
    words = []
    try:
        for token in lexer:
            if set(token) <= set("();&|\n"):
                yield words
                words = []
            else:
                words.append(token)
    except ValueError:  # a quote that is not closed: the shell would refuse it as well
        return
    yield words
