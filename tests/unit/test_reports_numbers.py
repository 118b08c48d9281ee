"""What is made for machines that draw curves: OpenMetrics, benchmarks; and JUnit of several jobs."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.reported import HOSTILE, RUN, SLOW, WHOLE, hostile, item, results

from pytest_frictionless.errors import ConfigError, MissingDependency
from pytest_frictionless.reports import benchmark, openmetrics
from pytest_frictionless.reports.junit import merged
from pytest_frictionless.reports.measured import QUANTITIES, number
from pytest_frictionless.reports.printable import inert, lines, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.reports.results import Results

BENCHMARKS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string"}, "unit": {"type": "string"}, "value": {"type": "number"},
            "range": {"type": "string"}, "extra": {"type": "string"},
        },
    },
}  # fmt: skip
"""customSmallerIsBetter: https://github.com/benchmark-action/github-action-benchmark#examples"""


def samples(record: Results) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, as the parser of Prometheus reads the text."""
    text = openmetrics.render(record)
    assert text.endswith("# EOF\n")
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # as it is
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def of(checkpoint: str, profile: str = "", point: str = "") -> frozenset[tuple[str, str]]:
    return frozenset({"checkpoint": checkpoint, "profile": profile, "point": point}.items())


class TestOpenMetrics:
    """GitLab's metrics report, and Prometheus."""

    def test_it_counts_checkpoints_and_items(self) -> None:
        told = samples(WHOLE)
        nothing: frozenset[tuple[str, str]] = frozenset()
        assert told["frictionless_failed", nothing] == 1
        assert told["frictionless_checkpoints", nothing] == 5
        assert told["frictionless_failed_checkpoints", nothing] == 2
        outcomes = {dict(labels)["outcome"]: value for (name, labels), value in told.items() if name == "frictionless_items"}  # fmt: skip
        assert outcomes == {
            "error": 1, "failed": 1, "xpassed": 0, "xfailed": 1, "passed": 8, "skipped": 2,
        }  # fmt: skip

    def test_numbers_are_in_base_units(self) -> None:
        told = samples(WHOLE)
        cell = of("models/a.onnx", "online", "opt")
        assert told["frictionless_latency_p50_seconds", cell] == pytest.approx(0.00125)
        assert told["frictionless_throughput", cell] == 800
        profile = of("models/a.onnx", "online")
        assert told["frictionless_memory_peak_bytes", profile] == 900 * 2**20
        assert told["frictionless_plan_bytes", profile] == 3 * 2**20
        assert told["frictionless_latency_jumps", profile] == 1
        assert told["frictionless_parameters", of("models/a.onnx")] == 1234567
        part = frozenset({"component": "torch", "version": "2.13.0"}.items())
        assert told["frictionless_component_info", part] == 1

    def test_what_is_no_finite_number_is_not_told(self) -> None:
        odd = {"latency_ms": "NaN", "p95_ms": True, "p99_ms": None, "throughput": float("inf")}
        told = samples(results(item("a", "latency-x-opt", measurements=odd)))
        assert [name for name, _ in told if "latency" in name or "throughput" in name] == []
        assert number([1, 2]) == 2

    def test_hostile_names_are_labels_and_nothing_else(self) -> None:
        told = samples(hostile())
        names = {dict(labels).get("checkpoint") for _, labels in told} - {None}
        assert names == {f"models/{text}.onnx" for text in HOSTILE}

    def test_families_have_names_of_their_own_with_the_unit_at_the_end(self) -> None:
        assert len({each.metric for each in QUANTITIES}) == len(QUANTITIES)
        for each in QUANTITIES:
            assert each.metric.endswith(each.unit)

    def test_without_the_library_it_names_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "prometheus_client", None)
        with pytest.raises(MissingDependency, match=r"pytest-frictionless\[report\]"):
            openmetrics.render(WHOLE)


