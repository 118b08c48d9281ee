"""Steps are named by text, as nobody imports backends: each name leads to a function."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import pytest_frictionless
from pytest_frictionless.workbench.steps import BACKENDS

ROOT = Path(pytest_frictionless.__file__).parent
STEP = re.compile(r"[a-z_]+(?:\.[a-z_]+)*:[a-z_]+")
STEPS = sorted(
    {
        node.value
        for path in (ROOT / "workbench").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and STEP.fullmatch(node.value)
    }
)


def test_there_are_steps() -> None:
    assert len(STEPS) > 20


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_a_function_of_its_module(step: str) -> None:
    module, _, function = step.partition(":")
    assert callable(getattr(import_module(f"{BACKENDS}.{module}"), function))
