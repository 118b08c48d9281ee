"""The format `comment`: one comment on a pull request, which each run writes anew."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_frictionless.reports import numbers
from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.markdown import checkpoints, failures, heading, warnings
from pytest_frictionless.reports.marked import document

if TYPE_CHECKING:
    from pytest_frictionless.reports.results import Results

ROOM = 60 * 1024
"""Bytes; GitHub takes 65,536 characters, and a workflow may add a line of its own."""


def render(results: Results) -> str:
    """The marker, what failed, the checkpoints with flaws, the warnings, and what a GPU measured."""
    sections = [failures(results), checkpoints(results, flawless=False), warnings(results)]
    sections += numbers.tables(results)
    text = document(heading(results), sections, room=ROOM)
    return f"{marker(results.runs[0].root)}\n{text}"


def marker(root: str) -> str:
    """The first line, which is not shown: the comment that begins with it is the one to be replaced.

    Args:
        root: Folder of the suite in its repository: each has a comment of its own.
    """
    return f"<!-- pytest-frictionless: {quote(root)} -->"


FORMAT = Format(
    name="comment", help="Markdown for a comment on a pull request", render=render, file="comment.md"
)  # fmt: skip
