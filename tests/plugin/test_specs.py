"""What frictionless.yaml says of single models: ignore, skip, strictness."""

from __future__ import annotations

from tests.project import CHECKS, DET, MLP, Project, is_healthy


def test_an_ignored_finding_passes_and_its_reason_is_kept(project: Project) -> None:
    project.onnx("models/det.onnx", DET)
    project.write(
        "frictionless.yaml",
        "models: {det: {ignore: {FR501: 'a plugin of ours brings Det', FR303: 'prototype'}}}\n",
    )
    items = project.run("models").of("models/det.onnx")
    assert items["operators"].outcome == "passed"
    assert "a plugin of ours brings Det" in str(items["operators"].values("ignored"))
    assert items["opset"].values("warning") == []
    assert items["opset"].values("ignored")[0].endswith("(prototype)")
    # The engine cannot be built all the same, and that is told in its own line.
    assert items["build-default"].outcome != "passed"


def test_ignore_without_a_reason_fails_that_model_alone(project: Project) -> None:
    project.onnx("models/a.onnx")
    project.onnx("models/b.onnx")
    project.write("frictionless.yaml", "models:\n  a:\n    ignore:\n      FR303:\n")
    outcome = project.run("models")
    assert outcome.failed() == ["models/a.onnx::load"]
    failed = outcome["models/a.onnx::load"]
    assert failed.code == "FR006"
    assert "ignore" in failed.text
    assert "reason" in failed.text
    assert is_healthy(outcome.of("models/b.onnx"))


def test_an_ignore_of_an_unknown_code_names_the_nearest(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", "models: {a: {ignore: {FR5O1: 'typo'}}}\n")
    failed = shop_floor.run("models/a.onnx")["models/a.onnx::load"]
    assert failed.code == "FR006"
    assert "FR501" in failed.text


def test_a_skipped_model_skips_every_item_with_the_reason(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", "models: {a: {skip: 'retired in May'}}\n")
    outcome = shop_floor.run("models")
    items = outcome.of("models/a.onnx")
    assert list(items) == list(CHECKS)
    assert {item.outcome for item in items.values()} == {"skipped"}
    assert {item.text for item in items.values()} == {"Skipped: retired in May"}
    assert outcome.code == 0
    assert "models/a.onnx  skip" in outcome.stdout


def test_warnings_pass_and_are_summed_up_once(shop_floor: Project) -> None:
    outcome = shop_floor.run("models")
    lines = [line for line in outcome.stdout.splitlines() if line.startswith("warning: ")]
    assert len(lines) == 1
    assert lines[0].startswith("warning: models/a.onnx::opset: FR303 no opset is pinned")
    assert lines[0].endswith("(2 times)")
    assert outcome["models/a.onnx::opset"].outcome == "passed"


def test_strict_fails_on_warnings(shop_floor: Project) -> None:
    outcome = shop_floor.run("models", "--frictionless-strict")
    assert outcome.failed() == ["models/a.onnx::opset", "models/b.onnx::opset"]
    assert outcome["models/a.onnx::opset"].code == "FR303"
    assert outcome.code == 1
    shop_floor.write("frictionless.yaml", "opset: {version: 19, reason: 'the runtime knows 19'}\n")
    assert shop_floor.run("models", "--frictionless-strict").code == 0


def test_an_entry_without_path_that_fits_two_files_is_told(project: Project) -> None:
    project.onnx("models/net.onnx")
    project.onnx("models/v2/net.onnx", MLP.replace("Neg", "Abs"))
    project.write("frictionless.yaml", "models: {net: {profiles: {online: {batch: [1, 2, 4]}}}}\n")
    outcome = project.run("models")
    assert "FR113" in {item.code for item in outcome.items.values()}


def test_a_profile_with_min_above_opt_fails_that_model_alone(shop_floor: Project) -> None:
    shop_floor.write("frictionless.yaml", "models: {a: {profiles: {online: {batch: [4, 1, 8]}}}}\n")
    outcome = shop_floor.run("models")
    assert outcome.failed() == ["models/a.onnx::load"]
    assert outcome["models/a.onnx::load"].code == "FR006"
    assert "[4, 1, 8]" in outcome["models/a.onnx::load"].text


def test_a_symbol_without_a_range_fails_with_the_line_to_add(project: Project) -> None:
    project.onnx(
        "models/a.onnx", "g (float[batch, seq] x) => (float[batch, seq] y) { y = Relu(x) }"
    )
    project.write("frictionless.yaml", "models: {a: {profiles: {online: {batch: [1, 2, 4]}}}}\n")
    outcome = project.run("models")
    assert outcome.failed() == ["models/a.onnx::load"]
    failed = outcome["models/a.onnx::load"]
    assert failed.code == "FR803"
    assert "seq" in failed.headline
    assert "seq: [" in failed.text
