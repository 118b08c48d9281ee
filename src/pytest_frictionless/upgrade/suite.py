"""The suite of a repository, run in one environment."""

from __future__ import annotations

import io
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pytest_frictionless.errors import FrictionlessError
from pytest_frictionless.reports.stored import RESULTS_FILE, read_results
from pytest_frictionless.settings import CONFIG_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_frictionless.reports.results import Results
    from pytest_frictionless.upgrade.environment import Environment

RAN = (0, 1)
"""Exit statuses of pytest after which every item has its answer."""
LAST_LINES = 12


class SuiteFailed(FrictionlessError):
    """pytest did not get to the end; the message has its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What is asked in every environment."""

    root: Path
    arguments: tuple[str, ...] = ()
    """Of pytest: models, and options."""

    def run(
        self, environment: Environment, *, opset: str = "", items: Sequence[str] = (),
        again: bool = False,
    ) -> Results:  # fmt: skip
        """Ask everything, or these items, with a cache of this environment's own.

        Args:
            environment: Whose Python runs pytest.
            opset: Pinned instead of the one in frictionless.yaml; empty leaves it.
            items: Ids to ask alone.
            again: Make everything anew, as for a time that is measured twice.

        Raises:
            SuiteFailed: pytest ended early.
        """
        folder = environment.folder / (f"opset-{opset}" if opset else "suite")
        folder.mkdir(exist_ok=True)
        if again:
            with TemporaryDirectory(dir=folder) as temporary:
                return self._run(environment, folder, opset, items, Path(temporary))
        return self._run(environment, folder, opset, items or self.arguments, folder)

    def _run(
        self, environment: Environment, folder: Path, opset: str, arguments: Sequence[str], into: Path
    ) -> Results:  # fmt: skip
        results = into / "results.json"
        cache = environment.folder / "cache" if into == folder else into / "cache"
        results.unlink(missing_ok=True)
        command = [
            str(environment.python), "-m", "pytest", "--frictionless",
            f"--frictionless-results={results}", f"--frictionless-cache-dir={cache}",
            "-o", f"cache_dir={into / 'pytest'}", *self._config(folder, opset), *arguments,
        ]  # fmt: skip
        with untouched(self.root / RESULTS_FILE), (into / "pytest.txt").open("w+") as said:
            status = subprocess.run(
                command, cwd=self.root, env=_environment(), stdout=said, stderr=subprocess.STDOUT,
                check=False,
            ).returncode  # fmt: skip
            said.seek(0)
            words = said.read().strip().splitlines()
        if status not in RAN or not results.exists():
            last = "\n".join(words[-LAST_LINES:])
            raise SuiteFailed(f"pytest ended with status {status}:\n{last}")
        return read_results(results)

    def _config(self, folder: Path, opset: str) -> list[str]:
        if not opset:
            return []
        changed = folder / CONFIG_FILE
        original = self.root / CONFIG_FILE
        changed.write_text(with_opset(original.read_text() if original.exists() else "", opset))
        return [f"--frictionless-config={changed}"]


@contextmanager
def untouched(record: Path) -> Iterator[None]:
    """Leave the repository's own record as it was: what runs now is of another environment."""
    before = record.read_bytes() if record.is_file() else None
    try:
        yield
    finally:
        if before is not None:
            record.write_bytes(before)
        else:
            record.unlink(missing_ok=True)


def with_opset(text: str, opset: str) -> str:
    """A frictionless.yaml that pins another opset for all models that have none of their own."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 1000
    settings = yaml.load(text) or {}
    pinned = settings.setdefault("opset", {})
    pinned["version"] = int(opset)
    pinned.setdefault("reason", "a step of pytest-frictionless upgrade")
    stream = io.StringIO()
    yaml.dump(settings, stream)
    return stream.getvalue()


def _environment() -> dict[str, str]:
    """Without what belongs to the environment that we run in."""
    foreign = ("VIRTUAL_ENV", "PYTHONHOME", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
    return {name: value for name, value in os.environ.items() if name not in foreign}
