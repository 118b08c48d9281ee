"""Which layers are to blame for a jump, from the layer profiles on both sides of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_frictionless.cliffs.record import LayerRecord, ProfiledRecord

SHARE = 0.1
"""A layer that makes less of what the inference takes more is not named."""
NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowed:
    """One layer on both sides of a jump."""

    below: LayerRecord
    above: LayerRecord
    extra_ms: float
    """What it takes above, beyond in proportion to the elements."""

    @property
    def other_kernel(self) -> bool:
        """Whether both kernels are known and differ."""
        kernels = (self.below["kernel"], self.above["kernel"])
        return all(kernels) and kernels[0] != kernels[1]

    def __str__(self) -> str:
        took = f"{self.below['ms']:.4g} ms to {self.above['ms']:.4g} ms"
        if self.other_kernel:
            took += f", kernel {self.below['kernel']} to {self.above['kernel']}"
        return took


def slowed(below: ProfiledRecord, above: ProfiledRecord, *, wider: float) -> list[Slowed]:
    """The layers that make most of a jump, the one that takes most more first.

    Args:
        below: Layers at the smaller size.
        above: Layers at the larger one.
        wider: How many times the elements of the smaller the larger has.
    """
    before = {each["name"]: each for each in below["layers"]}
    found = [
        Slowed(below=old, above=new, extra_ms=new["ms"] - old["ms"] * wider)
        for new in above["layers"]
        if (old := before.get(new["name"]))
    ]
    whole = sum(each.extra_ms for each in found if each.extra_ms > 0)
    found = [each for each in found if each.extra_ms > SHARE * whole]
    return sorted(found, key=lambda each: -each.extra_ms)[:NAMED]


def title(layer: LayerRecord) -> str:
    """The ONNX nodes of a layer, else its own name."""
    names = layer["nodes"]
    return " + ".join(names[:3]) + (" + ..." if len(names) > 3 else "") or layer["name"]
