"""A small model that shows a failure, laid where the user finds it and named in the finding."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.place import path_below

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_frictionless.workbench.store import Artifact
    from pytest_frictionless.workbench.workbench import Workbench

FOLDER = ".frictionless/reproducers"
FILES = ("model.onnx", "inputs.npz", "reproduce.py")


def with_reproducer(
    bench: Workbench,
    finding: Finding,
    make: Callable[[float], Artifact],
    *,
    question: str,
    notes: list[str],
    tell: Callable[[Finding, dict[str, Any]], Finding] = lambda finding, _record: finding,
) -> Finding:
    """The finding with its reproducer, where one is wanted and found; else it is handed back.

    Args:
        bench: Workbench of the checkpoint.
        finding: What failed.
        make: Makes the artifact within so many seconds.
        question: The check with its profile and point: the end of the folder's name.
        notes: Takes why there is none, where one was looked for.
        tell: Adds to the finding what the search found out, which it may without a reproducer.
    """
    seconds = bench.shop.settings.limits.reduce_s
    unwanted = finding.severity is not Severity.ERROR or finding.code in bench.spec.ignore
    if not seconds or unwanted or bench.tentative:
        return finding
    try:
        made = make(seconds)
    except (StepFailed, MissingDependency) as failed:
        # The finding stands, whatever becomes of the search.
        notes.append(f"no reproducer for {finding.code}: {failed}")
        return finding
    finding = tell(finding, made.record)
    if not made.record["nodes"]:
        why = made.record["why"] or f"no smaller model fails so, by {seconds:g} s of search"
        notes.append(f"no reproducer for {finding.code}: {why}")
        return finding
    folder = bench.shop.root / FOLDER / folder_name(bench, question)
    try:
        lay(made, folder)
    except OSError as error:
        notes.append(f"the reproducer stays in the store: {error}")
        folder = made.folder
    return replace(finding, reproducer=told(bench, made, folder))


def told(bench: Workbench, made: Artifact, folder: Path) -> str:
    """The script, how small its model is, and whether it may be smaller still."""
    record = made.record
    place = path_below(folder / "reproduce.py", bench.shop.root)
    count = f"{record['nodes']} node{'s' if record['nodes'] > 1 else ''} of {record['of']}"
    if record["complete"]:
        return f"{place} ({count})"
    return (
        f"{place} ({count}; the time ended, for less: pytest-frictionless reduce "
        f"{bench.relative_path} --seconds 120)"
    )


def folder_name(bench: Workbench, question: str) -> str:
    """Name of a reproducer's folder: the checkpoint from the repository's root, and the item."""
    checkpoint = re.sub(r"[^\w.]+", "-", bench.relative_path).strip("-.")
    return f"{checkpoint}-{question}"


def lay(made: Artifact, folder: Path) -> None:
    """Copy a reproducer out of the store; raises OSError where the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.parent.name == Path(FOLDER).name:
        ignore = folder.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    for name in FILES:
        source, target = made.folder / name, folder / name
        if not source.exists():
            target.unlink(missing_ok=True)
        elif not target.exists() or not filecmp.cmp(source, target, shallow=False):
            # Another worker may read it now: it is there as a whole, or not yet.
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
            os.close(handle)
            shutil.copyfile(source, temporary)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(target)
