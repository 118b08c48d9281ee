"""A profile scanned on this GPU: its latency at many sizes, its layers, and what a split would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pytest_frictionless.cliffs.split import across, place_to_split, split
from pytest_frictionless.workbench.gpu import cache_of, one_at_a_time, plan_path, plugins_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_frictionless.cliffs.record import (
        ComparedRecord,
        PairRecord,
        ProfiledRecord,
        ScanRecord,
        SideRequest,
    )
    from pytest_frictionless.shapes import Profile
    from pytest_frictionless.workbench.workbench import Workbench


def scanned(bench: Workbench, profile: Profile) -> ScanRecord:
    """The profile measured along every symbol and along all of them together, anew."""
    settings = bench.shop.settings.cliffs
    arguments = {
        **_engine(bench, plan_path(bench), profile.name), "inputs": bench.inputs,
        "ranges": {name: [span.min, span.opt, span.max] for name, span in profile.ranges.items()},
        "seconds": min(settings.seconds, bench.shop.limits.timeout_s * 0.8), "jump": settings.jump,
    }  # fmt: skip
    return cast("ScanRecord", _measured(bench, "gpu.cliffs:scan", arguments))


def profiled(bench: Workbench, profile: str, sizes: Mapping[str, int]) -> ProfiledRecord:
    """How long each layer takes in this profile at these sizes."""
    arguments = {
        **_engine(bench, plan_path(bench), profile), "inputs": bench.inputs, "sizes": dict(sizes),
    }  # fmt: skip
    return cast("ProfiledRecord", _measured(bench, "gpu.profile:profile", arguments))


def beside(
    bench: Workbench, profile: str, other: str, points: Sequence[Mapping[str, int]]
) -> ComparedRecord:
    """Two profiles of the engine at these sizes, in turns."""
    plan = plan_path(bench)
    sides = [side_of(bench, plan, list(bench.profiles).index(name)) for name in (profile, other)]
    return _compared(bench, sides, points)


class Split:
    """An engine with one profile split in two, beside the engine as it is."""

    def __init__(self, bench: Workbench, profile: Profile, symbol: str, size: int) -> None:
        self._bench, self._profile = bench, profile
        self.symbol = symbol
        self.parts = split(profile, symbol, size)

    @classmethod
    def at_a_jump(cls, bench: Workbench, profile: Profile, record: ScanRecord) -> Split | None:
        """Where the largest jump of a symbol is, else in the middle of a wide range; None for neither."""
        place = place_to_split(profile, record["lines"])
        return cls(bench, profile, *place) if place else None

    def measured(self) -> list[PairRecord] | str:
        """Both engines at sizes of both parts, in turns; or why the engine was not built."""
        bench = self._bench
        settings, record = bench.shop.settings.cliffs, bench.build(list(bench.profiles))
        if record["build_s"] > settings.seconds:
            return f"a build takes {record['build_s']:.0f} s, and cliffs.seconds is {settings.seconds:g}"
        made = bench.plan(self.parts)
        if not made.record["built"]:
            return f"the engine was not built: {'; '.join(made.record['errors'])}"
        plan, here = made.folder / str(made.record["plan"]), plan_path(bench)
        index = list(bench.profiles).index(self._profile.name)
        found: list[PairRecord] = []
        for part, profile in enumerate(self.parts):
            sides = [side_of(bench, here, index), side_of(bench, plan, part)]
            found += _compared(bench, sides, across(profile.ranges))["points"]
        return found


def side_of(bench: Workbench, plan: Path, profile: int) -> SideRequest:
    """A profile of an engine, as one side of a comparison."""
    return {"plan": str(plan), "cache": cache_of(bench, plan), "profile": profile}


def _engine(bench: Workbench, plan: Path, profile: str) -> dict[str, Any]:
    index = list(bench.profiles).index(profile)
    return {**side_of(bench, plan, index), **plugins_of(bench)}


def _compared(
    bench: Workbench, sides: Sequence[SideRequest], points: Sequence[Mapping[str, int]]
) -> ComparedRecord:
    arguments = {
        "sides": list(sides), "inputs": bench.inputs, "points": [dict(each) for each in points],
        **plugins_of(bench),
    }  # fmt: skip
    return cast("ComparedRecord", _measured(bench, "gpu.cliffs:compare", arguments))


def _measured(bench: Workbench, step: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    with one_at_a_time(bench):
        return bench.steps.measure(step, arguments)
