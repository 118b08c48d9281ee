"""`pytest-frictionless ci discover`: the matrix of jobs, or the files that one of them has to pull."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.checkpoint.formats import spelled
from pytest_frictionless.ci.costs import DURATIONS_FILE, durations_of
from pytest_frictionless.ci.needs import include_of, missing_files
from pytest_frictionless.ci.plan import Plan, select
from pytest_frictionless.ci.provider import set_outputs, shard_of
from pytest_frictionless.ci.shards import MOST
from pytest_frictionless.ci.tree import Tree, read_tree
from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import project_root
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.git import GitFailed, prefix_of
from pytest_frictionless.opening import open_shop

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SHOWN = 20


def choose(parser: ArgumentParser) -> None:
    """Declare what decides on the jobs: each command that asks for them takes the same."""
    parser.add_argument(
        "--changed-since", metavar="REF", default="",
        help="only checkpoints that changed since HEAD left this branch or commit; empty takes all",
    )  # fmt: skip
    parser.add_argument(
        "--durations", metavar="FILE", nargs="+", default=[], type=Path,
        help="results.json of earlier runs, or files of `ci durations`; without them "
        f"{DURATIONS_FILE} beside frictionless.yaml, else sizes",
    )  # fmt: skip


def opened() -> Tree:
    """The checkpoints of the repository around the current folder."""
    root = project_root()
    return read_tree(root, open_shop(root).settings)


def planned(given: Namespace, tree: Tree) -> Plan:
    """What is to be tested, with a word on standard error where it is not everything."""
    selection = select(tree, given.changed_since)
    if selection.problem is not None:
        print(selection.problem.render(root=tree.root), file=sys.stderr)
    elif given.changed_since:
        _tell(tree, selection.reasons, given.changed_since)
    return Plan.of(tree, selection.reasons, durations_of(_recorded(given, tree)))


def _tell(tree: Tree, reasons: dict[str, str], ref: str) -> None:
    print(
        f"{len(reasons)} of {len(tree.models)} checkpoints changed since {spelled(Path(ref))}",
        file=sys.stderr,
    )
    for place, reason in list(reasons.items())[:SHOWN]:
        print(f"- {spelled(Path(place))}: {spelled(Path(reason))}", file=sys.stderr)
    if len(reasons) > SHOWN:
        print(f"- and {len(reasons) - SHOWN} more", file=sys.stderr)


def _recorded(given: Namespace, tree: Tree) -> list[Path]:
    committed = tree.root / DURATIONS_FILE
    files = given.durations or ([committed] if committed.is_file() else [])
    for file in files:
        if not file.is_file():
            print(f"- no durations yet: {spelled(file)} is not there", file=sys.stderr)
    return [file for file in files if file.is_file()]


def arguments(parser: ArgumentParser) -> None:
    """Declare how jobs are made, and what is told of them."""
    choose(parser)
    parser.add_argument(
        "--max-shards", type=_count, default=4, metavar="N",
        help=f"at most so many jobs, up to {MOST} (default: 4)",
    )  # fmt: skip
    parser.add_argument("--output", metavar="FILE", type=Path, help="write the JSON here too")
    parser.add_argument(
        "--allow-empty", action="store_true",
        help="a repository without any checkpoint is fine, although frictionless.yaml names some",
    )  # fmt: skip
    parser.add_argument(
        "--lfs-include", action="store_true",
        help="print what `git lfs pull --include` has to be given before `ci run`, and nothing else",
    )  # fmt: skip
    parser.add_argument("--shard", metavar="I/N", help="of this shard (with --lfs-include)")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"it takes a number from 1 to {MOST}, not {text!r}")
    return int(text)


def run(given: Namespace) -> int:
    """Print the matrix; 1 where frictionless.yaml names checkpoints and there are none."""
    tree = opened()
    if given.lfs_include:
        shard = shard_of(given.shard, os.environ)
        missing = missing_files(tree, planned(given, tree).models_of(shard))
        print(include_of(missing, root=tree.root, prefix=_prefix(tree)))
        return 0
    matrix = planned(given, tree).matrix(given.max_shards)
    text = json.dumps(matrix)
    print(text)
    if given.output:
        _write(given.output, text)
    set_outputs(os.environ, {name: _value(value) for name, value in matrix.items()})
    if tree.models or given.allow_empty or not (tree.settings.roots or tree.settings.models):
        return 0
    where = ", ".join(tree.settings.roots) or str(tree.root)
    print(f"no checkpoint was found in {where}; where none is expected, say --allow-empty",
          file=sys.stderr)  # fmt: skip
    return 1


def _prefix(tree: Tree) -> str:
    try:
        return prefix_of(tree.root)
    except GitFailed as failed:
        raise ConfigError([f"Git LFS needs a git repository: {failed}"]) from None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"--output {path}: {error.strerror or error}"]) from None


def _value(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


COMMAND = Command(
    name="discover", help="find the checkpoints and split them over jobs, as a matrix in JSON",
    arguments=arguments, run=run,
)  # fmt: skip
