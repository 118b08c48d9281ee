"""The store: an artifact for its inputs, made once, checked on every read."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.errors import MissingDependency, StepFailed, StepInterrupted
from pytest_frictionless.finding import Finding
from pytest_frictionless.workbench.store import Store, key_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.workbench.store import Make


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "cache", base=tmp_path)
    store.prepare()
    return store


def making(record: dict[str, Any], sources: dict[str, str] | None = None, **files: str) -> Make:
    def make(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
        for name, content in files.items():
            (folder / name).write_text(content)
        return record, sources or {}

    return make


def never(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    raise AssertionError(f"{folder} was to be reused")


def test_what_was_made_is_reused(store: Store) -> None:
    made = store.fetch("step", {"a": 1}, making({"n": 3}, out="content"))
    again = store.fetch("step", {"a": 1}, never)
    assert made == again
    assert again.record == {"n": 3}
    assert (again.folder / "out").read_text() == "content"
    assert (store.made, store.reused) == (1, 1)


def test_other_inputs_and_other_steps_are_other_artifacts(store: Store) -> None:
    digests = {
        store.fetch("step", {"a": 1}, making({"n": 1})).folder,
        store.fetch("step", {"a": 2}, making({"n": 1})).folder,
        store.fetch("other", {"a": 1}, making({"n": 1})).folder,
    }
    assert len(digests) == 3
    assert store.made == 3


def test_digest_follows_record_and_files(store: Store) -> None:
    first = store.fetch("step", {"a": 1}, making({"n": 1}, out="x"))
    same = store.fetch("step", {"a": 2}, making({"n": 1}, out="x"))
    other_record = store.fetch("step", {"a": 3}, making({"n": 2}, out="x"))
    other_file = store.fetch("step", {"a": 4}, making({"n": 1}, out="y"))
    assert first.digest == same.digest
    assert len({first.digest, other_record.digest, other_file.digest}) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_a_key_does_not_depend_on_the_order_of_its_parts(inputs: dict[str, Any]) -> None:
    turned = dict(reversed(list(inputs.items())))
    assert key_of("step", inputs) == key_of("step", turned)
    assert key_of("step", json.loads(json.dumps(inputs))) == key_of("step", inputs)


@given(
    st.dictionaries(st.text(), json_values, max_size=3),
    st.dictionaries(st.text(), json_values, max_size=3),
)
def test_keys_differ_where_inputs_differ(one: dict[str, Any], two: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (key_of("step", one) == key_of("step", two)) == same


def test_a_key_takes_names_that_are_not_utf8() -> None:
    assert len(key_of("step", {"path": os.fsdecode(b"latin\xff")})) == 32


def test_a_failure_of_the_model_is_kept_and_raised_again(store: Store) -> None:
    def fail(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
        del folder
        raise StepFailed(Finding(code="FR201", message="no way", log="words"))

    for make in (fail, never):
        with pytest.raises(StepFailed) as caught:
            store.fetch("step", {}, make)
        assert caught.value.finding == Finding(code="FR201", message="no way", log="words")
    assert (store.made, store.reused) == (1, 1)


@pytest.mark.parametrize(
    "error",
    [
        StepInterrupted(Finding(code="FR001", message="too long")),
        StepFailed(Finding(code="FR106", message="no module: it may be written meanwhile")),
        MissingDependency("torch", purpose="this", extra="torch"),
        KeyboardInterrupt(),
        OSError("disk full"),
    ],
    ids=["interrupted", "factory", "missing", "interrupt", "disk"],
)
def test_what_may_pass_next_time_is_not_kept(store: Store, error: BaseException) -> None:
    def fail(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
        (folder / "half").write_text("half")
        raise error

    with pytest.raises(type(error)):
        store.fetch("step", {}, fail)
    assert store.fetch("step", {}, making({"n": 1})).record == {"n": 1}
    assert list((store.root / "step").glob(".new-*")) == []


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"null", b"[]", b"{}", b'{"record": {}, "files": {"../x": 1}}', b"\xff\xfe",
     b'{"record": {}, "sources": [], "finding": null, "files": {}, "digest": ""}'],
)  # fmt: skip
def test_a_damaged_entry_is_made_again(store: Store, damage: bytes) -> None:
    folder = store.fetch("step", {}, making({"n": 1}, out="x")).folder
    (folder / "entry.json").write_bytes(damage)
    assert store.fetch("step", {}, making({"n": 2}, out="x")).record == {"n": 2}
    assert store.fetch("step", {}, never).record == {"n": 2}


@pytest.mark.parametrize("damage", ["change", "remove", "truncate"])
def test_a_damaged_file_is_made_again(store: Store, damage: str) -> None:
    path = store.fetch("step", {}, making({"n": 1}, out="content")).folder / "out"
    if damage == "remove":
        path.unlink()
    else:
        path.write_text("CONTENT" if damage == "change" else "con")
    made = store.fetch("step", {}, making({"n": 1}, out="content"))
    assert (made.folder / "out").read_text() == "content"
    assert store.made == 2


def test_an_entry_holds_as_long_as_its_sources_do(store: Store, tmp_path: Path) -> None:
    from pytest_frictionless.checkpoint.digest import digest

    source = tmp_path / "nets.py"
    source.write_text("x = 1\n")
    sources = {"nets.py": digest([source], memo=None)}
    store.fetch("step", {}, making({"n": 1}, sources))
    assert store.fetch("step", {}, never).record == {"n": 1}
    source.write_text("x = 2\n")
    changed = {"nets.py": digest([source], memo=None)}
    assert store.fetch("step", {}, making({"n": 2}, changed)).record == {"n": 2}
    source.unlink()
    assert store.fetch("step", {}, making({"n": 3})).record == {"n": 3}


def test_versions_of_packages_are_sources_too(store: Store) -> None:
    import psutil

    held = {"distribution:psutil": psutil.__version__}
    store.fetch("step", {"a": 1}, making({"n": 1}, held))
    assert store.fetch("step", {"a": 1}, never).record == {"n": 1}
    store.fetch("step", {"a": 2}, making({"n": 1}, {"distribution:psutil": "0.0"}))
    assert store.fetch("step", {"a": 2}, making({"n": 2}, held)).record == {"n": 2}


def _fetch_slowly(root: Path, queue: Any) -> None:
    def make(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
        time.sleep(0.3)
        (folder / "out").write_text("x")
        return {"pid": os.getpid()}, {}

    store = Store(root / "cache", base=root)
    store.prepare()
    record = store.fetch("step", {}, make).record
    queue.put((record["pid"], store.made))


def test_of_several_processes_one_makes_and_the_others_wait(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=_fetch_slowly, args=(tmp_path, queue)) for _ in range(3)]
    for process in processes:
        process.start()
    answers = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    queue.close()
    queue.join_thread()
    assert len({pid for pid, _ in answers}) == 1
    assert sum(made for _, made in answers) == 1


def test_pruning_removes_what_was_asked_for_the_longest_ago(store: Store) -> None:
    folders = [store.fetch("step", {"n": n}, making({}, out="x" * 1000)).folder for n in range(4)]
    assert store.prune(limit_bytes=0) == 0  # all of them are of this minute
    for age, folder in enumerate(folders):
        os.utime(folder, (time.time() - 3600 * (9 - age),) * 2)
    store.fetch("step", {"n": 0}, never)
    freed = store.prune(limit_bytes=2500)
    assert freed >= 2000
    assert [folder.exists() for folder in folders] == [True, False, False, True]
    assert store.prune(limit_bytes=10_000) == 0


def test_a_cache_that_moved_with_its_repository_still_holds(tmp_path: Path) -> None:
    old = Store(tmp_path / "old/cache", base=tmp_path / "old")
    old.prepare()
    old.fetch("step", {}, making({"n": 1}, out="x"))
    (tmp_path / "old").rename(tmp_path / "new")
    new = Store(tmp_path / "new/cache", base=tmp_path / "new")
    assert new.fetch("step", {}, never).record == {"n": 1}
