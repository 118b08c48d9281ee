"""Digests: of names and contents, remembered by stat."""

from __future__ import annotations

import builtins
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.errors import StepFailed

if TYPE_CHECKING:
    from pathlib import Path

HOUR_NS = 3600 * 10**9


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour passes, so that files are old enough to be remembered."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + HOUR_NS)


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    a, b = write(tmp_path / "x/a", b"1"), write(tmp_path / "x/sub/b", b"2")
    whole = digest([a, b], memo=None)
    assert len(bytes.fromhex(whole)) == 32
    assert digest([b, a, a], memo=None) == whole
    assert digest([a], memo=None) != whole
    (tmp_path / "x").rename(tmp_path / "y")
    assert digest([tmp_path / "y/a", tmp_path / "y/sub/b"], memo=None) == whole
    (tmp_path / "y/a").rename(tmp_path / "y/c")
    assert digest([tmp_path / "y/c", tmp_path / "y/sub/b"], memo=None) != whole
    write(tmp_path / "y/sub/b", b"3")
    (tmp_path / "y/c").rename(tmp_path / "y/a")
    assert digest([tmp_path / "y/a", tmp_path / "y/sub/b"], memo=None) != whole


def test_contents_do_not_run_into_each_other(tmp_path: Path) -> None:
    first = [write(tmp_path / "1/a", b"xy"), write(tmp_path / "1/b", b"")]
    second = [write(tmp_path / "2/a", b"x"), write(tmp_path / "2/b", b"y")]
    assert digest(first, memo=None) != digest(second, memo=None)


@pytest.mark.usefixtures("later")
def test_unchanged_files_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, memo = write(tmp_path / "a", b"1"), tmp_path / "memo/deep"
    first = digest([file], memo=memo)
    assert [path.suffix for path in memo.iterdir()] == [".json"]
    with monkeypatch.context() as patched:
        patched.setattr(builtins, "open", None)
        assert digest([file], memo=memo) == first
    assert digest([file], memo=None) == first
    write(file, b"2")  # as long as before
    os.utime(file, ns=(0, 0))
    assert digest([file], memo=memo) == digest([file], memo=None) != first


def test_young_files_are_not_remembered(tmp_path: Path) -> None:
    file, memo = write(tmp_path / "a", b"1"), tmp_path / "memo"
    digest([file], memo=memo)
    os.utime(file, ns=(0, 0))  # an old mtime: the ctime still is young
    digest([file], memo=memo)
    future = time.time_ns() + HOUR_NS
    os.utime(file, ns=(future, future))
    digest([file], memo=memo)
    assert not memo.exists()


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"[]", b"null", b"{}", b'{"stamp": STAMP, "sha256": "zz"}',
                b'{"stamp": STAMP, "sha256": 3}', b'{"stamp": STAMP, "sha256": "ab"}', b"\xff\x00"],
)  # fmt: skip
def test_damaged_memory_is_ignored_and_mended(tmp_path: Path, damaged: bytes) -> None:
    file, memo = write(tmp_path / "a", b"1"), tmp_path / "memo"
    first = digest([file], memo=memo)
    (record,) = memo.iterdir()
    whole = json.loads(record.read_bytes())
    record.write_bytes(damaged.replace(b"STAMP", json.dumps(whole["stamp"]).encode()))
    assert digest([file], memo=memo) == first
    assert json.loads(record.read_bytes()) == whole
    assert list(memo.iterdir()) == [record]


@pytest.mark.usefixtures("later")
def test_memory_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "a", b"1")
    expected = digest([file], memo=None)
    assert digest([file], memo=write(tmp_path / "no_folder", b"")) == expected

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert digest([file], memo=tmp_path / "memo") == expected
    assert list((tmp_path / "memo").iterdir()) == []


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.pt").symlink_to("gone")
    with pytest.raises(StepFailed, match=r"FR103 .*a\.pt is a dangling"):
        digest([tmp_path / "a.pt"], memo=tmp_path / "memo")
    with pytest.raises(ValueError, match="nothing to hash"):
        digest([], memo=None)
