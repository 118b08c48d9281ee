"""The environment key: latencies are compared where it is equal, and nowhere else."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOATING = "floating"
"""The clock policy of a GPU that nobody locked; a locked one is `locked 1980 MHz`."""
_SHORT = {"tensorrt": "trt", "tensorrt_rtx": "rtx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentKey:
    """What a latency depends on besides the model.

    Recorded with a run and not in here: the GPU's UUID, the driver's minor version, digests of plans,
    commit, temperature. They differ from job to job and are what the gate's statistics are for.
    """

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    gpu: str
    """Product name, as `NVIDIA H200`."""
    compute_capability: str
    memory_gib: int
    """Rounded: drivers reserve a little more or less."""
    mig: str = ""
    """Profile of the MIG slice, as `1g.18gb`; empty for the whole GPU."""
    clocks: str = FLOATING
    power_limit_w: int
    driver: str
    """Branch, as `580`."""
    flavour: str
    """`tensorrt` or `tensorrt_rtx`."""
    version: str
    """Of TensorRT, in full."""
    cuda: str
    """Major version."""
    precision: str
    flags: tuple[str, ...] = ()
    """Of the builder, sorted."""
    runner: str = ""
    """Class of the machine, where several kinds carry the same GPU."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "flags", tuple(sorted(self.flags)))
        object.__setattr__(self, "driver", self.driver.partition(".")[0])
        object.__setattr__(self, "cuda", self.cuda.partition(".")[0])

    @property
    def sha256(self) -> str:
        """Digest of the canonical JSON."""
        text = json.dumps(dataclasses.asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def slug(self) -> str:
        """Name of folders, as `nvidia-h200-141g-rtx-1.6.1.120-fp32-0a1b2c3d4e`."""
        short = _SHORT.get(self.flavour, self.flavour)
        words = [self.gpu, f"{self.memory_gib}g", self.mig, short, self.version, self.precision]
        text = "-".join(word for word in words if word).lower()
        return f"{re.sub(r'[^a-z0-9.]+', '-', text).strip('-.')}-{self.sha256[:10]}"

    def differences(self, other: EnvironmentKey) -> tuple[str, ...]:
        """What is not the same, as `driver 580, not 575`."""
        return differences(dataclasses.asdict(self), dataclasses.asdict(other))


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[str, ...]:
    """What is not the same in two environments, field by field."""
    return tuple(
        f"{name.replace('_', ' ')} {here.get(name) or 'none'}, not {there.get(name) or 'none'}"
        for name in dict.fromkeys([*here, *there])
        if here.get(name) != there.get(name)
    )
