"""Checkpoints over jobs: evenly by expected cost, and nearly unmoved when one is added.

Rendezvous hashing gives every checkpoint an order of preference among the shards, which depends on
nothing else; bounded loads (Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded
Loads", SODA 2018) let it go to the first with room. The bound grows in steps of a tenth and costs are
taken in classes of a factor of two, so that one more checkpoint seldom changes what comes before it.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 256
"""Jobs of one matrix: the limit of GitHub, and above that of GitLab's `parallel` (200)."""
ROOM = 1.1
"""A shard may hold this many times the mean, or up to a step more."""
STEP = 1.1


def assign(costs: Mapping[str, float], total: int) -> dict[str, int]:
    """The shard of each checkpoint, from 1; no shard is empty while there are enough checkpoints.

    No shard costs more than 1.21 times the mean and the costliest checkpoint together. A pure
    function: every job that sees the same names and costs computes the same.

    Args:
        costs: Seconds by name.
        total: Number of shards.
    """
    room = _step_above(ROOM * sum(costs.values()) / total)
    loads = dict.fromkeys(range(1, total + 1), 0.0)
    shards: dict[str, int] = {}
    for name in sorted(costs, key=lambda name: (-_class(costs[name]), _hash(name), name)):
        preferred = sorted(loads, key=lambda shard: _hash(f"{shard} {name}"))
        fitting = (shard for shard in preferred if loads[shard] + costs[name] <= room)
        shards[name] = next(fitting, None) or min(loads, key=lambda shard: loads[shard])
        loads[shards[name]] += costs[name]
    _fill_empty(shards, costs, loads)
    return shards


def _fill_empty(
    shards: dict[str, int], costs: Mapping[str, float], loads: dict[int, float]
) -> None:
    """Give each empty shard the cheapest checkpoint of the fullest one that has several."""
    for empty in sorted(set(loads) - set(shards.values())):
        held = list(shards.values())
        donors = [shard for shard in loads if held.count(shard) > 1]
        if not donors:
            return
        donor = max(donors, key=lambda shard: (loads[shard], -shard))
        name = min(
            (name for name, shard in shards.items() if shard == donor),
            key=lambda name: (costs[name], name),
        )
        shards[name] = empty
        loads[donor] -= costs[name]
        loads[empty] += costs[name]


def plan_of(shards: Mapping[str, int]) -> str:
    """Short digest of an assignment: jobs that have the same one leave nothing out."""
    text = json.dumps(sorted(shards.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _class(cost: float) -> int:
    return math.floor(math.log2(max(cost, 1e-6)))


def _step_above(value: float) -> float:
    return float(STEP ** math.ceil(math.log(value, STEP) - 1e-9)) if value > 0 else 0.0
