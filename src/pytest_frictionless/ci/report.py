"""The records of all jobs as one, with what is missing of them, and the files made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError, MissingDependency
from pytest_frictionless.finding import Finding, shortened
from pytest_frictionless.reports import comment, markdown
from pytest_frictionless.reports.checkout import commit_of
from pytest_frictionless.reports.formats import FORMATS
from pytest_frictionless.reports.junit import merged
from pytest_frictionless.reports.merge import merge
from pytest_frictionless.reports.stored import read_results, write_text
from pytest_frictionless.reports.verdict import has_failed, missing_shards

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from pytest_frictionless.reports.results import Results

FILES = {form.name: form for form in FORMATS if form.file}
"""The formats that are written as files."""
JUNIT = "junit.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What the jobs left."""

    results: Results | None
    """All records as one, with the findings in it; None where none can be used."""
    findings: tuple[Finding, ...]
    """What is wrong with the records themselves."""
    junit: tuple[Path, ...]
    """The files of JUnit."""

    @property
    def failed(self) -> bool:
        """Whether the gate is closed."""
        return bool(self.findings) or (self.results is not None and has_failed(self.results))


def gather(folder: Path, *, output: Path, shards: int | None = None) -> Gathered:
    """Read what the jobs left below a folder, and not the reports of an earlier call.

    Args:
        folder: Where the jobs' folders are.
        output: Where reports go, below the folder or around it.
        shards: How many shards there have to be; None takes the number that the records tell, and 0
            expects nothing.

    Raises:
        ConfigError: The reports would take the place of records.
    """
    if output == folder:
        raise ConfigError([f"--output {output} is the folder of the records: give another one"])
    problems: list[str] = []
    records = []
    for path in _below(folder, "results.json", output):
        try:
            records.append(read_results(path))
        except ConfigError as error:
            problems += error.problems
    if not records and not problems and shards is None:
        problems.append(f"no results.json is below {folder.name}")
    results = None
    try:
        results = merge(records) if records else None
    except ConfigError as error:
        problems += error.problems
    problems += _of_another_commit(records, folder)
    # Another machine has the folder elsewhere, and its reports are to be the same.
    told = (shortened(problem, folder) for problem in problems)
    findings = [Finding(code="FR016", message=message) for message in told]
    if shards and not any(_is_of(record, shards) for record in records):
        findings += filter(None, [missing_shards([], shards)])
    return Gathered(
        results=_with(results, findings) if results else None, findings=tuple(findings),
        junit=tuple(_below(folder, JUNIT, output)),
    )  # fmt: skip


def _below(folder: Path, name: str, output: Path) -> list[Path]:
    return sorted(path for path in folder.rglob(name) if path != output / name)


def _of_another_commit(records: Iterable[Results], folder: Path) -> Iterator[str]:
    """What was left here by a job of another commit, where git knows which one this is."""
    here = commit_of(folder, {})
    tested = {run.commit.sha for each in records for run in each.runs if run.commit}
    if here is not None and len(tested) == 1 and here.sha not in tested:
        yield f"the results are of commit {tested.pop()}, and {here.sha} is checked out"


def _is_of(results: Results, shards: int) -> bool:
    return any(run.shard is not None and run.shard.total == shards for run in results.runs)


def _with(results: Results, findings: list[Finding]) -> Results:
    """The record that tells of them too: whoever reads it again comes to the same verdict."""
    first, *rest = results.runs
    first = replace(first, findings=(*first.findings, *findings))
    return replace(results, runs=(first, *rest))


def write_reports(gathered: Gathered, output: Path, names: Collection[str]) -> Iterator[str]:
    """Write the formats, and yield a line for each that cannot be made here.

    Files of an earlier call are taken away. Without results there are the texts for people alone.

    Raises:
        ConfigError: A file cannot be written.
    """
    texts: dict[str, str] = {}
    for name in names:
        try:
            texts[FILES[name].file] = rendered(name, gathered)
        except MissingDependency as error:
            yield f"{FILES[name].file} is not written: {error}"
    try:
        texts[JUNIT] = merged(gathered.junit) if gathered.junit else ""
    except ConfigError as error:
        yield f"{JUNIT} is not written: {error}"
    try:
        for file in (*(form.file for form in FILES.values()), JUNIT):
            (output / file).unlink(missing_ok=True)
        for file, text in texts.items():
            if text:
                write_text(text, output / file)
    except OSError as error:
        raise ConfigError([f"{output}: {error.strerror or error}"]) from None


def rendered(name: str, gathered: Gathered) -> str:
    """One format as text; where there are no results, empty for all but those for people."""
    if gathered.results is not None:
        return FILES[name].render(gathered.results)
    text = markdown.of_findings(gathered.findings)
    told = {"markdown": text, "comment": f"{comment.marker('.')}\n{text}"}
    return told.get(name, "")
