"""results.json of a run on several workers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.project import CHECKS, DET, Project
from tests.record import OTHERS, PINNED, record

from pytest_frictionless.reports.stored import RESULTS_FILE
from pytest_frictionless.reports.verdict import has_failed


def timeless(project: Project) -> dict[str, Any]:
    """The record without what differs from run to run."""
    content: dict[str, Any] = json.loads((project.root / RESULTS_FILE).read_text())
    for part in (*content["runs"], *content["items"]):
        part.pop("started", None)
        part.pop("seconds")
    for item in content["items"]:
        for name in ("build_s", "peak_mib"):
            item["measurements"].pop(name, None)
    return content


class TestXdist:
    """Workers of xdist and their controller."""

    @pytest.fixture(autouse=True)
    def _xdist(self) -> None:
        pytest.importorskip("xdist")

    def test_the_record_is_that_of_a_run_alone(self, shop_floor: Project) -> None:
        shop_floor.onnx("models/det.onnx", DET)
        shop_floor.write("frictionless.yaml", PINNED + "models: {a: {ignore: {FR501: 'old'}}}\n")
        # Properties of reports, which xdist carries, take no paths and no broken names.
        shop_floor.write(
            "conftest.py",
            OTHERS.replace(', name="caf\\udce9"', "").replace("pathlib.PurePath", "str"),
        )
        shop_floor.run_isolated("models")
        alone = timeless(shop_floor)
        shop_floor.run_isolated("models", "-n", "2")
        record(shop_floor)
        assert timeless(shop_floor) == alone
        assert len(alone["items"]) == 3 * (len(CHECKS) + 2)

    def test_a_worker_that_ends_leaves_an_error_and_loses_nothing(
        self, shop_floor: Project
    ) -> None:
        shop_floor.write(
            "conftest.py",
            "import os\n"
            "def pytest_runtest_call(item):\n"
            "    if item.nodeid == 'models/a.onnx::parity-default-min':\n"
            "        os._exit(3)\n",
        )
        outcome = shop_floor.run_isolated("models", "-n", "2")
        assert outcome.code == 1
        results = record(shop_floor)
        assert results.runs[0].complete
        assert len(results.items) == 2 * len(CHECKS)
        (crashed,) = (item for item in results.items if item.fails)
        assert crashed.outcome == "error"
        assert (crashed.check, crashed.profile, crashed.point) == ("parity", "default", "min")
        assert crashed.findings[0].message.startswith(
            "parity-default-min ended without an answer: worker 'gw"
        )

    def test_workers_that_all_end_leave_an_incomplete_run(self, shop_floor: Project) -> None:
        shop_floor.write(
            "conftest.py",
            "import os\n"
            "def pytest_runtest_call(item):\n"
            "    if item.name == 'opset':\n"
            "        os._exit(3)\n",
        )
        shop_floor.run_isolated("models", "-n", "1", "--max-worker-restart", "0")
        results = record(shop_floor)
        assert not results.runs[0].complete
        assert len(results.items) + len(results.runs[0].unreached) == 2 * len(CHECKS)
        assert has_failed(results)
