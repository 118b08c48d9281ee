"""Latency items as benchmarks of pytest-benchmark, where that is installed. PYTEST_DONT_REWRITE.

pytest gives fixtures to test functions alone, and as functions these items would get the user's autouse
fixtures too. So this file makes pytest-benchmark's fixture from its class. It uses names without an
underscore: the plugin "pytest-benchmark" with `options` (a wrapped `timer` among them), `benchmarks`,
`logger` and `disabled`; `BenchmarkFixture` with `pedantic`, `extra_info` and `params`; and `fixturenames`,
by which `--benchmark-skip` and `--benchmark-only` know what is a benchmark. All else is its documented
interface. Where another version has other names, FR928 says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless._glue.checkpoint_item import CheckpointItem
from pytest_frictionless._glue.config import RUN
from pytest_frictionless.check import Verdict
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.latency.benchmark import extra_info, machine_info, memory_info
from pytest_frictionless.latency.key import differences
from pytest_frictionless.latency.measured import Figures, environment_of, recorded_of
from pytest_frictionless.workbench.gpu import machine_of
from pytest_frictionless.workbench.tools import installed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping


NAME = "pytest-benchmark"
"""Of the package, and of the plugin that holds its session."""
ASKED = (
    "benchmark_json",
    "benchmark_save",
    "benchmark_autosave",
    "benchmark_compare",
    "benchmark_skip",
)
"""Options of somebody who waits for benchmarks, and is told why there are none, or who wants none."""


class Benchmarks:
    """Hands what was measured to pytest-benchmark."""

    def __init__(self, config: pytest.Config) -> None:
        self.run = config.stash[RUN]
        self.asked = any(config.getoption(name, None) for name in ASKED)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Let pytest-benchmark know its items: with workers it would warn of them in every run."""
        session = item.config.pluginmanager.get_plugin(NAME)
        if _is_latency(item) and (self.asked or not getattr(session, "disabled", True)):
            item.fixturenames = ["benchmark"]  # type: ignore[attr-defined]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        """Show what was measured, whatever the verdict."""
        try:
            return (yield)
        finally:
            if isinstance(item, CheckpointItem) and _is_latency(item):
                try:
                    _show(item)
                except Exception as error:  # another version's: what was judged stays judged
                    item.keep(Verdict(findings=(_unshown(item, error),)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_benchmark_update_machine_info(self, machine_info: dict[str, Any]) -> None:
        """Add GPU, driver and TensorRT; nothing where there is no GPU."""
        machine_info.update(self._machine())

    @pytest.hookimpl(optionalhook=True)
    def pytest_benchmark_compare_machine_info(
        self, benchmarksession: Any, machine_info: Mapping[str, Any],
        compared_benchmark: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Name what differs between two environments."""
        here = machine_info.get("environment")
        there = compared_benchmark["machine_info"].get("environment")
        if isinstance(here, dict) and isinstance(there, dict) and here != there:
            benchmarksession.logger.warning(
                f"The compared latencies are of another environment: {'; '.join(differences(here, there))}"
            )

    def _machine(self) -> dict[str, Any]:
        try:
            machine = machine_of(self.run.shop)
        except (MissingDependency, StepFailed):
            return {}
        return machine_info(environment_of(machine), recorded_of(machine))


def _is_latency(item: pytest.Item) -> bool:
    return isinstance(item, CheckpointItem) and item.check.name == "latency"


def _show(item: CheckpointItem) -> None:
    """Play the samples of all rounds, in seconds, to pytest-benchmark."""
    judgement, name = item.parent.examiner.workbench.judgement, f"{item.profile}-{item.point}"
    records = judgement.records(name) if judgement else []
    if judgement is None or len(records) < 2:
        return
    from pytest_benchmark.fixture import BenchmarkFixture

    session: Any = item.config.pluginmanager.get_plugin(NAME)
    samples = [ms / 1000 for each in records for ms in each["samples_ms"]]
    clock = Clock(samples)
    options = {
        **session.options, "timer": type(session.options["timer"])(clock), "cprofile": False,
        "group": item.parent.spelled_place,
    }  # fmt: skip
    make: Any = BenchmarkFixture
    fixture = make(
        item, add_stats=session.benchmarks.append, logger=session.logger, warner=item.warn,
        disabled=session.disabled, **options,
    )  # fmt: skip
    cell = judgement.cells[name]
    verdict = str(judgement.report.of(cell).verdict)
    measured = {**Figures.of(records).kept(), **memory_info(judgement.memory[item.profile].run)}
    fixture.params = dict(cell.sizes)
    fixture.extra_info.update(extra_info(judgement.key, cell, verdict, measured))
    fixture.pedantic(clock.pass_on, rounds=len(samples), iterations=1)


class Clock:
    """A clock that stands still but for the next sample: what is timed has been timed on the GPU."""

    __name__ = "cuda_event"

    def __init__(self, samples: Iterable[float]) -> None:
        self._samples = iter(samples)
        self._now = 0.0

    def __call__(self) -> float:
        """The time, which starts anew: so a difference is the sample, to the last digit."""
        now, self._now = self._now, 0.0
        return now

    def pass_on(self) -> None:
        """Let the time of one sample pass."""
        self._now = next(self._samples)


def _unshown(item: CheckpointItem, error: Exception) -> Finding:
    return Finding(
        code="FR928",
        message=f"{item.name} is not among the benchmarks: "
        f"pytest-benchmark {installed(NAME).get(NAME, '')} is not used as it wants to be",
        cause=f"{type(error).__name__}: {error}", severity=Severity.WARNING,
    )  # fmt: skip
