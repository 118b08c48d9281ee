"""Small networks, each with one friction; `# FAULT` marks the line that findings must show."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Clean(nn.Module):
    """A CNN without any friction."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.norm(self.conv(x)).relu().mean((2, 3)))


class Encoder(nn.Module):
    """One layer of a transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


class Linear(nn.Module):
    """Most networks below compute with this layer first, so that they have weights."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)


class Fourier(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        z = torch.fft.rfft(y).abs()  # FAULT
        return z + 1.0


class BranchOnBatch(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        if x.shape[0] > 4:  # FAULT
            return y.relu()
        return -y


class BakedBuffer(Linear):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bias", torch.ones(2, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x) + self.bias  # FAULT


class LoopOverTime(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = torch.zeros_like(x[:, 0])
        for step in range(x.shape[1]):  # FAULT
            total = self.linear(x[:, step]) + total
        return total


class AdaptivePool(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.adaptive_avg_pool2d(self.conv(x), (3, 3))  # FAULT


class BranchOnValue(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        if y.sum() > 0:  # FAULT
            return y.relu()
        return -y


@torch.library.custom_op("shop::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@twice.register_fake
def _(x: torch.Tensor) -> torch.Tensor:
    return torch.empty_like(x)


class CustomOperator(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        return twice(y)  # FAULT


class Dropout(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.dropout(self.linear(x), 0.5, training=self.training)


class StubbornDropout(Dropout):
    """Stays in training mode whatever it is told."""

    def train(self, mode: bool = True) -> StubbornDropout:
        del mode
        super().train(True)
        return self


class Random(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x) + torch.randn_like(x)


class Chaotic(Linear):
    """Float32 itself is far from float64 here."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.sigmoid(self.linear(x))
        for _ in range(60):
            y = 3.99 * y * (1 - y)
        return y


class Double(Linear):
    def __init__(self) -> None:
        super().__init__()
        self.double()


class Half(Linear):
    def __init__(self) -> None:
        super().__init__()
        self.half()


class Integers(Linear):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.linear(x)
        return y.argmax(-1), torch.topk(y, 3).indices


class Mapping(Linear):
    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        y = self.linear(x)
        return {"logits": y, "probabilities": y.softmax(-1)}


class Optional(Linear):
    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        y = self.linear(x)
        return y if mask is None else y * mask


class Condition(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        return torch.cond(y.sum() > 0, lambda a: a.relu(), lambda a: -a, (y,))


class Embedding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 8)

    def forward(self, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.embedding(input_ids) * mask.unsqueeze(-1)


class IntegerBatch(Linear):
    """The classic: the tracing exporter writes the example's batch as a constant."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x).reshape(int(x.shape[0]), 2, 4)


class Upsample(nn.Module):
    """Torch cannot write this at an old opset, and does not say so."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.norm = nn.GroupNorm(2, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(self.conv(x))
        return functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)


class NonZero(Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        return y[y > 0]


def training() -> nn.Module:
    """A factory that forgot eval()."""
    return Dropout().train()
