"""What `pytest-frictionless init` finds out about each checkpoint."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.formats import Format, spelled
from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import shortened
from pytest_frictionless.opening import open_workbench
from pytest_frictionless.place import path_below
from pytest_frictionless.reports.printable import one_line
from pytest_frictionless.settings.read import Entries, name_of
from pytest_frictionless.settings.scaffold import HEAD
from pytest_frictionless.workbench.suggestion import suggested, suggested_blank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_frictionless.checkpoint.discovery import Checkpoint
    from pytest_frictionless.workbench.shop import Shop
    from pytest_frictionless.workbench.suggestion import Suggestion
    from pytest_frictionless.workbench.workbench import Workbench

TELLS_ALL = (Format.ONNX, Format.EXPORTED_PROGRAM)
"""Formats that need no entry: theirs is shown as a comment, for the sizes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """One checkpoint: the entry it lacks, or why it has none."""

    place: str
    """From the folder of the repository, as it can be printed."""
    remark: str
    entry: str = ""
    """Its lines below `models:`, with a comment on what was guessed."""
    shown: str = ""
    """The same as a comment, for what runs without."""
    blanks: tuple[str, ...] = ()
    """Keys that only the user can fill in."""
    opset: int | None = None
    """Of an ONNX file."""


def survey(shop: Shop, checkpoints: Iterable[Checkpoint]) -> list[Surveyed]:
    """Look into checkpoints, one after the other; those that have an entry are left alone."""
    entries = Entries(shop.settings)
    taken = {*shop.settings.models, *shop.settings.broken_models}
    rows = []
    for checkpoint in checkpoints:
        place = path_below(checkpoint.path, shop.root)
        match = entries.match(place)
        if match.name is not None:
            what = f"cannot be used yet: {match.broken.problems[0]}" if match.broken else "is there"
            row = Surveyed(place=spelled(PurePosixPath(place)), remark=f"its entry {what}")
        else:
            name = _free_name(place, name_of(checkpoint.path), taken)
            row = _looked_into(shop, checkpoint, name)
            taken |= {name} if row.entry or row.shown else set()
        rows.append(replace(row, remark=one_line(row.remark)))
    return rows


def _free_name(place: str, stem: str, taken: set[str]) -> str:
    """The stem of a file, or with its folder where another has that name."""
    folder = PurePosixPath(place).parent.name
    names = chain([stem, f"{folder}-{stem}"], (f"{stem}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _looked_into(shop: Shop, checkpoint: Checkpoint, name: str) -> Surveyed:
    bench = open_workbench(shop, checkpoint)
    place = spelled(PurePosixPath(bench.relative_path))
    if "\\" in bench.relative_path:
        return Surveyed(place=place, remark="no entry: no path of frictionless.yaml has \\ in it")
    try:
        entry, missing = suggested(bench, name), ""
        opset = bench.versions()["opset"] if bench.is_onnx else None
    except StepFailed as failed:
        return Surveyed(
            place=place, remark=f"no entry: {shortened(failed.finding.headline, shop.root)}"
        )
    except MissingDependency as error:
        entry, missing, opset = suggested_blank(bench, name), f"{error}", None
    finally:
        bench.close()
    if entry is None:
        remark = f"not looked into: {missing}" if missing else "needs no entry"
        return Surveyed(place=place, remark=remark, opset=opset)
    return _row(bench, place, entry, missing, opset)


def _row(
    bench: Workbench, place: str, entry: Suggestion, missing: str, opset: int | None
) -> Surveyed:
    lines = entry.text.removeprefix(f"{HEAD}\n")
    if bench.checkpoint.format in TELLS_ALL:
        note = "  # It needs no entry. Other sizes than these, which are assumed, are said so:\n"
        shown = note + "".join(f"  # {line[2:]}" for line in lines.splitlines(keepends=True))
        return Surveyed(
            place=place, remark="needs no entry; sizes are assumed", shown=shown, opset=opset
        )
    told = [f"fill in {' and '.join(entry.blanks)}"] if entry.blanks else []
    told += [each for each in (entry.guess, missing and f"nothing was guessed: {missing}") if each]
    comment = f"  # {entry.guess}\n" if entry.guess else ""
    return Surveyed(
        place=place,
        remark=f"entry: {'; '.join(told)}",
        entry=comment + lines,
        blanks=entry.blanks,
    )


def roots_of(places: Iterable[str]) -> list[str]:
    """The folders that hold these checkpoints, one for each at the top of the repository."""
    folders: dict[str, list[str]] = {}
    for place in places:
        folder = PurePosixPath(place).parent
        if place.endswith("/config.json") and len(folder.parts) > 1:
            folder = folder.parent  # of a Hugging Face model, whose neighbours are others
        folders.setdefault(str(folder).partition("/")[0], []).append(str(folder))
    roots = sorted(map(os.path.commonpath, folders.values()))
    plain = all(root.isprintable() and "\\" not in root for root in roots)
    return roots if plain and "." not in roots else ["."]
