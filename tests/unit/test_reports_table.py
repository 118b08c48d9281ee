"""The lines below the table: each warning once, and many alike of one checkpoint as one."""

from __future__ import annotations

from pytest_frictionless.reports.table import MOST_ALIKE, Tally


def tally(cells: int, checkpoint: str = "a.onnx") -> Tally:
    made = Tally(["load", "run", "latency"])
    for cell in range(cells):
        made.add(
            f"{checkpoint}::latency-p{cell}", checkpoint=checkpoint, check="latency", outcome="passed",
            warnings=[f"FR925 p{cell} has no accepted baseline", "FR303 no opset is pinned"],
        )  # fmt: skip
    return made


def test_a_warning_that_many_items_give_is_one_line() -> None:
    told = list(tally(2).told_warnings())
    assert told == [
        "warning: a.onnx::latency-p0: FR303 no opset is pinned (2 times)",
        "warning: a.onnx::latency-p0: FR925 p0 has no accepted baseline",
        "warning: a.onnx::latency-p1: FR925 p1 has no accepted baseline",
    ]


def test_many_of_one_code_are_told_by_the_first() -> None:
    cells = MOST_ALIKE + 3
    told = list(tally(cells).told_warnings())
    assert told[1:] == [
        f"warning: a.onnx::latency-p0: FR925 p0 has no accepted baseline (and {cells - 1} more FR925)"
    ]


def test_those_of_another_checkpoint_keep_their_line() -> None:
    made = tally(MOST_ALIKE + 1)
    made.add(
        "b.onnx::latency-p9", checkpoint="b.onnx", check="latency", outcome="passed",
        warnings=["FR925 p9 has no accepted baseline"],
    )  # fmt: skip
    assert "warning: b.onnx::latency-p9: FR925 p9 has no accepted baseline" in made.told_warnings()


def test_checks_are_named_in_their_order_whichever_item_comes_first() -> None:
    made = Tally(["load", "run", "latency", "memory"])
    for check in ("memory", "latency", "run"):
        made.add(
            f"a::{check}", checkpoint="a", check=check, outcome="passed", evidence="signed by gpu"
        )
        made.add(
            f"b::{check}", checkpoint="b", check=check, outcome="passed", evidence="signed by ada"
        )
    assert list(made.signed()) == [
        "not asked here: run, latency, memory: signed by ada",
        "not asked here: run, latency, memory: signed by gpu",
    ]
    skipped = Tally(["load", "run", "latency", "memory"])
    for check, reason in {"memory": "no GPU", "run": "no GPU", "load": "no file"}.items():
        skipped.add(f"a::{check}", checkpoint="a", check=check, outcome="skipped", reason=reason)
    assert list(skipped.skips()) == ["not asked: load: no file", "not asked: run, memory: no GPU"]
