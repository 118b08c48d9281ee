"""The checks, in the order of their items. A new one is a file here and a name in CHECKS."""

from __future__ import annotations

from pytest_frictionless.checks import (
    build,
    cliffs,
    dynamic,
    export,
    graph,
    latency,
    load,
    manifest,
    memory,
    operators,
    opset,
    parity,
    run,
)

CHECKS = (
    load.CHECK,
    export.CHECK,
    opset.CHECK,
    graph.CHECK,
    operators.CHECK,
    dynamic.CHECK,
    parity.CHECK,
    build.CHECK,
    run.CHECK,
    latency.CHECK,
    memory.CHECK,
    cliffs.CHECK,
    manifest.CHECK,
)
