"""The formats of reports. A new one is a file here and a name in FORMATS."""

from __future__ import annotations

from pytest_frictionless.reports import (
    benchmark,
    code_quality,
    comment,
    markdown,
    openmetrics,
    record,
    sarif,
    summary,
    workflow_commands,
)

FORMATS = (
    summary.FORMAT,
    record.FORMAT,
    markdown.FORMAT,
    comment.FORMAT,
    workflow_commands.FORMAT,
    sarif.FORMAT,
    code_quality.FORMAT,
    openmetrics.FORMAT,
    benchmark.FORMAT,
)
"""Every format, in the order of `pytest-frictionless report --help`."""
