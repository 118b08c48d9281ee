"""What a subcommand of `pytest-frictionless` is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One subcommand; `run` gives the exit status: 0, or 1 for findings, or 2 for wrong usage."""

    name: str
    help: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
