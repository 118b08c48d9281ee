"""Runs and plans: created once, by any number of writers, in a folder and in a bucket."""

from __future__ import annotations

import datetime
import json
import multiprocessing
import os
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.measured import KEY, Machine, anchor, cells

from pytest_frictionless.cli.project import is_ci
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.latency.gate import decide, judge
from pytest_frictionless.latency.job import this_job
from pytest_frictionless.latency.objects import open_objects
from pytest_frictionless.latency.run import Job, Run
from pytest_frictionless.latency.store import RUNS_FOLDER, RunStore, open_store, record
from pytest_frictionless.latency.verdict import Report
from pytest_frictionless.schemas import RUN as SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITERS = 100
CELLS = cells(models=2)
NOON = datetime.datetime(2026, 11, 5, 12, tzinfo=datetime.UTC)


def a_run(job: str = "j1", *, commit: str = "c0ffee", date: datetime.datetime = NOON) -> Run:
    machine = Machine(CELLS, slower={CELLS[0]: 0.05})
    report, evidence = judge(CELLS, anchor(CELLS), machine.measure, comparable=CELLS)
    identity = Job(commit=commit, job=job, date=date)
    return Run.of(KEY, identity, evidence, report=report, recorded={"gpu uuid": "GPU-1"})


RUN = a_run()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import fsspec

        fsspec.filesystem("s3", skip_instance_cache=True).mkdir("shop-ci")
        yield "s3://shop-ci"
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "runs")
    return f"{request.getfixturevalue('bucket')}/{tmp_path.name}"


