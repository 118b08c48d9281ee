"""No checkpoint found: the run says so and fails, unless that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

OWN = "def test_own(): pass\n"


def test_no_checkpoint_fails_the_run_although_every_test_passed(project: Project) -> None:
    project.write("test_own.py", OWN)
    outcome = project.run()
    assert outcome.count("passed") == 1
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    assert "no checkpoint was found" in outcome.stdout
    assert "--frictionless-allow-empty" in outcome.stdout


def test_no_checkpoint_and_no_test_fails_and_names_the_root(project: Project) -> None:
    (project.root / "models").mkdir()
    project.write("frictionless.yaml", "roots: [models]\n")
    outcome = project.run()
    assert outcome.code == pytest.ExitCode.TESTS_FAILED
    assert "no checkpoint was found in models" in outcome.stdout


@pytest.mark.parametrize("origin", ["command line", "ini"])
def test_no_checkpoint_passes_where_that_is_allowed(project: Project, origin: str) -> None:
    project.write("test_own.py", OWN)
    if origin == "ini":
        project.write("pytest.ini", "[pytest]\nfrictionless_allow_empty = true\n")
        assert project.run().code == 0
    else:
        assert project.run("--frictionless-allow-empty").code == 0


def test_one_test_named_by_its_id_is_no_search_for_checkpoints(project: Project) -> None:
    project.write("test_own.py", OWN)
    assert project.run("test_own.py::test_own").code == 0


def test_collect_only_of_nothing_says_so_too(project: Project) -> None:
    project.write("test_own.py", OWN)
    outcome = project.run("--collect-only")
    assert "no checkpoint was found" in outcome.stdout


def test_a_failing_test_of_the_user_keeps_the_exit_code(project: Project) -> None:
    project.write("test_own.py", "def test_own(): assert 0\n")
    assert project.run("--frictionless-allow-empty").code == pytest.ExitCode.TESTS_FAILED
    project.write("test_own.py", "def test_own(: assert 0\n")
    assert project.run("--frictionless-allow-empty").code == pytest.ExitCode.INTERRUPTED
