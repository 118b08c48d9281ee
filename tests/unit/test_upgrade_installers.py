"""uv and pip: the reasons they give, pip's settings for uv, and a frictionless.yaml with another opset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.settings.read import read_settings
from pytest_frictionless.upgrade.environment import own_requirement
from pytest_frictionless.upgrade.installers import Uv, pip_settings, reason_in
from pytest_frictionless.upgrade.suite import with_opset

if TYPE_CHECKING:
    from pathlib import Path

UV = """\
error: No solution found when resolving dependencies
  cause: Because onnxscript==0.7.2 depends on onnx>=1.17 and you require onnxscript==0.7.2, we can conclude that you require onnx>=1.17.
         And because you require onnx==1.14, we can conclude that your requirements are unsatisfiable.
"""
OLDER_UV = """\
  × No solution found when resolving dependencies:
  ╰─▶ Because there is no version of onnx==9 and you require onnx==9, we can
      conclude that your requirements are unsatisfiable.
"""
PIP = """\
ERROR: Cannot install onnx==1.14 and onnxscript==0.7.2 because these package versions have conflicting dependencies.

The conflict is caused by:
    The user requested onnx==1.14
    onnxscript 0.7.2 depends on onnx>=1.17

To fix this you could try to:
1. loosen the range of package versions you've specified
"""
PIP_QUIET = """\
WARNING: something else
ERROR: Could not find a version that satisfies the requirement onnx==9 (from versions: 1.0)
ERROR: No matching distribution found for onnx==9
"""


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        (UV, "Because onnxscript==0.7.2 depends on onnx>=1.17", "requirements are unsatisfiable."),
        (OLDER_UV, "Because there is no version of onnx==9", "requirements are unsatisfiable."),
        (PIP, "The user requested onnx==1.14", "onnxscript 0.7.2 depends on onnx>=1.17"),
        (PIP_QUIET, "Could not find a version", "(from versions: 1.0)"),
        ("no such interpreter", "no such", "interpreter"),
    ],
)
def test_the_reason_is_the_resolvers(said: str, start: str, end: str) -> None:
    reason = reason_in(said)
    assert reason.startswith(start)
    assert reason.endswith(end)
    assert "\n" not in reason


def test_uv_is_given_what_pip_is_configured_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "/some/wheels /other/wheels")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "7")
    monkeypatch.setenv("PIP_TIMEOUT", "99")
    assert pip_settings()["index-url"] == "https://index.example/simple"
    environment = Uv("uv").environment
    assert environment["UV_FIND_LINKS"] == "/some/wheels,/other/wheels"
    assert environment["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert environment["UV_HTTP_TIMEOUT"] == "7", "what the user says to uv goes before"


def test_pytest_frictionless_is_installed_from_where_it_is_installed_here() -> None:
    requirement = own_requirement()
    assert requirement.startswith(("-e file:", "pytest-frictionless"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "opset: {version: 18, reason: 'production'}  # kept\nroots: [models]\n",
        "roots: [models]\n",
    ],
)
def test_only_the_opset_of_all_models_changes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "frictionless.yaml"
    path.write_text(with_opset(text, "20"))
    settings = read_settings(path)
    assert settings.opset is not None
    assert settings.opset.version == 20
    assert settings.roots == (("models",) if "roots" in text else ())
    if "production" in text:
        assert settings.opset.reason == "production"
        assert "# kept" in path.read_text()