def test_a_run_is_read_as_it_was_written(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    name = store.record(RUN)
    assert name == f"{KEY.slug}/2026-11/c0ffee-j1-1.json"
    assert list(store.runs()) == [(name, RUN)]
    assert list(store.runs(slug=KEY.slug, commit="c0ffee")) == [(name, RUN)]
    assert list(store.runs(slug="another")) == []
    assert list(store.runs(commit="decade")) == []


def test_the_same_run_is_stored_once_and_another_of_the_same_name_beside(
    where: str, tmp_path: Path
) -> None:
    store = open_store(where, tmp_path)
    assert store.record(RUN) == store.record(RUN)
    other = replace(RUN, recorded={"gpu uuid": "GPU-2"})
    beside = store.record(other)
    assert re.search(r"/c0ffee-j1-1\.\w{16}\.json$", beside)
    assert store.record(other) == beside
    assert sorted(run.recorded["gpu uuid"] for _, run in store.runs()) == ["GPU-1", "GPU-2"]


def test_a_plan_is_kept_by_its_digest(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    digest = store.keep_plan(b"engine")
    assert store.keep_plan(b"engine") == digest
    assert store.plan(digest) == b"engine"
    assert store.plan("0" * 64) is None
    assert store.plan("") is None
    assert store.plans() == {digest}
    assert store.names() == []


def test_prune_leaves_what_is_young_or_named(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    old = NOON - datetime.timedelta(days=300)
    gone = store.record(a_run("old", date=old))
    store.record(a_run("anchor", date=old))
    store.record(RUN)
    plans = [store.keep_plan(b"named"), store.keep_plan(b"unnamed")]
    prune = partial(
        store.prune, before=NOON - datetime.timedelta(days=180), kept_jobs=["c0ffee-anchor-1"],
        kept_plans=plans[:1],
    )  # fmt: skip
    assert prune(dry_run=True) == [gone, f"plans/{plans[1]}"]
    assert len(store.names()) == 3
    prune()
    assert len(store.names()) == 2
    assert store.plans() == {plans[0]}


def _write(store: RunStore, number: int) -> str:
    # Half of the writers share a name: a matrix that calls all of its jobs alike.
    run = replace(
        RUN, recorded={"writer": str(number)},
        job=replace(RUN.job, job="same" if number % 2 else f"job{number}"),
    )  # fmt: skip
    return store.record(run)


def _lost(where: str, root: Path, names: list[str]) -> set[str]:
    store = open_store(where, root)
    assert len(set(names)) == WRITERS
    assert set(store.names()) == set(names)
    return {str(i) for i in range(WRITERS)} - {run.recorded["writer"] for _, run in store.runs()}


def test_a_hundred_processes_lose_nothing_in_a_folder(tmp_path: Path) -> None:
    store = open_store("runs", tmp_path)
    with ProcessPoolExecutor(16, mp_context=multiprocessing.get_context("fork")) as pool:
        names = list(pool.map(_write, [store] * WRITERS, range(WRITERS)))
    assert _lost("runs", tmp_path, names) == set()
    assert not list(tmp_path.rglob(".new-*"))


def test_a_hundred_writers_lose_nothing_in_a_bucket(bucket: str, tmp_path: Path) -> None:
    where = f"{bucket}/{tmp_path.name}"
    # Opening S3 is what takes time, so writers share four connections.
    stores = [open_store(where, tmp_path) for _ in range(4)] * (WRITERS // 4)
    with ThreadPoolExecutor(WRITERS) as pool:
        names = list(pool.map(_write, stores, range(WRITERS)))
    assert _lost(where, tmp_path, names) == set()


def test_a_reader_never_sees_half_an_object(tmp_path: Path) -> None:
    folder = open_objects("runs", tmp_path)
    assert folder.create("a/b", b"whole")
    assert not folder.create("a/b", b"other")
    assert folder.read("a/b") == b"whole"
    assert [path.name for path in (tmp_path / "runs" / "a").iterdir()] == ["b"]


def test_a_file_system_without_links_serves_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    folder = open_objects("runs", tmp_path)
    assert folder.create("a/b", b"whole")
    assert not folder.create("a/b", b"other")


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    store = open_store("runs", tmp_path)
    store.objects.create("key/2026-11/x.json", b'{"schema": 2}')
    with pytest.raises(ConfigError, match=r"runs/key/2026-11/x.json is no recorded run: schema"):
        list(store.runs())


@pytest.mark.parametrize("url", ["s3://no-such-bucket/runs", "nosuchscheme://x/y"])
def test_a_place_that_is_not_there_is_named(bucket: str, url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=url):
        open_store(url, tmp_path).record(RUN)


def test_a_stored_run_gives_the_same_verdicts_again(tmp_path: Path) -> None:
    run = Run.from_json((tmp_path / record(RUN, tmp_path)).read_bytes())
    report = decide(CELLS, anchor(CELLS), run.evidence, comparable=CELLS)
    assert isinstance(report, Report)
    assert [str(each.verdict) for each in report.results] == [each.verdict for each in run.cells]
    assert record(RUN, tmp_path).startswith(f"{RUNS_FOLDER}/{KEY.slug}/2026-11/")


def test_a_stored_run_is_valid_in_its_schema() -> None:
    schema = SCHEMA.content()
    jsonschema.validate(json.loads(RUN.to_json()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(RUN.to_json()), "surprise": 1}, schema)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"GITHUB_RUN_ID": "7", "GITHUB_JOB": "gpu (h200)", "GITHUB_SHA": "abc",
          "GITHUB_RUN_ATTEMPT": "2"}, r"abc-7-gpu-h200-\w{6}-2"),
        ({"CI_JOB_ID": "9", "CI_COMMIT_SHA": "def"}, "def-9-1"),
        ({}, r"none-[\w.-]+-\d{8}T\d{6}-\w{6}-1"),
    ],
)  # fmt: skip
def test_a_job_is_named_as_its_ci_names_it(
    environment: dict[str, str], name: str, tmp_path: Path
) -> None:
    assert re.fullmatch(name, this_job(environment, tmp_path).name)


def test_ci_is_known_by_its_variables() -> None:
    assert is_ci({"CI": "true"})
    assert is_ci({"GITHUB_ACTIONS": "true"})
    assert not is_ci({"CI": "false"})
    assert not is_ci({})
