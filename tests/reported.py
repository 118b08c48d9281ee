"""Records of runs, made of words, to write reports of."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.reports.results import (
    Checkpoint,
    Ignored,
    Item,
    Outcome,
    Results,
    Run,
    Shard,
)

RUN = Run(
    written_by="pytest-frictionless 0.1.0", started=datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC),
    seconds=2.5, exit=1, complete=True, environment={"torch": "2.13.0", "tensorrt_rtx": "1.7.1"},
)  # fmt: skip
NO_DET = Finding(
    code="FR501", message="Det is rejected by TensorRT-RTX 1.7.1",
    place=Place(node="/head/Det", operator="Det", module="head", file="src/nets.py", line=12, text="    return x.det()"),
    cause="no layer for it", remedy="Take the product of the eigenvalues.", evidence=(("by", "TensorRT-RTX"),),
)  # fmt: skip
IN_THE_GRAPH = replace(NO_DET, place=Place(node="y", operator="Det"))
ODD = Finding(code="FR303", message="no opset is pinned", severity=Severity.WARNING)
SLOW = {
    "latency_ms": 1.25, "p95_ms": 1.5, "p99_ms": 2.0, "throughput": 800.0, "spread": 0.004,
    "engine": "TensorRT-RTX 1.6.1", "gpu": "NVIDIA H200", "sizes": {"batch": 4}, "verdict": "UNCHANGED",
}  # fmt: skip
JUMP = {"below": {"batch": 32}, "below_ms": 1.0, "above": {"batch": 33}, "above_ms": 1.5, "change": 0.4, "back": None}  # fmt: skip

HOSTILE = (
    "a|b|c", "`x` ``y`` ```z", "```\n# owned\n```", "<script>alert(1)</script>", "--><b>",
    "</code></details><img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "![a](http://evil.example/b)",
    "@org/team #1 GH-1", "www.evil.example", "https://evil.example", "a@evil.example",
    "::error::owned", "\n::set-env name=A::b\n", "x\r::error::owned", "x\u2028::error::owned", "##[error]owned",
    "##vso[task.setvariable variable=a]b", "##teamcity[a]", "\x1b[31mred", "\x9b31m", "\x00", "\u202eevil",
    "a,line=1,title=b:c%0A::error::d%25", "$(touch owned) `id` ${{ github.token }} $x$", "{0} {{1}} {", "]]>&amp;\"'",
    "__init__ *b* ~~c~~", "\t- a\n\t- b", "    indented", "é 模型 🦊", "\\", "a" * 5000,
)  # fmt: skip
"""What a checkpoint may be called, and what a library may say."""


def item(stem: str, name: str, outcome: str = "passed", **facts: Any) -> Item:
    """One item of `models/<stem>.onnx`, by its name."""
    check, profile, point, *_ = [*name.split("-"), "", ""]
    path = f"models/{stem}.onnx"
    return Item(
        id=f"{path}::{name}", checkpoint=path, check=check, profile=profile, point=point,
        outcome=Outcome(outcome), **facts,
    )  # fmt: skip


def results(*items: Item, run: Run = RUN) -> Results:
    """The record of one run."""
    names: dict[str, list[str]] = {}
    for each in items:
        names.setdefault(each.checkpoint, []).append(each.id.rpartition("::")[2])
    found = [Checkpoint(path=path, items=tuple(each)) for path, each in names.items()]
    return Results.of([run], found, items)


WHOLE = results(
    item("a", "load", measurements={"parameters": 1234567}),
    item("a", "opset", findings=(ODD,), measurements={"opset": 18}),
    item("a", "build-online", measurements={"plan_bytes": 3 * 2**20, "build_s": 0.5, "engine": "TensorRT-RTX 1.7.1"}),
    item("a", "latency-online-opt", measurements=SLOW),
    item("a", "memory-online", measurements={"memory_mib": 812.5, "peak_mib": 900.0, "engine": "TensorRT-RTX 1.6.1"}),
    item("a", "cliffs-online", measurements={"jumps": [JUMP]}),
    item("det", "load"),
    item("det", "operators", "failed", findings=(NO_DET, IN_THE_GRAPH)),
    item("det", "build-online", "skipped", skip="operators failed", blocked_by="operators"),
    item("plugin", "operators", ignored=(Ignored(finding=IN_THE_GRAPH, reason="our plugin serves it"),)),
    item("plugin", "run-online-min", "skipped", skip="no GPU here"),
    item("known", "operators", "xfailed", findings=(IN_THE_GRAPH,), skip="until 1.8"),
    item("lost", "load", "error", findings=(Finding(code="FR010", message="load ended without an answer"),)),
)  # fmt: skip
"""Every outcome and every kind of number once."""


def hostile() -> Results:
    """Each hostile text as the name of a checkpoint, and in all that is said of it."""
    items = []
    for text in HOSTILE:
        said = Finding(
            code="FR501", message=text, cause=text, remedy=text, evidence=((text, text),), log=text,
            place=Place(node=text, operator=text, module=text, file=f"src/{text}", line=3, text=text),
        )  # fmt: skip
        warned = replace(said, severity=Severity.WARNING)
        facts: dict[str, Any] = {
            "measurements": {**SLOW, "engine": text, "gpu": text, "verdict": text},
            "notes": (text,),
        }
        items += [
            item(text, "operators", "failed", findings=(said,), ignored=(Ignored(finding=said, reason=text),)),
            item(text, "latency-online-opt", findings=(warned,), **facts),
            item(text, "run-online-min", "skipped", skip=text),
        ]  # fmt: skip
    environment = {f"part {number}": text for number, text in enumerate(HOSTILE)}
    return results(*items, run=replace(RUN, environment=environment, findings=(said,), root="."))


def many(checkpoints: int, *, shards: int = 1) -> list[Results]:
    """Records of shards, each item of every third checkpoint failed, numbers everywhere."""
    names = (
        "load", "export", "opset", "graph", "operators", "dynamic-x", "parity-x-min", "parity-x-opt",
        "parity-x-max", "build-x", "run-x-min", "latency-x-opt", "memory-x",
    )  # fmt: skip
    numbers: dict[str, dict[str, Any]] = {"latency": SLOW, "build": {"plan_bytes": 1000}}
    records = []
    for shard in range(shards):
        items = [
            item(
                f"net{number:05}", name, "failed" if number % 3 == 0 else "passed",
                findings=(NO_DET,) if number % 3 == 0 else (), measurements=numbers.get(name.split("-")[0], {}),
            )
            for number in range(shard, checkpoints, shards)
            for name in names
        ]  # fmt: skip
        run = replace(RUN, shard=Shard(index=shard + 1, total=shards))
        records.append(results(*items, run=run))
    return records
