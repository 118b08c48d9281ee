"""Installed and not asked for: nothing happens. Parts of pytest switched off: the rest works."""

from __future__ import annotations

import pytest
from tests.project import CHECKS, Project, is_healthy

SPY = """
import sys
def pytest_unconfigure(config):
    ours = sorted(name for name in sys.modules if name.startswith("pytest_frictionless"))
    print("ours:", " ".join(ours))
"""


@pytest.fixture
def with_own_test(shop_floor: Project) -> Project:
    shop_floor.write("test_own.py", "def test_own(): pass\n")
    return shop_floor


def test_without_the_flag_nothing_is_collected_said_or_written(with_own_test: Project) -> None:
    with_own_test.write("frictionless.yaml", "this: [is, wrong\n")
    outcome = with_own_test.run(flag=False)
    assert outcome.ids == ["test_own.py::test_own"]
    assert outcome.code == 0
    mentions = [line for line in outcome.stdout.splitlines() if "frictionless" in line]
    assert [line for line in mentions if not line.startswith(("plugins:", "rootdir:"))] == []
    assert not (with_own_test.root / ".frictionless").exists()


def test_without_the_flag_only_package_and_plugin_are_imported(with_own_test: Project) -> None:
    with_own_test.write("conftest.py", SPY)
    outcome = with_own_test.run_isolated(flag=False, plain=True)
    assert "ours: pytest_frictionless pytest_frictionless.plugin\n" in outcome.stdout


def test_p_no_frictionless_removes_the_plugin(with_own_test: Project) -> None:
    with_own_test.write("conftest.py", SPY)
    outcome = with_own_test.run_isolated("-p", "no:frictionless", flag=False, plain=True)
    assert outcome.code == 0
    assert "ours: \n" in outcome.stdout
    refused = with_own_test.run_isolated("-p", "no:frictionless", plain=True)
    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "unrecognized arguments: --frictionless" in refused.stderr


@pytest.mark.parametrize("plugin", ["cacheprovider", "terminal", "junitxml", "capture", "logging"])
def test_without_a_builtin_plugin_the_run_still_works(shop_floor: Project, plugin: str) -> None:
    outcome = shop_floor.run("models/a.onnx", "-p", f"no:{plugin}")
    assert outcome.code == 0
    assert len(outcome.ids) == len(CHECKS)
    assert is_healthy(outcome.items)


def test_without_xdist_and_with_it_the_items_are_the_same(shop_floor: Project) -> None:
    assert shop_floor.collect("-p", "no:xdist") == shop_floor.collect()


def test_every_option_has_an_ini_setting_of_the_same_name(shop_floor: Project) -> None:
    shop_floor.write(
        "pytest.ini",
        "[pytest]\nfrictionless_cache_dir = .elsewhere\nfrictionless_strict = true\n"
        "frictionless_config = conf/f.yaml\nfrictionless_timeout = 60\n",
    )
    shop_floor.write("conf/f.yaml", "roots: [models]\nexclude: ['models/b.onnx']\n")
    outcome = shop_floor.run("-k", "opset")
    assert outcome.failed() == ["models/a.onnx::opset"]
    assert outcome["models/a.onnx::opset"].code == "FR303"
    assert (shop_floor.root / ".elsewhere/CACHEDIR.TAG").is_file()


@pytest.mark.parametrize(
    ("option", "value"), [("timeout", "soon"), ("timeout", "0"), ("memory", "-1"), ("memory", "1G")]
)
def test_an_option_of_no_use_is_a_usage_error(shop_floor: Project, option: str, value: str) -> None:
    outcome = shop_floor.run("models", f"--frictionless-{option}={value}")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert f"--frictionless-{option}" in outcome.stderr
    assert value in outcome.stderr


def test_a_configuration_file_that_is_not_there_is_a_usage_error(shop_floor: Project) -> None:
    outcome = shop_floor.run("models", "--frictionless-config", "nowhere.yaml")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "nowhere.yaml" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_setup_plan_and_setup_only_do_not_crash(shop_floor: Project) -> None:
    for option in ("--setup-plan", "--setup-only", "--fixtures"):
        outcome = shop_floor.run("models", option)
        assert "INTERNAL" not in outcome.stdout + outcome.stderr
        assert outcome.code in (0, pytest.ExitCode.NO_TESTS_COLLECTED)
