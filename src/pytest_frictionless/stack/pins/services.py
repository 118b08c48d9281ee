"""Reads the images that jobs, services and dev-containers run in: CI, Compose and devcontainer.json."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pytest_frictionless.stack.pins.conda import parse_yaml
from pytest_frictionless.stack.pins.pin import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.stack.pins.pin import Reading

_TELLING = re.compile(r"nvcr\.io/|nvidia/cuda:|pytorch/pytorch:")
"""Images whose contents matter; the Python of a job that lints says nothing of the stack."""
_DOCUMENT = re.compile(r"^---.*$", re.MULTILINE)
_KEYS = ("image", "container", "name")
_JSONC = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
"""A text, which stays, or what JSON does not have: a comment, or a comma behind the last value."""


def read_jobs(text: str, into: Reading) -> None:
    """Read `container:` and `image:` of GitHub workflows, GitLab CI and Compose files."""
    if not _TELLING.search(text):
        return
    start = 0
    for mark in [*_DOCUMENT.finditer(text), None]:
        end = mark.start() if mark else len(text)
        line = text.count("\n", 0, start) + 1
        document = parse_yaml(text[start:end], line)
        for place, image in _images(document.value, ()):
            at = line + document.line(place) - 1
            if "$" in image:  # only the job knows
                into.miss(at, image)
            else:
                into.use(image, at)
        start = mark.end() if mark else end


def _images(
    value: Any, place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in entries:
            yield from _images(inner, (*place, key))
    elif isinstance(value, str) and place[-1] in _KEYS and _TELLING.search(value):
        yield place, value


def read_devcontainer(text: str, into: Reading) -> None:
    """Read `image` of devcontainer.json, which is JSON with comments."""
    bare = _JSONC.sub(lambda match: match[1] or "\n" * match[0].count("\n"), text)
    try:
        value = json.loads(bare)
    except json.JSONDecodeError as error:
        raise Unreadable(error.lineno, f"this is not JSON: {error.msg}") from None
    except RecursionError:
        raise Unreadable(1, "this JSON is nested too deeply") from None
    image = value.get("image") if isinstance(value, dict) else None
    if isinstance(image, str) and _TELLING.search(image):
        at = text.find(image)
        into.use(image, text.count("\n", 0, max(at, 0)) + 1)
