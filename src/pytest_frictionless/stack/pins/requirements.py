"""Reads requirements and constraints files of pip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.stack.pins.pin import names_a_component

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.stack.pins.pin import Reading

_COMMENT = re.compile(r"(?:^|\s)#.*")
OPTION = re.compile(r"\s--?[a-z].*", re.DOTALL)
"""What follows a requirement on its line, as --hash=sha256:..."""


def read_requirements(text: str, into: Reading) -> None:
    """Read a file whose form is told in pip's reference, "Requirements File Format"."""
    for line, entry in entries(text):
        requirement = OPTION.sub("", entry).strip()
        if requirement and not requirement.startswith("-") and names_a_component(requirement):
            into.require(requirement, line)


def entries(text: str) -> Iterator[tuple[int, str]]:
    """Each requirement or option with its line, put together where it goes over several."""
    begun, entry = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        begun = begun or number
        bare = _COMMENT.sub("", line)
        entry += bare.removesuffix("\\")
        if not bare.endswith("\\"):
            yield begun, entry.strip()
            begun, entry = 0, ""
    if entry:
        yield begun, entry.strip()
