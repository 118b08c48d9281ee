"""Does latency jump between the sizes of a profile, and would other profiles be faster?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.cliffs import findings
from pytest_frictionless.cliffs.split import shared
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.workbench.gpu import trouble_of
from pytest_frictionless.workbench.scanning import Split, beside, profiled, scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.cliffs.record import CurveRecord, ProfiledRecord, ScanRecord


def run(ctx: Context) -> Iterator[Finding]:
    """Scan the profile, name the layers behind each jump, and measure what other profiles give."""
    settings = ctx.workbench.shop.settings.cliffs
    profile = ctx.profile
    if all(span.min == span.max for span in profile.ranges.values()):
        ctx.notes.append(f"{profile.name}: every size is fixed, there is nothing to scan")
        return
    record = scanned(ctx.workbench, profile)
    ctx.measurements.update(
        engine=record["engine"], gpu=record["gpu"], seconds=round(record["seconds"], 2),
        curves=[{each: line[each] for each in ("symbols", "sizes", "ms")} for line in record["lines"]],
        jumps=[jump for line in record["lines"] for jump in line["jumps"]],
    )  # fmt: skip
    ctx.notes.extend(_told(profile.name, line) for line in record["lines"] if line["ms"])
    if record["uncaptured"]:
        ctx.notes.append(f"no CUDA graph: {record['uncaptured']}")
    if record["refused"]:
        yield findings.of_refused(profile.name, record)
    if trouble := trouble_of(record["watch"]):
        message = f"{profile.name} could not be scanned: {trouble}"
        yield Finding(code="FR912", message=message, severity=Severity.WARNING)
        return
    for line in _first_told(record["lines"], "jumps"):
        yield findings.of_jumps(profile.name, line, _layers(ctx, line))
    for line in _first_told(record["lines"], "dips"):
        yield findings.of_dips(profile.name, line)
    for line in _first_told(record["lines"], "hidden"):
        yield findings.of_hidden(profile.name, line, settings.seconds)
    yield from _other_profiles(ctx)
    yield from _split(ctx, record)


def _told(profile: str, line: CurveRecord) -> str:
    """One line of remarks: how many sizes, from where to where, and how far it got."""
    symbols = line["symbols"]
    ends = f"{findings.at(line['sizes'][0], symbols)} to {findings.at(line['sizes'][-1], symbols)}"
    left = f"; the time ended with {line['open']} gaps to narrow" if line["open"] else ""
    return (
        f"{profile}: {len(line['ms'])} sizes from {ends}, {line['ms'][0]:.4g} ms to "
        f"{line['ms'][-1]:.4g} ms, {len(line['jumps'])} jumps{left}"
    )


def _first_told(lines: list[CurveRecord], what: str) -> list[CurveRecord]:
    """The lines on which there is one: those of a symbol alone, where any has, for all of them."""
    having = [line for line in lines if line[what]]  # type: ignore[literal-required]
    return [line for line in having if len(line["symbols"]) == 1] or having


def _layers(ctx: Context, line: CurveRecord) -> tuple[ProfiledRecord, ProfiledRecord]:
    worst = line["jumps"][0]
    below, above = (
        profiled(ctx.workbench, ctx.profile_name, sizes)
        for sizes in (worst["below"], worst["above"])
    )
    return below, above


def _other_profiles(ctx: Context) -> Iterator[Finding]:
    bench = ctx.workbench
    for name, other in bench.profiles.items():
        points = shared(ctx.profile, other) if name != ctx.profile_name else []
        if not points:
            continue
        pairs = beside(bench, ctx.profile_name, name, points)["points"]
        ctx.measurements.setdefault("other_profiles", {})[name] = pairs
        finding = findings.of_other(ctx.profile, other, pairs)
        if finding is not None:
            yield finding


def _split(ctx: Context, record: ScanRecord) -> Iterator[Finding]:
    """An engine with the profile split is built and measured, where there is a reason to."""
    attempt = Split.at_a_jump(ctx.workbench, ctx.profile, record)
    if attempt is None:
        return
    pairs = attempt.measured()
    where = f"{attempt.symbol} {attempt.parts[1].ranges[attempt.symbol].min}"
    if isinstance(pairs, str):
        ctx.notes.append(f"{ctx.profile_name}: a split at {where} was not tried: {pairs}")
        return
    ctx.measurements["split"] = {"symbol": attempt.symbol, "at": where, "pairs": pairs}
    finding = findings.of_split(ctx.profile, attempt.parts, attempt.symbol, pairs)
    if finding is None:
        ctx.notes.append(f"{ctx.profile_name}: a split at {where} was measured, and gains nothing")
    else:
        yield finding


CHECK = Check(
    name="cliffs", scope=Scope.PROFILE, run=run,
    after=("load", "export", "operators", "build", "run"), codes=("FR93", "FR912", "FR0"),
    needs_gpu=True,
    title="does latency jump between the sizes of a profile, and would other profiles be faster?",
)  # fmt: skip
