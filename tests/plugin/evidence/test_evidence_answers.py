"""A run without a GPU takes the verdicts that a GPU run has signed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.evidence import (
    EVIDENCE,
    ON_GPU,
    OTHER,
    REQUIRED,
    SETTINGS,
    SIGNED,
    STATIC,
    asked,
    measured,
    moved,
    only_failure,
    sign,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evidence import Cli
    from tests.project import Project


def test_signed_verdicts_answer_where_there_is_no_gpu(shop: Project) -> None:
    assert sign(shop) == 0
    items = asked(shop)
    for name in ON_GPU:
        assert items[name].outcome == "passed"
        assert SIGNED.fullmatch(items[name].sections["Captured notes call"])
        assert items[name].values("evidence") == [items[name].sections["Captured notes call"]]
    assert items["latency-default-opt"].values("latency_ms")[0] > 0


def test_the_summary_says_who_signed(shop: Project) -> None:
    assert sign(shop) == 0
    outcome = shop.run("models")
    line = next(line for line in outcome.stdout.splitlines() if "not asked here" in line)
    assert line.startswith("not asked here: run, latency, memory: signed by gpu, run on ")
    assert SIGNED.search(line)


def test_without_evidence_items_are_skipped_as_ever(shop: Project) -> None:
    shutil.rmtree(shop.root / "evidence")
    items = asked(shop, SETTINGS)
    assert {items[name].outcome for name in ON_GPU} == {"skipped"}
    assert "FR01" not in items["run-default-min"].text


def test_evidence_that_is_required_and_missing_fails_once(shop: Project) -> None:
    assert only_failure(asked(shop)).headline == (
        "FR017 there is no evidence of a GPU run for models/net.onnx"
    )


def test_a_model_can_do_without_for_a_reason(shop: Project) -> None:
    model = "models: {net: {ignore: {FR017: 'served on CPUs'}}}\n"
    items = asked(shop, REQUIRED + model)
    assert {items[name].outcome for name in ON_GPU} == {"skipped"}
    assert "(ignored: served on CPUs)" in items["run-default-min"].text


def test_where_it_is_not_required_the_skip_says_why_it_does_not_hold(shop: Project) -> None:
    assert sign(shop) == 0
    shop.onnx("models/net.onnx", OTHER)
    items = asked(shop, SETTINGS)
    for name in ON_GPU:
        assert items[name].outcome == "skipped"
        assert items[name].text.startswith("Skipped: no GPU here")
        assert items[name].text.count("FR019 the evidence for models/net.onnx") == 1


def test_what_the_gpu_run_left_out_is_not_answered(project: Project, tmp_path: Path) -> None:
    shop = measured(tmp_path, model=STATIC.replace("2, 8", "batch, 8"))
    assert sign(shop) == 0
    items = asked(moved(shop, project))
    assert items["run-default-max"].outcome == "passed"
    cliffs = items["cliffs-default"]
    assert cliffs.headline.startswith("FR017 the evidence has no answer to cliffs-default: ")


def test_a_failure_that_was_signed_fails_and_can_be_suppressed(
    project: Project, tmp_path: Path, cli: Cli
) -> None:
    budget = "budget: {points: {default-opt: {latency_ms: 0.0001}}}"
    settings = SETTINGS + f"models: {{net: {{{budget}}}}}\n"
    shop = measured(tmp_path, settings)
    assert sign(shop) == 0
    moved(shop, project)
    items = asked(project, settings + "evidence: {require: true}\n")
    failed = items["latency-default-opt"]
    assert (failed.outcome, failed.code) == ("failed", "FR911")
    assert SIGNED.search(failed.text)
    assert items["latency-default-max"].outcome == "passed"

    status, out, _ = cli("verify")
    assert status == 1
    assert "models/net.onnx: 7 passed, 1 failed, " in out
    assert "latency-default-opt: FR911 default-opt takes" in out

    suppressed = settings.replace(budget, budget + ", ignore: {FR911: 'known'}")
    items = asked(project, suppressed + "evidence: {require: true}\n")
    assert items["latency-default-opt"].outcome == "passed"


def test_verify_says_what_holds(shop: Project, cli: Cli) -> None:
    status, out, _ = cli("verify")
    assert (status, out) == (
        0,
        "models/net.onnx: FR017 there is no evidence of a GPU run for models/net.onnx\n",
    )
    assert sign(shop) == 0
    status, out, _ = cli("verify", "models/net.onnx")
    assert status == 0
    assert SIGNED.search(out)
    shop.write("frictionless.yaml", REQUIRED)
    (shop.root / EVIDENCE).unlink()
    assert cli("verify")[0] == 1
    assert cli("verify", "models/nothing.onnx")[0] == 2
