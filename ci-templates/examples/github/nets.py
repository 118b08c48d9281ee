"""The network of models/classifier.safetensors."""
# ruff: noqa: D102, TID253  (a module is documented by its class; a network is torch)

from __future__ import annotations

from torch import Tensor, nn


class Classifier(nn.Module):
    """Eight features to three scores."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(8, 4)
        self.scores = nn.Linear(4, 3)

    def forward(self, features: Tensor) -> Tensor:
        return self.scores(self.hidden(features).relu())
