"""One shard: pytest on its checkpoints, and whether it has tested what it was to test."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.evidence.recorded import EVIDENCE
from pytest_frictionless.finding import Finding
from pytest_frictionless.reports.stored import read_results, to_json, write_text
from pytest_frictionless.reports.verdict import stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pytest_frictionless.ci.tree import Model, Tree
    from pytest_frictionless.reports.results import Results, Shard

NOTHING_TO_TEST = 5
"""pytest's exit status where it has collected nothing."""
FAILED = 1
ENDED = (0, FAILED, NOTHING_TO_TEST)
"""Exit statuses of a pytest that was not interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The part of one job."""

    tree: Tree
    shard: Shard
    models: tuple[Model, ...]
    folder: Path
    """Where it leaves results.json, junit.xml and the list of its checkpoints."""
    needs_gpu: bool = False

    @property
    def results(self) -> Path:
        """The record of what was found."""
        return self.folder / "results.json"

    @property
    def junit(self) -> Path:
        """The same for those who read JUnit, with the user's own tests."""
        return self.folder / "junit.xml"

    def run(self, arguments: Sequence[str]) -> tuple[int, tuple[Finding, ...]]:
        """Run pytest on the checkpoints; its exit status, and what is wrong with the job itself.

        Paths travel in a file of JSON: pytest takes no path with `::` or `[` in it as an argument.

        Raises:
            ConfigError: The folder cannot be written.
        """
        listed = self.folder / "checkpoints.json"
        try:
            for older in (self.results, self.junit):
                older.unlink(missing_ok=True)
            write_text(json.dumps([each.place for each in self.models], indent=1) + "\n", listed)
            write_text("*\n", self.folder / ".gitignore")  # a report is no change of the repository
        except OSError as error:
            raise ConfigError([f"{self.folder}: {error.strerror or error}"]) from None
        status = subprocess.run(
            self._command(listed, arguments), cwd=self.tree.root, check=False
        ).returncode
        if status == NOTHING_TO_TEST and not self.models:
            status = 0
        findings = tuple(self._findings(status))
        if findings and status == 0:
            status = FAILED
        return status, findings

    def _command(self, listed: Path, arguments: Sequence[str]) -> list[str]:
        outside = [str(root) for root in self._roots() if not root.is_relative_to(self.tree.root)]
        return [
            sys.executable, "-m", "pytest", "--frictionless", "--rootdir", ".",
            "--frictionless-only", str(listed), "--frictionless-results", str(self.results),
            "--frictionless-shard", f"{self.shard.index}/{self.shard.total}", f"--junitxml={self.junit}",
            *([] if self.models else ["--frictionless-allow-empty"]), *arguments, ".", *outside,
        ]  # fmt: skip

    def _roots(self) -> list[Path]:
        return [self.tree.root / each for each in self.tree.settings.roots]

    def _findings(self, status: int) -> Iterator[Finding]:
        """What of the job went untested; results.json is made to tell it too."""
        if not self.results.is_file():
            yield Finding(
                code="FR013", message=f"pytest ended with exit status {status} and left no results"
            )
            return
        results = read_results(self.results)
        yield from stopped(results)
        found = [*self._without_gpu(results, status)]
        if status in ENDED:
            found += self._left_out(results)
        if found:
            runs = [replace(run, findings=(*run.findings, *found)) for run in results.runs]
            write_text(to_json(replace(results, runs=tuple(runs))), self.results)
        yield from found

    def _left_out(self, results: Results) -> Iterator[Finding]:
        asked = {each.path for each in results.checkpoints}
        for model in self.models:
            if (problem := model.problem()) is not None:
                yield problem
            elif model.sure and model.printed not in asked:
                yield Finding(code="FR013", message=f"pytest did not collect {model.printed}")

    def _without_gpu(self, results: Results, status: int) -> Iterator[Finding]:
        if not self.needs_gpu or not self.models or status != 0:
            return
        measured = (each.measurements for each in results.items)
        if any("gpu" in each and EVIDENCE not in each for each in measured):
            return
        skips = (item.skip for item in results.items if item.check == "run" and item.skip)
        yield Finding(
            code="FR014",
            message=f"no checkpoint of shard {self.shard} ran on a GPU, and --gpu asks for one",
            cause=next(skips, ""),
        )
