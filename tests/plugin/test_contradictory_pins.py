"""What the repository's pins contradict is told once a run, whatever its items say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

PINNED = "opset: {version: 19, reason: 'the runtime knows 19'}\n"
SAID = "FR070 torch is 2.6.0 in requirements.txt:1, and 2.5.1 in uv.lock:3"


@pytest.fixture
def contradictory(shop_floor: Project) -> Project:
    """Two models, and two files that pin another torch each."""
    shop_floor.write("frictionless.yaml", PINNED)
    shop_floor.write("requirements.txt", "torch==2.6.0\n")
    shop_floor.write("uv.lock", '[[package]]\n\nname = "torch"\nversion = "2.5.1"\n')
    return shop_floor


def told(stdout: str) -> list[str]:
    words = ("warning: FR07", "failed: FR07", "not asked: FR07")
    return [line for line in stdout.splitlines() if line.startswith(words)]


def test_a_contradiction_is_a_warning_and_fails_a_strict_run(contradictory: Project) -> None:
    outcome = contradictory.run("models/a.onnx::load")
    assert told(outcome.stdout) == [f"warning: {SAID}"]
    assert outcome.code == 0
    strict = contradictory.run("models/a.onnx::load", "--frictionless-strict")
    assert told(strict.stdout) == [f"failed: {SAID}"]
    assert strict.failed() == []
    assert strict.code == 1


def test_workers_of_xdist_tell_it_once(contradictory: Project) -> None:
    outcome = contradictory.run_isolated("models", "-n", "2", "-k", "load", "--frictionless-strict")
    assert told(outcome.stdout) == [f"failed: {SAID}"]
    assert outcome.code == 1


def test_a_run_of_own_tests_tells_it_too_and_a_run_without_the_flag_does_not(
    contradictory: Project,
) -> None:
    contradictory.write("test_own.py", "def test_own(): pass\n")
    assert told(contradictory.run("test_own.py").stdout) == [f"warning: {SAID}"]
    assert told(contradictory.run("test_own.py", flag=False).stdout) == []


def test_collecting_asks_nothing(contradictory: Project) -> None:
    outcome = contradictory.run("models", "--collect-only", "--frictionless-strict")
    assert told(outcome.stdout) == []
    assert outcome.code == 0


def test_pins_that_agree_say_nothing_and_an_unknown_image_fails_nothing(
    contradictory: Project,
) -> None:
    contradictory.write("uv.lock", "version = 1\n")
    contradictory.write("requirements.txt", "rich\n")
    outcome = contradictory.run("models/a.onnx::load", "--frictionless-strict")
    assert (told(outcome.stdout), outcome.code) == ([], 0)
    contradictory.write("Dockerfile", "FROM nvcr.io/nvidia/tensorrt:99.01-py3\n")
    outcome = contradictory.run("models/a.onnx::load", "--frictionless-strict")
    assert [line.split()[2] for line in told(outcome.stdout)] == ["FR076"]
    assert outcome.code == 0