class TestBenchmark:
    """github-action-benchmark."""

    def test_it_has_the_documented_form_and_only_what_is_better_smaller(self) -> None:
        benches = json.loads(benchmark.render(WHOLE))
        jsonschema.validate(benches, BENCHMARKS)
        assert [(each["name"], each["value"], each["unit"]) for each in benches] == [
            ("models/a.onnx::build-online plan", 3 * 2**20, "bytes"),
            ("models/a.onnx::latency-online-opt p50", 1.25, "ms"),
            ("models/a.onnx::latency-online-opt p95", 1.5, "ms"),
            ("models/a.onnx::memory-online memory", 812.5, "MiB"),
            ("models/a.onnx::memory-online peak memory", 900.0, "MiB"),
        ]
        assert benches[1]["range"] == "± 0.2 %"
        assert benches[1]["extra"] == "TensorRT-RTX 1.6.1, NVIDIA H200, batch=4"

    def test_hostile_texts_keep_the_form(self) -> None:
        benches = json.loads(benchmark.render(hostile()))
        jsonschema.validate(benches, BENCHMARKS)
        assert len(benches) == 2 * len(HOSTILE)
        assert all(each["name"].isprintable() and each["extra"].isprintable() for each in benches)

    def test_no_number_is_told_twice(self) -> None:
        twice = results(item("a", "latency-x-opt", measurements=SLOW))
        names = [each["name"] for each in json.loads(benchmark.render(twice))]
        assert len(set(names)) == len(names) == 2


class TestJunit:
    """One file of several."""

    CASE = '<testcase classname="models" name="load" time="0.1">{}</testcase>'

    def suite(self, inside: str = "", **counts: int) -> str:
        told = " ".join(f'{name}="{count}"' for name, count in counts.items())
        return f'<testsuite name="pytest" {told}>{self.CASE.format(inside)}</testsuite>'

    def test_suites_are_kept_and_counted(self, tmp_path: Path) -> None:
        failed = self.suite(
            '<failure message="FR501 Det &lt;b&gt; ]]&gt;">log</failure>', tests=3, failures=1, errors=0
        )  # fmt: skip
        (tmp_path / "1.xml").write_text(f"<testsuites>{failed}</testsuites>")
        (tmp_path / "2.xml").write_text(self.suite(tests=2, failures=0, errors=1, skipped=1))
        root = ElementTree.fromstring(merged([tmp_path / "1.xml", tmp_path / "2.xml"]))
        assert root.attrib == {
            "name": "pytest --frictionless", "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
        }  # fmt: skip
        assert len(root.findall("testsuite/testcase")) == 2
        failure = root.find("testsuite/testcase/failure")
        assert failure is not None
        assert failure.get("message") == "FR501 Det <b> ]]>"

    @pytest.mark.parametrize("text", ["", "<testsuite", "<html/>", "{}"])
    def test_what_is_no_junit_is_named(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "1.xml").write_text(text)
        with pytest.raises(ConfigError, match=r"1\.xml is no JUnit XML"):
            merged([tmp_path / "1.xml"])
        with pytest.raises(ConfigError, match=r"2\.xml: No such file"):
            merged([tmp_path / "2.xml"])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_for_a_log_holds_no_command(text: str) -> None:
    said = inert(f"a {text}")
    assert "##[" not in said
    assert "##vso[" not in said
    assert "##teamcity[" not in said
    assert all(c.isprintable() or c == "\n" for c in said)
    assert one_line(text).isprintable()


def test_a_text_that_prints_is_left_alone() -> None:
    assert lines("a\n  b | é 模型\n") == "a\n  b | é 模型"
    assert one_line("a\nb\x1b[0m") == r"a\nb\x1b[0m"
    assert RUN.written_by == one_line(RUN.written_by)


def test_every_number_is_found_where_a_check_leaves_it() -> None:
    """Names of measurements are words of the checks: none is misspelled here."""
    from pathlib import Path

    import pytest_frictionless.checks as checks

    sources: dict[str, Any] = {
        path.stem: path.read_text() for path in Path(checks.__path__[0]).glob("*.py")
    }
    for each in QUANTITIES:
        source = sources[each.check]
        assert f"{each.key}=" in source or f'"{each.key}"' in source, each
