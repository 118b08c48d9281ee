"""Three networks, each once with a mistake that is easily made and once without it."""
# ruff: noqa: D102, TID253  (a module is documented by its class; a network is torch)

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Ranker(nn.Module):
    """Flattens by the size of the batch: a tracing exporter writes that size down."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AvgPool2d(5))
        self.scores = nn.Linear(8 * 3 * 3, 10)

    def forward(self, image: Tensor) -> Tensor:
        maps = self.maps(image)
        return self.scores(maps.reshape(int(image.shape[0]), -1))


class RankerMended(Ranker):
    """Flattens whatever comes after the batch."""

    def forward(self, image: Tensor) -> Tensor:
        return self.scores(self.maps(image).flatten(1))


class Tagger(nn.Module):
    """Looks at long texts in another way: one of the two is exported."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(1000, 32)
        self.tags = nn.Linear(32, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        words = self.words(tokens)
        if tokens.shape[1] > 64:
            words = words[:, -64:]
        return self.tags(words.mean(1))


class TaggerMended(Tagger):
    """Looks at every text in one way."""

    def forward(self, tokens: Tensor) -> Tensor:
        return self.tags(self.words(tokens).mean(1))


class Voice(nn.Module):
    """Takes a spectrum with an operator that TensorRT does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = nn.Linear(129, 2)

    def forward(self, audio: Tensor) -> Tensor:
        spectrum = torch.fft.rfft(audio).abs()
        return self.heard(torch.log1p(spectrum))


class VoiceMended(Voice):
    """Takes the same spectrum as two matrix products."""

    def __init__(self) -> None:
        super().__init__()
        turns = torch.outer(torch.arange(256.0), torch.arange(129.0)) * (2 * math.pi / 256)
        self.register_buffer("cosines", turns.cos(), persistent=False)
        self.register_buffer("sines", turns.sin(), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        squares = (audio @ self.cosines) ** 2 + (audio @ self.sines) ** 2
        return self.heard(torch.log1p(squares.sqrt()))
