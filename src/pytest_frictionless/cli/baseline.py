"""`pytest-frictionless baseline`: recorded latencies, and which of them are accepted."""

from __future__ import annotations

from pytest_frictionless.cli import baseline_read, baseline_write
from pytest_frictionless.cli.command import group

COMMAND = group(
    "baseline",
    "record, compare and accept latencies measured on a GPU",
    (*baseline_write.ACTIONS, *baseline_read.ACTIONS),
)
