"""Another environment in which a cell was accepted: its numbers never count here, its engine may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """One other environment, and whether its accepted engine is measured on this machine."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    environment: str
    """Slug of its key."""
    differences: tuple[str, ...]
    """In what this environment is not that one, as `driver 580, not 575`."""
    problem: str = ""
    """Why its engine is not measured here; empty where it is."""

    def __str__(self) -> str:
        differs = f"{self.environment} ({'; '.join(self.differences)})"
        return f"accepted in {differs}: {self.problem}" if self.problem else differs
