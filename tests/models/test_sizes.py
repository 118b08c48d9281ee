"""Sizes that torch guards and that are right all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

NET = """
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2, 2, ceil_mode=True)).eval()
"""
CONFIG = """
models:
  net:
    factory: nets:net
    inputs: {x: "float32[1, 3, height, 12]"}
    profiles: {default: {height: [8, 12, 20]}}
"""


@pytest.mark.real
def test_a_pool_that_rounds_up_is_right_at_odd_sizes_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    project.write("nets.py", NET)
    project.write("frictionless.yaml", CONFIG)
    monkeypatch.syspath_prepend(project.root)
    scope: dict[str, object] = {}
    exec(NET, scope)
    torch.save(scope["net"]().state_dict(), project.root / "net.pt")  # type: ignore[operator]
    item = project.run("-k", "dynamic").of("net.pt")["dynamic-default"]
    assert item.outcome == "passed", item.text
    assert "right at opt+1 (height=13) and opt-1 (height=11)" in str(item.sections)
