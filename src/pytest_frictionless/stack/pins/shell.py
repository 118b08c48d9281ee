"""Reads what a shell command installs with pip, uv or conda."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from pytest_frictionless.stack.pins.pin import names_a_component

if TYPE_CHECKING:
    from collections.abc import Iterator

PIP, CONDA = "pip", "conda"
_INSTALLERS = {
    PIP: re.compile(r"(?:.*/)?(?:pip|uv)[\d.]*"), CONDA: re.compile(r"(?:.*/)?(?:conda|mamba|micromamba)"),
}  # fmt: skip
_VERBS = {PIP: ("install",), CONDA: ("install", "create")}
_OPTIONS_WITH_VALUE = {
    PIP: ("-r", "-c", "-i", "-f", "-t", "--python", "--extra-index-url", "--index-url"),
    CONDA: ("-c", "-n", "-p", "-f", "--channel", "--name", "--prefix", "--file"),
}


def installed(command: str) -> Iterator[tuple[str, str]]:
    """What a shell command, or a list of words in JSON, installs of the stack.

    Yields:
        `PIP` or `CONDA`, and one requirement in the words of that program.

    Raises:
        ValueError: It is no command: a quote is not closed.
    """
    for words in _commands(command):
        kind = ""
        rest = iter(words)
        for word in rest:
            kind = next((name for name, said in _INSTALLERS.items() if said.fullmatch(word)), kind)
            if kind and word in _VERBS[kind]:
                yield from ((kind, each) for each in _arguments(rest, _OPTIONS_WITH_VALUE[kind]))


def _arguments(words: Iterator[str], options: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        if word in options:
            next(words, None)
        elif not word.startswith("-") and names_a_component(word):
            yield word


def _commands(command: str) -> Iterator[list[str]]:
    """The simple commands of a line, each as its words."""
    if command.lstrip().startswith("["):
        try:
            words = json.loads(command)
        except (ValueError, RecursionError):
            pass  # then the shell is given it as it is
        else:
            yield [word for word in words if isinstance(word, str)]
            return
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();&|\n")
    lexer.whitespace_split = True
    lexer.whitespace = " \t"
    words = []
    for token in lexer:
        if set(token) <= set("();&|\n"):
            yield words
            words = []
        else:
            words.append(token)
    yield words
