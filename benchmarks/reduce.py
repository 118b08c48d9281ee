"""Reduce failing models of 500 nodes, beside a plain bisection that does the same by hand.

    python benchmarks/reduce.py [--nodes 500]

The plain way is that of `polygraphy debug reduce --mode bisect`: find the first end of the graph that
still fails, then the last start, with one fresh process for each model that is tried. It is given the
same cuts and the same engine. It knows of no node that was named, takes any failure for the same one, and
stops after the two bisections.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from bisection import PROFILE, plain
from failing import chain, special
from onnx import numpy_helper

from pytest_frictionless.backends.reduce import steps
from pytest_frictionless.backends.reduce.parity import parity
from pytest_frictionless.backends.tensorrt.build import build
from pytest_frictionless.backends.tensorrt.parse import parse

if TYPE_CHECKING:
    from pytest_frictionless.reproduce.records import FailureRecord

LIMIT_S = 60


@dataclass
class Row:
    """One model, reduced both ways."""

    kind: str
    nodes: int
    left: int = 0
    asked: int = 0
    seconds: float = 0.0
    plain_left: int = 0
    plain_asked: int = 0
    plain_seconds: float = 0.0


def failure_of(kind: str, path: Path) -> FailureRecord:
    """What the checks would hand to the search."""
    record: FailureRecord = {
        "stage": "build", "kind": "builder", "operator": "", "node": "", "stack": [], "reason": "",
        "error_code": "",
    }  # fmt: skip
    if kind == "operator refused":
        first = parse(str(path))["rejections"][0]
        return {key: first[key] for key in record}  # type: ignore[literal-required,return-value]
    if kind == "builder crashes":
        return {**record, "stage": "crash", "reason": "build crashed", "error_code": "SIGSEGV"}
    errors = build(str(path), profiles=[PROFILE])["errors"]
    return {**record, "reason": errors[0]}


def measure(kind: str, count: int, folder: Path) -> Row:
    """Reduce one model, by the steps of the package and by the plain script."""
    nodes, weights = special(kind)
    model = chain(count, nodes, weights, calm=kind == "numbers differ")
    if kind == "operator refused":
        model.graph.initializer.append(numpy_helper.from_array(np.array([2, 3]), "axes"))
    path = folder / "whole.onnx"
    onnx.save(model, path)
    row = Row(kind, len(model.graph.node))
    out = folder / "out"
    out.mkdir()
    started = time.monotonic()
    if kind == "numbers differ":
        record = parity(
            {}, str(out), path=str(path), name=kind, sizes={"batch": 2}, tolerance={},
            inputs=[{"name": "x", "type": "float32[batch, 8, 4, 4]"}], trace=None, traced=None,
            finite=False, seconds=LIMIT_S,
        )  # fmt: skip
    else:
        record = steps.engine(
            {}, str(out), path=str(path), name=kind, failure=failure_of(kind, path),
            profile=PROFILE, compute_capabilities=[], seconds=LIMIT_S,
        )  # fmt: skip
    row.seconds = time.monotonic() - started
    row.left, row.asked = record["nodes"], record["asked"]
    started = time.monotonic()
    row.plain_left, row.plain_asked = plain(kind, model, path, folder)
    row.plain_seconds = time.monotonic() - started
    return row


def table(rows: list[Row]) -> str:
    """Rows as Markdown."""
    lines = [
        "| model | nodes | left | models asked | seconds | plain: left | models asked | seconds | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.kind} | {r.nodes} | {r.left} | {r.asked} | {r.seconds:.1f} | {r.plain_left} | "
        f"{r.plain_asked} | {r.plain_seconds:.1f} | {r.plain_seconds / max(r.seconds, 1e-9):.1f} |"
        for r in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=500)
    given = parser.parse_args()
    kinds = ("operator refused", "builder refuses", "builder crashes", "numbers differ")
    rows = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(kind, given.nodes, Path(folder)))
    print(table(rows))
    late = [row.kind for row in rows if row.seconds > LIMIT_S or not 0 < row.left <= 4]
    if late:
        print(f"over {LIMIT_S} s or not reduced: {', '.join(late)}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
