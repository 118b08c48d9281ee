"""What a format of a report is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_frictionless.reports.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form that results are told in."""

    name: str
    help: str
    render: Callable[[Results], str]
    """The whole report as text."""
    file: str = ""
    """What `pytest-frictionless ci report` calls it; empty for what it only prints."""
    judges: bool = False
    """Whether asking for it fails where something failed: for a gate, and not for a file."""
