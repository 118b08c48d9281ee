"""One record of several: the shards of a suite, or its runs with and without a GPU."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports.line import line_of
from pytest_frictionless.reports.results import Checkpoint, Item, Results, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def merge(results: Iterable[Results]) -> Results:
    """Put records together: nothing is dropped, and neither their order nor their grouping matters.

    Runs that are equal are one. An item that several runs asked is there once for each;
    `verdict.answers_of` chooses among them.

    Raises:
        ConfigError: There are none, they are of different commits, a checkpoint has other content in
            one of them, or two tell differently of one item in one run.
    """
    parts = list(results)
    if not parts:
        raise ConfigError(["there are no results to merge"])
    runs = sorted({line_of(run): run for part in parts for run in part.runs}.items(), key=_began)
    place = {text: index for index, (text, _) in enumerate(runs)}
    items: dict[str, Item] = {}
    for part in parts:
        places = [place[line_of(run)] for run in part.runs]
        moved = (replace(item, run=places[item.run]) for item in part.items)
        items |= {line_of(item): item for item in moved}
    if problems := [
        *_unlike_commits(parts), *_unlike_files(parts), *_unlike_answers(items.values()),
    ]:  # fmt: skip
        raise ConfigError(problems)
    checkpoints = united(each for part in parts for each in part.checkpoints)
    return Results.of((run for _, run in runs), checkpoints, items.values())


def _began(entry: tuple[str, Run]) -> tuple[float, int, str]:
    text, run = entry
    return run.started.timestamp(), run.shard.index if run.shard else 0, text


def _unlike_commits(parts: Sequence[Results]) -> Iterator[str]:
    commits = sorted({run.commit.sha for part in parts for run in part.runs if run.commit})
    if len(commits) > 1:
        yield f"the results are of different commits: {', '.join(commits)}"


def _unlike_files(parts: Sequence[Results]) -> Iterator[str]:
    known: dict[str, str] = {}
    for checkpoint in (each for part in parts for each in part.checkpoints):
        settings = {
            f"{name} of {checkpoint.path}": sha for name, sha in checkpoint.settings.items()
        }
        sources = {
            f"{name}, read for {checkpoint.path}": sha for name, sha in checkpoint.sources.items()
        }
        for what, sha256 in {**checkpoint.files, **settings, **sources}.items():
            if known.setdefault(what, sha256) != sha256:
                yield f"{what} has other content in one of the runs: {known[what]} and {sha256}"


def _unlike_answers(items: Iterable[Item]) -> Iterator[str]:
    for (item, _), count in Counter((item.id, item.run) for item in items).items():
        if count > 1:
            yield f"{item}: the results tell differently of it in one run"


def united(checkpoints: Iterable[Checkpoint]) -> list[Checkpoint]:
    """Each checkpoint once, by path, with all that any record knows of it."""
    records: dict[str, list[Checkpoint]] = {}
    for checkpoint in checkpoints:
        records.setdefault(checkpoint.path, []).append(checkpoint)
    return [_united(path, records[path]) for path in sorted(records)]


def _united(path: str, known: Sequence[Checkpoint]) -> Checkpoint:
    # The longest first: a record of a run that was cut short knows less.
    names = sorted((each.items for each in known), key=lambda names: (-len(names), names))
    made = {(each.kind, each.path, each.sha256): each for one in known for each in one.made}
    return Checkpoint(
        path=path,
        name=max(each.name for each in known),
        format=max(each.format for each in known),
        items=tuple(dict.fromkeys(name for each in names for name in each)),
        files=dict(sorted(pair for each in known for pair in each.files.items())),
        made=tuple(made[key] for key in sorted(made)),
        settings=dict(sorted(pair for each in known for pair in each.settings.items())),
        sources=dict(sorted(pair for each in known for pair in each.sources.items())),
    )
