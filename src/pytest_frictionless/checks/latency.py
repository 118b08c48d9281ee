"""How long does an inference take on this GPU, and does that fit budget and baseline?

What judges a measurement is imported where there is one: most runs have no GPU.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.artifacts.latency import CellRecord
    from pytest_frictionless.latency.measured import Figures

HOST_BOUND = 1.2
"""Plain launches that take this many times the GPU time are held up by the CPU."""
SWITCH_MS = 0.1
"""Below this a good part of a switch is the Python that calls it."""
P99_SAMPLES = 662
"""Samples that a p99 needs for 99 % confidence with one sample over it (MLPerf early stopping)."""


def run(ctx: Context) -> Iterator[Finding]:
    """Tell the latency of one cell from all rounds, and hold it against the budget and the baseline."""
    from pytest_frictionless.latency.findings import finding_of
    from pytest_frictionless.latency.measured import Figures
    from pytest_frictionless.workbench.judging import judgement_of

    cell = f"{ctx.profile_name}-{ctx.point_name}"
    judgement = judgement_of(ctx.workbench)
    result = judgement.report.of(judgement.cells[cell])
    verdict = finding_of(result, judgement.report)
    if verdict is not None:
        yield verdict
    ctx.measurements.update(environment=judgement.key.slug, verdict=str(result.verdict))
    records = judgement.records(cell)
    if len(records) < 2:
        return
    figures, first = Figures.of(records), judgement.rounds[0]
    p50, p95, p99 = figures.p50_ms, figures.p95_ms, figures.p99_ms
    plain = statistics.median(record["plain_ms"] for record in records)
    captured = all(record["captured"] for record in records)
    ctx.measurements.update(
        engine=first["engine"], gpu=first["gpu"]["gpu"], sizes=dict(ctx.point.sizes),
        latency_ms=_short(p50), p95_ms=_short(p95), p99_ms=_short(p99),
        samples=figures.samples, rounds=len(records), throughput=_short(figures.throughput),
        plain_ms=_short(plain), host_ms=_short(statistics.median(r["host_ms"] for r in records)),
        cuda_graph=captured, spread=_short(figures.spread),
        workspace_mib=_short(records[0]["workspace_mib"]), **_watched(records),
    )  # fmt: skip
    ctx.notes.append(
        f"{cell}: p50 {p50:.4g} ms, p95 {p95:.4g} ms, p99 {p99:.4g} ms "
        f"({figures.samples} samples in {len(records)} processes, whose medians spread over "
        f"{100 * figures.spread:.2g} %), {figures.throughput:.4g} inferences/s; "
        f"{'CUDA graph' if captured else 'plain launches'}; plain launches {plain:.4g} ms"
    )
    if why := next((each["uncaptured"] for each in records if not each["captured"]), ""):
        ctx.notes.append(f"no CUDA graph: {why}")
    if captured and plain > HOST_BOUND * p50:
        yield Finding(
            code="FR913",
            message=f"{cell} is held up by the CPU: plain launches take {plain / p50:.2g} times the "
            f"GPU time ({plain:.4g} ms against {p50:.4g} ms)",
            severity=Severity.WARNING,
        )
    yield from _over_budget(ctx, cell, figures)
    if ctx.point_name == "opt":
        yield from _switching(ctx)


def _switching(ctx: Context) -> Iterator[Finding]:
    """What it costs to come to this profile from another one in the same execution context."""
    from pytest_frictionless.workbench.held import switch_to, switching_of

    bench = ctx.workbench
    switch, switching = switch_to(bench, ctx.profile_name), switching_of(bench)
    if switch is None or switching is None:
        return
    steady = switch["steady_ms"]
    cost = max(switch["switched_ms"] - steady, 0.0)
    ctx.measurements["switch_ms"] = _short(cost)
    told = f"switching {switch['origin']} -> {switch['target']} costs {cost:.2g} ms"
    instead = "one execution context for each profile saves it"
    if not switching["neighbours"]:
        instead += f", and holds {switching['contexts_mib']:.4g} MiB more"
    if cost <= max(steady, SWITCH_MS):
        ctx.notes.append(f"{told} beside an inference of {steady:.2g} ms: {instead}")
        return
    yield Finding(
        code="FR916",
        message=f"{told}, more than the inference itself ({steady:.2g} ms): {instead}",
        evidence=(
            ("with the switch", f"{switch['switched_ms']:.4g} ms, median of {switch['count']}"),
            ("without", f"{steady:.4g} ms"),
        ),
        severity=Severity.WARNING,
    )


def _over_budget(ctx: Context, cell: str, figures: Figures) -> Iterator[Finding]:
    p50, p99, count = figures.p50_ms, figures.p99_ms, figures.samples
    budget = ctx.workbench.spec.budget
    point = budget.points.get(cell) if budget else None
    if point is None:
        return
    if point.latency_ms is not None and p50 > point.latency_ms:
        yield _over(cell, "takes", f"{p50:.4g} ms", f"latency_ms: {point.latency_ms:g}")
    if point.throughput is not None and 1000 / p50 < point.throughput:
        yield _over(
            cell, "does", f"{1000 / p50:.4g} inferences/s", f"throughput: {point.throughput:g}"
        )
    if point.p99_ms is not None:
        if count < P99_SAMPLES:
            ctx.notes.append(
                f"p99_ms is not judged: {count} samples, and a p99 needs {P99_SAMPLES}; raise "
                "`latency: {rounds: ..., seconds: ...}` in frictionless.yaml"
            )
        elif p99 > point.p99_ms:
            yield _over(cell, "takes", f"{p99:.4g} ms at p99", f"p99_ms: {point.p99_ms:g}")


def _over(cell: str, verb: str, measured: str, allowed: str) -> Finding:
    return Finding(code="FR911", message=f"{cell} {verb} {measured}, and the budget says {allowed}")


def _watched(records: list[CellRecord]) -> dict[str, float]:
    """What NVML saw, over all rounds."""
    found = {}
    for name in ("sm_mhz", "celsius", "watt", "use"):
        values = [record["watch"][name] for record in records]
        if known := [value for value in values if value is not None]:
            found[f"gpu_{name}"] = _short(statistics.median(known))
    capped = [record["watch"]["slowed"].get("power cap", 0.0) for record in records]
    return {**found, "gpu_power_capped": _short(statistics.mean(capped))}


def _short(value: float) -> float:
    """Six digits: more says nothing of a measurement."""
    return float(f"{value:.6g}")


CHECK = Check(
    name="latency", scope=Scope.POINT, run=run, after=("load", "export", "operators", "build", "run"),
    codes=("FR9", "FR0"), needs_gpu=True,
    title="how long does an inference take on this GPU, and does that fit budget and baseline?",
)  # fmt: skip
