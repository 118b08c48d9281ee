"""The record that a run has left, held against its schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema

from pytest_frictionless.reports.stored import RESULTS_FILE, read_results, to_json
from pytest_frictionless.schemas import RESULTS

if TYPE_CHECKING:
    from pytest_frictionless.reports.results import Results
    from tests.project import Project

PINNED = "opset: {version: 19, reason: 'the runtime knows 19'}\n"
"""Settings under which a healthy model has no warning."""
OTHERS = """
import math, pathlib
from pytest_frictionless.check import Check, Scope
from pytest_frictionless.finding import Finding

def measure(ctx):
    ctx.measurements.update(
        gap=math.nan, top=math.inf, low=-math.inf, where=pathlib.PurePath("a"), sizes=(1, 2),
        by_size={1: 2.5}, name="caf\\udce9",
    )
    ctx.notes.append("measured")
    yield Finding(code="AB1", message="odd", evidence=(("count", 3),), severity="warning")

def broken(ctx):
    raise LookupError("no such table")
    yield

class Plugin:
    def pytest_frictionless_checks(self):
        return [
            Check(name="measure", scope=Scope.CHECKPOINT, run=measure),
            Check(name="broken", scope=Scope.CHECKPOINT, run=broken),
        ]

def pytest_configure(config):
    config.pluginmanager.register(Plugin())
"""
"""A conftest.py that adds two checks: one measures odd values, the other breaks."""


def record(project: Project, path: str = RESULTS_FILE) -> Results:
    """The record of the last run, held against the schema, and the same when written again."""
    text = (project.root / path).read_text()
    jsonschema.validate(json.loads(text), RESULTS.content())
    results = read_results(project.root / path)
    assert to_json(results) == text
    return results
