"""Checks that other plugins and the user's conftest bring."""

from __future__ import annotations

import pytest
from tests.project import CHECKS, DET, Project

LATIN = '''
import pytest
from pytest_frictionless import Check, Finding, Scope, Severity

def small(ctx):
    """Fails for every model above its limit."""
    nodes = ctx.workbench.onnx()["nodes"]
    ctx.measurements["nodes_seen"] = nodes
    ctx.notes.append("counted with care")
    if nodes > 1:
        yield Finding(code="FR501", message=f"{nodes} nodes are too many", remedy="Prune it.")

def wide(ctx):
    assert ctx.point.sizes["batch"] >= 1
    yield Finding(code="FR705", message=f"seen at {ctx.point}", severity=Severity.WARNING)

def pytest_frictionless_checks():
    return [
        Check(name="small", scope=Scope.CHECKPOINT, run=small, after=("load",), title="is it small?"),
        Check(name="wide", scope=Scope.POINT, run=wide, after=("load", "operators")),
    ]
'''


def test_a_check_of_the_users_conftest_gives_items_that_pass_and_fail(project: Project) -> None:
    project.write("conftest.py", LATIN)
    project.onnx("models/big.onnx")
    project.onnx("models/det.onnx", DET)
    outcome = project.run("models", "--strict-markers")
    big, det = outcome.of("models/big.onnx"), outcome.of("models/det.onnx")
    added = ["small", "wide-default-min", "wide-default-opt", "wide-default-max"]
    assert list(big) == [*CHECKS, *added]
    assert big["small"].outcome == "failed"
    assert big["small"].headline == "FR501 2 nodes are too many"
    assert "next:   Prune it." in big["small"].text
    assert big["small"].values("nodes_seen") == [2]
    assert big["small"].sections["Captured notes call"] == "counted with care"
    assert det["small"].outcome == "passed"
    assert big["wide-default-opt"].outcome == "passed"
    assert big["wide-default-opt"].values("warning") == ["FR705 seen at opt (batch=4)"]
    assert det["wide-default-min"].text.startswith("Skipped: needs operators: FR501 Det")
    assert "small" in outcome.stdout
    assert project.collect("models", "-m", "frictionless_wide and not frictionless_small")[0] == (
        "models/big.onnx::wide-default-min"
    )
    assert "@pytest.mark.frictionless_small: is it small?" in project.run("--markers").stdout


def test_a_check_that_raises_fails_its_item_alone_with_its_traceback(shop_floor: Project) -> None:
    shop_floor.write(
        "conftest.py",
        "from pytest_frictionless import Check, Scope\n"
        "def broken(ctx):\n    yield from ()\n    return 1 / 0\n"
        "def pytest_frictionless_checks():\n"
        "    return [Check(name='broken', scope=Scope.CHECKPOINT, run=broken)]\n",
    )
    outcome = shop_floor.run("models/a.onnx")
    assert outcome.failed() == ["models/a.onnx::broken"]
    assert "ZeroDivisionError" in outcome["models/a.onnx::broken"].text
    assert "return 1 / 0" in outcome["models/a.onnx::broken"].text


@pytest.mark.parametrize(
    ("declaration", "words"),
    [
        ("Check(name='load', scope=Scope.CHECKPOINT, run=run)",
         ["two checks are called 'load'", "pytest_frictionless.checks.load", "conftest"]),
        ("Check(name='My-Check', scope=Scope.CHECKPOINT, run=run)", ["'My-Check'", "a-z"]),
    ],
    ids=["duplicate", "bad name"],
)  # fmt: skip
def test_a_check_that_cannot_be_added_is_a_usage_error(
    shop_floor: Project, declaration: str, words: list[str]
) -> None:
    shop_floor.write(
        "conftest.py",
        "from pytest_frictionless import Check, Scope\ndef run(ctx): yield from ()\n"
        f"def pytest_frictionless_checks(): return [{declaration}]\n",
    )
    outcome = shop_floor.run("models")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    for word in words:
        assert word in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_two_checks_of_one_name_of_two_plugins_name_both(shop_floor: Project) -> None:
    for name in ("first", "second"):
        shop_floor.write(
            f"{name}_plugin.py",
            "from pytest_frictionless import Check, Scope\ndef run(ctx): yield from ()\n"
            "def pytest_frictionless_checks():\n"
            "    return [Check(name='same', scope=Scope.CHECKPOINT, run=run)]\n",
        )
    outcome = shop_floor.run_isolated("-p", "first_plugin", "-p", "second_plugin", "models")
    assert outcome.code == pytest.ExitCode.USAGE_ERROR
    assert "two checks are called 'same'" in outcome.stderr
    assert "first_plugin" in outcome.stderr
    assert "second_plugin" in outcome.stderr
