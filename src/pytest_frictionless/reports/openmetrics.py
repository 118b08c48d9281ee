"""The format `openmetrics`: numbers for GitLab's metrics report, and for Prometheus.

https://docs.gitlab.com/ci/testing/metrics_reports/
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_frictionless.errors import MissingDependency
from pytest_frictionless.reports.format import Format
from pytest_frictionless.reports.measured import QUANTITIES, Quantity, values_of
from pytest_frictionless.reports.results import Outcome
from pytest_frictionless.reports.verdict import answers_of, has_failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from pytest_frictionless.reports.results import Item, Results

LABELS = ("checkpoint", "profile", "point")


def render(results: Results) -> str:
    """Gauges: how many items came to what, and every number that was measured.

    Raises:
        MissingDependency: prometheus-client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry
        from prometheus_client.openmetrics.exposition import generate_latest
    except ImportError:
        raise MissingDependency(
            "prometheus-client", purpose="openmetrics", extra="report"
        ) from None
    registry = CollectorRegistry()
    registry.register(_Collector(results))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # only that is untyped
    return text.decode()


@dataclass(frozen=True, slots=True, eq=False)
class _Collector:
    results: Results

    def collect(self) -> Iterator[Metric]:
        """The families, in the order of the file."""
        answers = answers_of(self.results)
        yield from _counts(self.results, answers)
        yield _components(self.results)
        for quantity in QUANTITIES:
            if (family := _family(answers, quantity)).samples:
                yield family


def _counts(results: Results, answers: Sequence[Item]) -> Iterator[Metric]:
    from prometheus_client.metrics_core import GaugeMetricFamily

    failed = {item.checkpoint for item in answers if item.fails}
    outcomes = Counter(item.outcome for item in answers)
    for name, text, value in (
        ("frictionless_failed", "1 where anything failed or is missing.", has_failed(results)),
        ("frictionless_checkpoints", "Checkpoints that were found.", len(results.checkpoints)),
        ("frictionless_failed_checkpoints", "Those of which an item failed.", len(failed)),
    ):
        yield GaugeMetricFamily(name, text, value=value)
    family = GaugeMetricFamily(
        "frictionless_items", "Items by what became of them.", labels=["outcome"]
    )
    for outcome in Outcome:
        family.add_metric([outcome], outcomes[outcome])
    yield family


def _components(results: Results) -> Metric:
    from prometheus_client.metrics_core import InfoMetricFamily

    family = InfoMetricFamily("frictionless_component", "What ran.", labels=["component"])
    pairs = {pair for run in results.runs for pair in run.environment.items()}
    for component, version in sorted(pairs):
        family.add_metric([component], {"version": version})
    return family


def _family(answers: Sequence[Item], quantity: Quantity) -> Metric:
    from prometheus_client.metrics_core import GaugeMetricFamily

    title = quantity.title[:1].upper() + quantity.title[1:]
    family = GaugeMetricFamily(
        quantity.metric, f"{title}, as `{quantity.check}` measured it.", labels=LABELS, unit=quantity.unit
    )  # fmt: skip
    for item, value in values_of(answers, quantity):
        family.add_metric([getattr(item, label) for label in LABELS], value * quantity.factor)
    return family


FORMAT = Format(
    name="openmetrics", help="metrics report of GitLab, in OpenMetrics", render=render, file="metrics.txt"
)  # fmt: skip
