"""Artifacts by content: made once, shared by every worker and every later run.

An entry is a folder `<step>/<key>` with `entry.json` and the files the step wrote. The key is the
canonical JSON of everything the artifact depends on. Entries are written to a temporary folder and
renamed under a lock; one that does not check out is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless import machine
from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.errors import StepFailed, StepInterrupted
from pytest_frictionless.finding import Finding
from pytest_frictionless.workbench.sources import hold

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTRY = "entry.json"
VERSION = 1
UNSTORED = ("FR106", "FR230", "FR231", *machine.UNSTORED)
"""Failures that depend on more than is known: a module that cannot be imported has no digest."""

Make = Callable[[Path], tuple[dict[str, Any], dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a step made: its record, and the folder that holds its files."""

    record: dict[str, Any]
    folder: Path
    digest: str
    """Of the record and the files: what later artifacts name in their keys."""
    sources: Mapping[str, str]
    """What of the user's code went into it: see `workbench.sources`."""


def key_of(step: str, inputs: Mapping[str, Any]) -> str:
    """Digest of the canonical JSON of what an artifact depends on."""
    text = json.dumps([VERSION, step, inputs], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


class Store:
    """A folder of artifacts."""

    def __init__(self, root: Path, *, base: Path) -> None:
        self.root = root
        self.base = base
        """Folder that the paths of sources start from."""
        self.memo = root / "digests"
        self.made = 0
        """Artifacts this process had to make."""
        self.reused = 0

    def prepare(self) -> None:
        """Create the folder, told to be a cache to git and to backups."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / ".gitignore").write_text("*\n")
        (self.root / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")

    def fetch(self, step: str, inputs: Mapping[str, Any], make: Make) -> Artifact:
        """The artifact of `step` for these inputs, made by `make(folder)` where there is none.

        A failure that follows from the inputs alone is stored too, and raised again; one of time,
        memory or a crash is not. `make` gives the record and its sources, a mapping of files to
        digests: the entry holds as long as they are unchanged.
        """
        key = key_of(step, inputs)
        folder = self.root / step / key
        entry = self._read(folder)
        if entry is None:
            from filelock import FileLock  # a run that makes nothing needs no lock

            self.root.joinpath("locks").mkdir(parents=True, exist_ok=True)
            with FileLock(self.root / "locks" / f"{key}.lock"):
                entry = self._read(folder)
                if entry is None:
                    entry = self._write(folder, make)
                    self.made += 1
                else:
                    self.reused += 1
        else:
            self.reused += 1
        if entry.get("finding"):
            raise StepFailed(Finding.from_json(entry["finding"]))
        return Artifact(entry["record"], folder, entry["digest"], entry["sources"])

    def _read(self, folder: Path) -> dict[str, Any] | None:
        """The entry, where it is there, whole, and its sources are unchanged."""
        try:
            entry: dict[str, Any] = json.loads((folder / ENTRY).read_bytes())
            files = {folder / name: wanted for name, wanted in entry["files"].items()}
            if any(digest([path], memo=self.memo) != wanted for path, wanted in files.items()):
                return None
            if not hold(entry["sources"], base=self.base, memo=self.memo):
                return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, StepFailed):
            return None
        os.utime(folder)  # pruning takes the entries that nobody asked for the longest
        return entry

    def _write(self, folder: Path, make: Make) -> dict[str, Any]:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
        try:
            entry = _entry_of(temporary, make)
            (temporary / ENTRY).write_text(json.dumps(entry))
            if folder.exists():
                shutil.rmtree(folder)
            temporary.rename(folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        return entry

    def prune(self, *, limit_bytes: int) -> int:
        """Remove the entries that were asked for the longest ago, until the rest fits; bytes freed."""
        entries = []
        for folder in self.root.glob("*/*"):
            if (folder / ENTRY).is_file():
                size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
                entries.append((folder.stat().st_mtime, size, folder))
        excess = sum(size for _, size, _ in entries) - limit_bytes
        freed = 0
        for used, size, folder in sorted(entries, key=lambda entry: entry[0]):
            if freed >= excess or time.time() - used < 60:
                break
            shutil.rmtree(folder, ignore_errors=True)
            freed += size
        return freed


def _entry_of(folder: Path, make: Make) -> dict[str, Any]:
    try:
        record, sources = make(folder)
        entry: dict[str, Any] = {"record": record, "sources": sources, "finding": None}
    except StepInterrupted:
        raise
    except StepFailed as failed:
        if failed.finding.code in UNSTORED:
            raise
        finding = failed.finding.to_json()
        entry = {"record": None, "sources": failed.sources, "finding": finding}
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    entry["files"] = {str(path.relative_to(folder)): digest([path], memo=None) for path in files}
    entry["digest"] = key_of("entry", entry)
    return entry
