"""Records of short runs, as shards leave them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.reports.results import (
    Checkpoint,
    Ignored,
    Item,
    Made,
    Outcome,
    Results,
    Run,
)

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
NAMES = ("load", "export", "build-default")
RUN = Run(written_by="pytest-frictionless 0.1.0", started=NOON, seconds=2.5, exit=0, complete=True)
NO_DET = Finding(
    code="FR501", message="Det is rejected", place=Place(node="y", operator="Det", line=3),
    evidence=(("by", "TensorRT-RTX 1.7.1"),),
)  # fmt: skip
ODD = Finding(code="FR303", message="no opset is pinned", severity=Severity.WARNING)


def later(minutes: float, **changes: Any) -> Run:
    return replace(RUN, started=NOON + datetime.timedelta(minutes=minutes), **changes)


def checkpoint(stem: str, **facts: Any) -> Checkpoint:
    return Checkpoint(path=f"{stem}.onnx", name=stem, format="onnx", items=NAMES, **facts)


def item(stem: str, name: str, outcome: str = "passed", **facts: Any) -> Item:
    check, _, profile = name.partition("-")
    return Item(
        id=f"{stem}.onnx::{name}", checkpoint=f"{stem}.onnx", check=check, profile=profile,
        outcome=Outcome(outcome), **facts,
    )  # fmt: skip


def results(*items: Item, run: Run = RUN) -> Results:
    stems = dict.fromkeys(each.checkpoint.removesuffix(".onnx") for each in items)
    return Results.of([run], map(checkpoint, stems), items)


WHOLE = Results.of(
    [RUN],
    [
        checkpoint("a", files={"a.onnx": "1" * 64}),
        checkpoint("b", made=(Made(kind="plan", path="b.plan", sha256="2" * 64),)),
        checkpoint("c"),
    ],
    [
        item("a", "load", measurements={"gap": "NaN", "sizes": [1, {"x": None}]}, seconds=0.25),
        item("a", "export", findings=(ODD,)),
        item("a", "build-default", "skipped", skip="needs export", blocked_by="export"),
        item("b", "load", "failed", findings=(NO_DET,), notes=("see b",)),
        item("b", "export", ignored=(Ignored(finding=NO_DET, reason="a plugin"),)),
        item("c", "load", "error", findings=(Finding(code="FR010", message="load ended"),)),
    ],
)
