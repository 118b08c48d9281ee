"""Networks with one fault each; the fault is in the line that forward() is short enough to show."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Healthy(nn.Module):
    """Nothing wrong here: what is broken is around it."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        """A linear layer."""
        return F.relu(self.linear(x))


class Narrower(nn.Module):
    """The network of last year, with other layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        """A linear layer."""
        return self.first(x)


class WrongWidth(Healthy):
    """Its layers do not fit one another."""

    def forward(self, x: Tensor) -> Tensor:
        """Multiply [batch, 16] with [8, 8]."""
        return self.linear(torch.cat([x, x], dim=1))


class BranchOnValue(Healthy):
    """Python decides by what a tensor holds."""

    def forward(self, x: Tensor) -> Tensor:
        """Two ways."""
        if x.mean() > 0:
            return self.linear(x)
        return -x


class BranchOnSize(Healthy):
    """Python decides by how large the batch is."""

    def forward(self, x: Tensor) -> Tensor:
        """Two ways."""
        if x.shape[0] > 6:
            return self.linear(x) * 2
        return self.linear(x)


class LoopOverTime(Healthy):
    """A Python loop over an axis that was declared dynamic."""

    def forward(self, x: Tensor) -> Tensor:
        """A running mean of [batch, time, 8]."""
        state = torch.zeros_like(x[:, 0])
        for step in range(x.shape[1]):
            state = 0.9 * state + self.linear(x[:, step])
        return state


class AdaptivePool(Healthy):
    """Pools to 3 x 3, with a kernel size that is computed from the example's size."""

    def forward(self, image: Tensor) -> Tensor:
        """Pool [batch, 1, height, width]."""
        return F.adaptive_avg_pool2d(image, (3, 3)) + self.linear.bias[0]


@torch.library.custom_op("demo::soft_clip", mutates_args=())
def soft_clip(x: Tensor) -> Tensor:
    """An operator of our own, unknown to every exporter."""
    return x / (1 + x.abs())


@soft_clip.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x)


class CustomOperator(Healthy):
    """Calls an operator without a translation to ONNX."""

    def forward(self, x: Tensor) -> Tensor:
        """Clip softly."""
        return soft_clip(self.linear(x))


class Spectrum(Healthy):
    """A Fourier transform: ONNX has it, the parser does not take it."""

    def forward(self, x: Tensor) -> Tensor:
        """Magnitudes."""
        return torch.fft.rfft(self.linear(x)).abs()


class MonteCarlo(Healthy):
    """Dropout that stays on, for uncertainty."""

    def forward(self, x: Tensor) -> Tensor:
        """One sample."""
        return F.dropout(self.linear(x), p=0.5, training=True)


class Noisy(Healthy):
    """Adds noise on every call."""

    def forward(self, x: Tensor) -> Tensor:
        """One sample."""
        return self.linear(x) + torch.randn_like(x)


class Chaotic(Healthy):
    """The logistic map: rounding errors double with each step."""

    def forward(self, x: Tensor) -> Tensor:
        """Sixty steps."""
        value = torch.sigmoid(self.linear(x))
        for _ in range(60):
            value = 3.99 * value * (1 - value)
        return value


def half_built() -> nn.Module:
    """Build a network from a file that is not there."""
    return nn.Linear(8, int(open("width.txt").read()))
