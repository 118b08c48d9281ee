"""`pytest-frictionless init [ROOT ...]`: a first frictionless.yaml, or entries that one lacks."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.discovery import checkpoints_of
from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.init_survey import roots_of, survey
from pytest_frictionless.cli.project import project_root
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.opening import open_shop
from pytest_frictionless.place import path_below
from pytest_frictionless.settings import CONFIG_FILE
from pytest_frictionless.settings.adding import with_entries
from pytest_frictionless.settings.beginning import beginning
from pytest_frictionless.settings.read import default_settings
from pytest_frictionless.settings.scaffold import HEAD
from pytest_frictionless.workbench.components import machine

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from pytest_frictionless.cli.init_survey import Surveyed
    from pytest_frictionless.workbench.shop import Shop

NOTHING_FOUND = 1


def arguments(parser: ArgumentParser) -> None:
    """Declare where to look and what to write."""
    parser.add_argument(
        "roots", nargs="*", type=Path, metavar="ROOT",
        help="folders or files to find checkpoints in (default: the whole repository)",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, metavar="FILE",
        help=f"the file to write, never over another (default: {CONFIG_FILE} of the repository)",
    )  # fmt: skip
    parser.add_argument(
        "--add", action="store_true",
        help="add entries for checkpoints that have none to the file that is there; nothing else of it "
        "changes",
    )  # fmt: skip


def run(given: Namespace) -> int:
    """Look into every checkpoint, write, and say what is left to do."""
    output: Path = Path(os.path.abspath(given.output or project_root() / CONFIG_FILE))
    root = output.parent if output.name == CONFIG_FILE else project_root()
    adding = os.path.lexists(output)
    if adding and not given.add:
        raise ConfigError(
            [f"{output} is there already: --add adds entries for checkpoints that have none to it"]
        )
    if not output.parent.is_dir():
        raise ConfigError([f"{output.parent} is no folder: {output.name} cannot be written there"])
    shop = open_shop(root, config=output if adding else None)
    if not adding:
        shop.settings = default_settings()
    shop.store.prepare()
    roots = [path_below(Path(os.path.abspath(each)), root) for each in given.roots]
    _refuse_outside(roots, shop.settings.roots)
    try:
        found = checkpoints_of(
            root, roots=roots or shop.settings.roots, exclude=shop.settings.exclude
        )
        if not found:
            where = ", ".join(roots or shop.settings.roots) or str(root)
            print(f"no checkpoint was found in {where}: nothing was written")
            return NOTHING_FOUND
        rows = survey(shop, found)
        if adding:
            written = _add(output, rows)
        else:
            roots = roots or roots_of(path_below(each.path, root) for each in found)
            written = _write(output, shop, roots, rows)
    finally:
        shop.zygote.close()
    _tell(output, rows, written=written, root=root)
    return 0


def _refuse_outside(roots: Sequence[str], known: Sequence[str]) -> None:
    """An entry for what pytest never comes across would be a failure of its own."""
    for root in roots:
        if known and not any(PurePosixPath(root).is_relative_to(each) for each in known):
            raise ConfigError(
                [
                    f"{root} is not below the roots of {CONFIG_FILE} ({', '.join(known)}): add it to them first"
                ]
            )


def _write(output: Path, shop: Shop, roots: Sequence[str], rows: Sequence[Surveyed]) -> bool:
    opsets = Counter(row.opset for row in rows if row.opset is not None)
    text = beginning(roots=roots, machine=machine(shop), opsets=opsets)
    entries = "".join(row.entry or row.shown for row in rows)
    with output.open("x", encoding="utf-8", newline="") as stream:
        stream.write(text + (f"\n{HEAD}\n{entries}" if entries else ""))
    return True


def _add(output: Path, rows: Sequence[Surveyed]) -> bool:
    entries = "".join(row.entry for row in rows)
    if not entries:
        return False
    raw = output.read_bytes()
    mark = b"\xef\xbb\xbf"
    try:
        text = with_entries(raw.removeprefix(mark).decode(), entries)
    except ValueError as error:
        raise ConfigError(
            [
                f"{output}: entries cannot be added to it: {error}; paste them yourself:\n{HEAD}\n{entries}"
            ]
        ) from None
    output.write_bytes(mark * raw.startswith(mark) + text.encode())
    return True


def _tell(output: Path, rows: Sequence[Surveyed], *, written: bool, root: Path) -> None:
    """What was written, what became of each checkpoint, and what to do next."""
    width = max(len(row.place) for row in rows)
    for row in rows:
        print(f"{row.place:<{width}}  {row.remark}")
    new = [row for row in rows if row.entry]
    blanks = sum(len(row.blanks) for row in new)
    checkpoints = "1 checkpoint" if len(rows) == 1 else f"{len(rows)} checkpoints"
    entries = "1 entry" if len(new) == 1 else f"{len(new)} entries"
    shown = os.path.relpath(output)
    if not written:
        print(f"{shown}: nothing to add, none of {checkpoints} lacks an entry")
    else:
        places = "1 place" if blanks == 1 else f"{blanks} places"
        left = (
            f"{places} to fill in, and the rest to be looked over"
            if blanks
            else "to be looked over"
        )
        print(f"{shown}: {entries} written, for {checkpoints}" + (f"; {left}" if new else ""))
    edit = f"edit {shown}, then: " if new else ""
    folder = "" if root == Path.cwd() else f"cd {shlex.quote(os.path.relpath(root))} && "
    config = shlex.quote(os.path.relpath(output, root))
    option = "" if config == CONFIG_FILE else f" --frictionless-config {config}"
    print(f"next: {edit}{folder}pytest --frictionless{option}")


COMMAND = Command(
    name="init", help="write a first frictionless.yaml, with an entry for each checkpoint that needs one",
    about="Find the checkpoints, and write a frictionless.yaml with an entry for each that needs one. Exit "
    "status: 0 when it is written, or nothing is to be added; 1 when no checkpoint was found; 2 for wrong "
    "usage, as where the file is there already.",
    arguments=arguments, run=run,
)  # fmt: skip
