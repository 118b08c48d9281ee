"""Node cases of the ONNX backend suite: our verdict against the plain parser and builder."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import onnx
import pytest

from tests.models.backend_cases import node_cases, truth_of, write_repository

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

ASKED = ("load", "export", "operators", "build-default")
MARKERS = " or ".join(f"frictionless_{name.partition('-')[0]}" for name in ASKED)


EVERY = 1 if os.environ.get("FRICTIONLESS_EVERY_CASE") else 6
"""Each sixth case takes a minute or two, all of them eight."""


def test_verdict_on_node_cases_equals_parser_and_builder(tmp_path: Path) -> None:
    found = node_cases()
    assert len(found) > 1500
    cases = found[::EVERY]
    truth = truth_of(cases, tmp_path / "truth")
    write_repository(tmp_path / "repository", cases)

    outcomes = _run(tmp_path / "repository")

    assert outcomes.keys() == {case.name for case in cases}, "a case has no items"
    assert all(outcome.keys() == set(ASKED) for outcome in outcomes.values())
    assert {name: o["load"] for name, o in outcomes.items() if o["load"] != "passed"} == {}
    refused = {name for name, outcome in outcomes.items() if outcome["export"] != "passed"}
    assert refused == {case.name for case in cases if not _passes_checker(case.model)}
    ours = {
        name: outcome["operators"] == outcome["build-default"] == "passed"
        for name, outcome in outcomes.items()
        if name not in refused
    }
    assert {name for name, verdict in ours.items() if verdict != truth[name]} == set()
    failures = [state for outcome in outcomes.values() for state in outcome.values()]
    assert not [state for state in failures if "FR004" in state or "FR003" in state]


def _run(repository: Path) -> dict[str, dict[str, str]]:
    """State of every item that was asked, by case: "passed", or the first line of why not."""
    command = [
        sys.executable, "-m", "pytest", "--frictionless", "-q", "-n2", "--dist=loadfile", "--tb=line",
        "-p", "no:cacheprovider", "-m", MARKERS, f"--junitxml={repository / 'junit.xml'}",
    ]  # fmt: skip
    finished = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert finished.returncode == 1, finished.stdout[-2000:] + finished.stderr[-2000:]
    outcomes: dict[str, dict[str, str]] = {}
    for element in ElementTree.parse(repository / "junit.xml").iter("testcase"):
        properties = {
            each.get("name", ""): each.get("value", "") for each in element.iter("property")
        }
        case = properties["frictionless.checkpoint"].removeprefix("models/").removesuffix(".onnx")
        state = "passed"
        for kind in ("failure", "skipped", "error"):
            if (found := element.find(kind)) is not None:
                state = f"{kind}: {found.get('message')}"
        outcomes.setdefault(case, {})[element.get("name", "")] = state
    return outcomes


def _passes_checker(model: onnx.ModelProto) -> bool:
    """Whether onnx takes its own case: version 1.23.2 refuses the body of MeanVarianceNormalization."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError):
        return False
    return True
