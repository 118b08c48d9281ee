"""A repository whose models need entries in frictionless.yaml that nobody has written yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.settings.read import read_settings

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "net 'of' \"me\": b\n#é, [x] {y} & *z"
"""A name with all that YAML, a terminal or a shell could read otherwise."""
NETS = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x)

class Wide(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(4, width)

    def forward(self, rows):
        return self.first(rows)

def wide():
    return Wide(4)
"""


def entries(root: Path, name: str = "frictionless.yaml") -> dict[str, str | None]:
    """Path of each entry, whether or not it can be used."""
    settings = read_settings(root / name)
    return {
        name: entry.path
        for entries in (settings.models, settings.broken_models)
        for name, entry in entries.items()
    }
