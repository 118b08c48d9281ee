"""What GitHub and GitLab both take has one name and one default."""

from __future__ import annotations

from tests.ci.gitlab import GPU_TEMPLATE, TEMPLATE
from tests.ci.gitlab import inputs_of as inputs_on_gitlab
from tests.ci.test_github_rules import FRICTIONLESS
from tests.ci.test_github_rules import inputs_of as inputs_on_github

SHARED = {
    "changed-only", "extras", "frictionless-version", "gpu", "gpu-extras", "gpu-image", "install", "lfs",
    "lfs-include", "pip-extra-index-url", "pytest-args", "working-directory",
}  # fmt: skip


def test_what_both_take_has_one_default() -> None:
    github, gitlab = inputs_on_github(FRICTIONLESS), inputs_on_gitlab(TEMPLATE)
    assert set(github) & set(gitlab) == SHARED
    here = {name: github[name]["default"] for name in SHARED}
    assert here == {name: gitlab[name]["default"] for name in SHARED}


def test_the_gpu_component_has_the_same() -> None:
    github, component = inputs_on_github(FRICTIONLESS), inputs_on_gitlab(GPU_TEMPLATE)
    shared = SHARED & set(component)
    assert len(shared) > 5
    here = {name: github[name]["default"] for name in shared}
    assert here == {name: component[name]["default"] for name in shared}
