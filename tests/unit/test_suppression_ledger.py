"""The ledger of suppressions: judged only where everything that could meet one was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope, Verdict
from pytest_frictionless.finding import Finding
from pytest_frictionless.suppressions import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def run(_ctx: Context) -> Iterator[Finding]:
    return iter(())


def check(name: str, *codes: str) -> Check:
    return Check(name=name, scope=Scope.CHECKPOINT, run=run, codes=codes)


def ledger(**reasons: str) -> Ledger:
    made = Ledger()
    made.expect("a.onnx", entry="a", reasons=reasons, items=["graph", "latency"])
    return made


def codes(made: Ledger) -> list[str]:
    return [finding.message.split()[0].rpartition(".")[2] for finding in made.unused()]


def met(code: str) -> Verdict:
    return Verdict(ignored=((Finding(code=code, message="x"), "why"),))


def test_every_item_has_to_be_asked() -> None:
    made = ledger(FR412="why")
    made.note("a.onnx", "graph", check("graph"), Verdict())
    assert codes(made) == []
    made.note("a.onnx", "latency", check("latency"), Verdict())
    assert codes(made) == ["FR412"]


def test_a_skipped_question_leaves_open_what_it_may_answer() -> None:
    made = ledger(FR412="why", FR911="why")
    made.note("a.onnx", "graph", check("graph"), Verdict())
    made.note("a.onnx", "latency", check("latency", "FR9", "FR0"), Verdict(skip="no GPU"))
    assert codes(made) == ["FR412"]
    made.note("a.onnx", "graph", check("graph"), Verdict(blocked_by="export"))
    assert codes(made) == []


def test_workers_are_added_up_through_plain_values() -> None:
    import json

    first, second, controller = ledger(FR412="why", FR5="x"), ledger(FR412="why", FR5="x"), Ledger()
    first.note("a.onnx", "graph", check("graph"), met("FR412"))
    second.note("a.onnx", "latency", check("latency"), Verdict())
    for each in (first, second):
        record: dict[str, Any] = json.loads(json.dumps(each.to_json()))
        controller.add(record)
    assert codes(controller) == ["FR5"]


def test_a_checkpoint_without_suppressions_costs_nothing() -> None:
    made = ledger()
    made.note("a.onnx", "graph", check("graph"), Verdict())
    assert made.to_json() == {}
