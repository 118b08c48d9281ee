"""A suppression that meets nothing, and an entry that belongs to nothing, are told."""

from __future__ import annotations

import pytest
from tests.project import DET, MLP, Project

PINNED = "opset: {version: 19, reason: 'the runtime knows 19'}\n"
UNUSED = "FR007 models.a.ignore.FR501 suppresses nothing: no item of models/a.onnx gives it"


def told(stdout: str, word: str = "warning") -> list[str]:
    return [line for line in stdout.splitlines() if line.startswith(f"{word}: FR")]


@pytest.fixture
def stale(shop_floor: Project) -> Project:
    """A suppression of what model a no longer has."""
    shop_floor.write(
        "frictionless.yaml", PINNED + "models: {a: {ignore: {FR501: 'a plugin brings Det'}}}\n"
    )
    return shop_floor


def test_an_unused_suppression_is_a_warning_and_fails_a_strict_run(stale: Project) -> None:
    outcome = stale.run("models")
    assert told(outcome.stdout) == [f"warning: {UNUSED}"]
    assert outcome.code == 0
    strict = stale.run("models", "--frictionless-strict")
    assert told(strict.stdout, "failed") == [f"failed: {UNUSED}"]
    assert strict.failed() == []
    assert strict.code == 1


def test_a_used_suppression_is_not_told(project: Project) -> None:
    project.onnx("models/a.onnx", DET)
    # What the builder refuses, the whole engine lacks.
    ignore = "{FR501: 'a plugin brings Det', FR801: 'a plugin brings Det'}"
    project.write("frictionless.yaml", f"{PINNED}models: {{a: {{ignore: {ignore}}}}}\n")
    outcome = project.run("models", "--frictionless-strict")
    assert told(outcome.stdout, "failed") == []
    assert outcome.code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["models", "-k", "not operators"],
        ["models", "--deselect", "models/a.onnx::parity-default-max"],
        ["models/a.onnx::load"],
        ["models", "-m", "frictionless_load"],
    ],
    ids=" ".join,
)
def test_a_part_of_the_items_says_nothing_of_a_suppression(
    stale: Project, arguments: list[str]
) -> None:
    outcome = stale.run(*arguments, "--frictionless-strict")
    assert "FR007" not in outcome.stdout
    assert outcome.code == 0


def test_a_model_alone_and_workers_of_xdist_judge_it_too(stale: Project) -> None:
    assert told(stale.run("models/a.onnx").stdout) == [f"warning: {UNUSED}"]
    outcome = stale.run_isolated("models", "-n", "2", "--frictionless-strict")
    assert told(outcome.stdout, "failed") == [f"failed: {UNUSED}"]
    assert outcome.code == 1


def test_a_question_that_could_not_be_asked_leaves_it_open(project: Project) -> None:
    project.onnx("models/a.onnx", MLP.replace("Neg", "NoSuchOperator"))
    project.write(
        "frictionless.yaml", PINNED + "models: {a: {ignore: {FR501: 'old', FR205: 'known'}}}\n"
    )
    outcome = project.run("models")
    # The export is skipped with the reason, and whatever comes after was never asked.
    assert outcome.of("models/a.onnx")["export"].outcome == "skipped"
    assert "FR007" not in outcome.stdout


def test_an_entry_for_no_checkpoint_is_told_with_the_nearest(shop_floor: Project) -> None:
    shop_floor.onnx("models/resnet50.onnx")
    shop_floor.write(
        "frictionless.yaml",
        PINNED + "roots: [models]\nexclude: ['*/b.onnx']\n"
        "models: {resnet5O: {precision: fp32}, b: {path: models/b.onnx}, a: {precision: fp32}}\n",
    )
    outcome = shop_floor.run()
    assert told(outcome.stdout) == [
        "warning: FR008 models.resnet5O in frictionless.yaml belongs to no checkpoint that was found; "
        "did you mean 'resnet50'?",
        "warning: FR008 models.b.path models/b.onnx in frictionless.yaml belongs to no checkpoint that "
        "was found",
    ]
    assert outcome.code == 0
    # A run of one file has not looked for the others, and one of the root has.
    assert "FR008" not in shop_floor.run("models/a.onnx").stdout
    assert len(told(shop_floor.run("models").stdout)) == 2
    assert len(told(shop_floor.run("models", "-k", "load").stdout)) == 2
    isolated = shop_floor.run_isolated("-n", "2", "--frictionless-strict", "-k", "load")
    assert len(told(isolated.stdout, "failed")) == 2
    assert isolated.code == 1


def test_a_folder_of_many_says_nothing_of_entries_elsewhere(shop_floor: Project) -> None:
    shop_floor.onnx("other/c.onnx")
    shop_floor.write("frictionless.yaml", PINNED + "models: {c: {precision: fp32}}\n")
    assert "FR008" not in shop_floor.run("models", "-k", "load").stdout
    assert "FR008" not in shop_floor.run("-k", "load").stdout


@pytest.mark.parametrize("code", ["FR006", "FR007", "FR008"])
def test_a_code_out_of_reach_cannot_be_suppressed(shop_floor: Project, code: str) -> None:
    shop_floor.write("frictionless.yaml", f"models: {{a: {{ignore: {{{code}: 'why'}}}}}}\n")
    failed = shop_floor.run("models/a.onnx", "-k", "load")["models/a.onnx::load"]
    assert failed.code == "FR006"
    assert f"ignore.{code}: '{code}' cannot be suppressed" in failed.text
