"""What a scan found, as findings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_frictionless.cliffs.layers import slowed, title
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.cliffs.record import (
        CurveRecord,
        JumpRecord,
        PairRecord,
        ProfiledRecord,
        ScanRecord,
    )
    from pytest_frictionless.shapes import Profile

GAIN = 0.05
"""Another profile is worth a word where it takes this much less time."""


def percent(change: float) -> str:
    """A change as `+31 %`."""
    return f"{change:+.0%}".replace("%", " %")


def at(sizes: Mapping[str, int], symbols: Sequence[str] = ()) -> str:
    """Sizes in words, as `batch 4, seq 128`."""
    return ", ".join(f"{symbol} {sizes[symbol]}" for symbol in symbols or sizes)


def wider(jump: JumpRecord, symbols: Sequence[str]) -> float:
    """How many times the elements of the smaller size the larger has."""
    return math.prod(max(jump["above"][s], 1) / max(jump["below"][s], 1) for s in symbols)


def of_jumps(
    profile: str, line: CurveRecord, layers: tuple[ProfiledRecord, ProfiledRecord] | None
) -> Finding:
    """FR930 for the largest jump of a line, with the others beside it."""
    worst, symbols = line["jumps"][0], line["symbols"]
    below, above = at(worst["below"], symbols), at(worst["above"], symbols)
    evidence = [(below, f"{worst['below_ms']:.4g} ms"), (above, f"{worst['above_ms']:.4g} ms")]
    if worst["back"]:
        evidence.append(("as before from", at(worst["back"], symbols)))
    if others := line["jumps"][1:]:
        places = (f"{at(j['above'], symbols)} ({percent(j['change'])})" for j in others)
        evidence.append(("also at", "; ".join(places)))
    if worst["back"]:
        remedy = (
            f"Serve {below} or {at(worst['back'], symbols)} and nothing between: pad, or let the "
            "batcher stop there."
        )
    else:
        remedy = f"Serve {below} at most, or give what is above a profile of its own."
    cause = ""
    if layers:
        found = slowed(*layers, wider=wider(worst, symbols))
        if any(each.other_kernel for each in found):
            cause = "these layers run other kernels"
        elif found:
            cause = "these layers grow most beyond their share (which kernel runs is not told)"
        evidence += [(f"  {title(each.above)}", str(each)) for each in found]
    return Finding(
        code="FR930", severity=Severity.WARNING, cause=cause, evidence=tuple(evidence), remedy=remedy,
        message=f"{profile}: latency per element jumps by {percent(worst['change'])} from {below} to "
        f"{above}: {worst['below_ms']:.4g} ms to {worst['above_ms']:.4g} ms",
    )  # fmt: skip


def of_dips(profile: str, line: CurveRecord) -> Finding:
    """FR931 for the size that gains most by being padded, with the others beside it."""
    worst, symbols = line["dips"][0], line["symbols"]
    slower, faster = at(worst["slower"], symbols), at(worst["faster"], symbols)
    others = tuple(
        (f"{at(dip['slower'], symbols)} to {at(dip['faster'], symbols)}", percent(dip["change"]))
        for dip in line["dips"][1:]
    )
    first = at(worst["first"], symbols)
    which = slower if first == slower else f"{first} to {slower}"
    return Finding(
        code="FR931", severity=Severity.WARNING, evidence=others,
        message=f"{profile}: {slower} takes longer than {faster}: {worst['slower_ms']:.4g} ms "
        f"against {worst['faster_ms']:.4g} ms",
        remedy=f"Pad {which} up to {faster}: {percent(worst['change'])}.",
    )  # fmt: skip


def of_hidden(profile: str, line: CurveRecord, seconds: float) -> Finding:
    """FR933 for what the time did not suffice to locate."""
    gap = line["hidden"][0]
    below, above = at(gap["below"], line["symbols"]), at(gap["above"], line["symbols"])
    change = (
        f"latency falls from {gap['below_ms']:.4g} ms to {gap['above_ms']:.4g} ms"
        if gap["above_ms"] < gap["below_ms"]
        else f"latency per element rises by {percent(gap['change'])}"
    )
    return Finding(
        code="FR933", severity=Severity.WARNING,
        message=f"{profile}: {change} somewhere between {below} and {above}; the {seconds:g} s of the "
        "scan ended before the place was found",
    )  # fmt: skip


def of_refused(profile: str, record: ScanRecord) -> Finding:
    """FR934 for sizes of the profile at which the engine does not run."""
    first, *others = record["refused"]
    reason = str(first["reason"])
    return Finding(
        code="FR934",
        message=f"{profile}: the engine does not run at {at(first['sizes'])}, which the profile takes",
        cause=reason,
        evidence=tuple(("nor at", at(each["sizes"])) for each in others[:5]),
    )


def of_split(
    profile: Profile, parts: Sequence[Profile], symbol: str, points: Sequence[PairRecord]
) -> Finding | None:
    """FR932 where an engine with the profile split in two is faster; None where it is not."""
    best = _best(points)
    if best is None:
        return None
    ranges = [each.ranges[symbol] for each in parts]
    faster = next(span for span in ranges if best["sizes"][symbol] in span)
    return Finding(
        code="FR932", severity=Severity.WARNING, evidence=_rows(points),
        message=f"{profile.name}: split at {symbol} {ranges[1].min}: {percent(_change(best))} for "
        f"{faster.min}..{faster.max} ({best['ms'][0]:.4g} ms to {best['ms'][1]:.4g} ms at "
        f"{at(best['sizes'])}), measured",
        remedy="Write in frictionless.yaml, and where the engine is built for production:\n"
        + "\n".join(map(_yaml, parts)),
    )  # fmt: skip


def of_other(profile: Profile, other: Profile, points: Sequence[PairRecord]) -> Finding | None:
    """FR932 where another profile of the engine is faster at the same sizes; None where it is not."""
    best = _best(points)
    if best is None:
        return None
    return Finding(
        code="FR932", severity=Severity.WARNING, evidence=_rows(points),
        message=f"{profile.name}: profile {other.name} takes {percent(_change(best))} at "
        f"{at(best['sizes'])}: {best['ms'][1]:.4g} ms against {best['ms'][0]:.4g} ms",
        remedy=f"Serve the sizes that both take with {other.name}, and let {profile.name} begin above.",
    )  # fmt: skip


def _best(points: Sequence[PairRecord]) -> PairRecord | None:
    """Where the other profile gains most, of the points where it gains enough in every turn."""
    sure = (
        each for each in points
        if _change(each) < -GAIN and all(there < here * (1 - GAIN / 2) for here, there in each["turns"])
    )  # fmt: skip
    return min(sure, key=_change, default=None)


def _change(point: PairRecord) -> float:
    return point["ms"][1] / point["ms"][0] - 1


def _rows(points: Sequence[PairRecord]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (at(each["sizes"]), f"{each['ms'][0]:.4g} ms to {each['ms'][1]:.4g} ms "
         f"({percent(_change(each))})")
        for each in points
    )  # fmt: skip


def _yaml(profile: Profile) -> str:
    spans = (f"{s}: [{r.min}, {r.opt}, {r.max}]" for s, r in profile.ranges.items())
    return f"  {profile.name}: {{{', '.join(spans)}}}"
