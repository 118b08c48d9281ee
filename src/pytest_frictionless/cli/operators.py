"""`pytest-frictionless operators Resize`: what is known of operators, and measured anew on request."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.cli.command import Command
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.knowledge.equivalents import equivalents
from pytest_frictionless.knowledge.evidence import difference_rows, plugin_rows
from pytest_frictionless.knowledge.measuring import as_text, changes, table_of
from pytest_frictionless.knowledge.operators import (
    differences,
    history,
    measured,
    measured_with,
    operator_names,
    tables,
)
from pytest_frictionless.knowledge.reading import path_of, read_json

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from rich.console import Console

CHANGED = 1
MEASURED = "measured.json"
PROGRESS_EVERY = 50


def arguments(parser: ArgumentParser) -> None:
    """Declare the names, the filter, and the measurement."""
    parser.add_argument("name", nargs="*", help="operators, or parts of names; none lists them all")
    parser.add_argument(
        "--refused", action="store_true",
        help="only those that a table refuses, or of which a measured case is refused",
    )  # fmt: skip
    parser.add_argument(
        "--rebuild", action="store_true",
        help="run the ONNX backend cases against the installed TensorRT, and tell what changed; "
        "exit status 1 where something did",
    )  # fmt: skip
    parser.add_argument(
        "--write", nargs="?", type=Path, const=path_of(MEASURED), metavar="FILE",
        help="with --rebuild: keep what was measured, here or in FILE",
    )  # fmt: skip


def run(given: Namespace) -> int:
    """Print the table, one operator, or what a new measurement changes."""
    from rich.console import Console

    if given.write and not given.rebuild:
        raise ConfigError(["--write keeps what --rebuild measures: name both"])
    if given.write and (given.write.is_dir() or not given.write.absolute().parent.is_dir()):
        raise ConfigError([f"--write {given.write}: no file can be written there"])
    console = Console(width=None if Console().is_terminal else 160, highlight=False)
    names = _chosen(given.name)
    if given.refused:
        names = [name for name in names if _is_refused_somewhere(name)]
    if given.rebuild:
        return _rebuild(console, names if given.name or given.refused else [], given.write)
    if given.name and len(names) <= 3:
        for name in names:
            _print_one(console, name)
    else:
        _print_table(console, names)
    return 0


def _chosen(words: list[str]) -> list[str]:
    """Operators of these names, else those that hold them; raises ConfigError for none."""
    known = operator_names()
    if not words:
        return list(known)
    chosen: list[str] = []
    for word in words:
        exact = [name for name in known if name.lower() == word.lower()]
        found = exact or [name for name in known if word.lower() in name.lower()]
        if not found:
            near = difflib.get_close_matches(word, known, 3)
            hint = f": did you mean {' or '.join(near)}?" if near else ""
            raise ConfigError([f"no table names an operator {word}{hint}"])
        chosen += found
    return list(dict.fromkeys(chosen))


def _is_refused_somewhere(name: str) -> bool:
    known = measured().get(name)
    cases = known is not None and known.built < known.cases
    return cases or any(not row.supported for row in history(name)) or name in differences()


def _print_table(console: Console, names: list[str]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("operator", no_wrap=True)
    for each in tables():
        table.add_column(f"TensorRT {each.tensorrt}", no_wrap=True)
    table.add_column(f"{measured_with()}: built", justify="right", no_wrap=True)
    table.add_column("refused for", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in names:
        rows = {row.tensorrt: row for row in history(name)}
        cells, last = [], "-"
        for each in tables():
            row = rows.get(each.tensorrt)
            if row is not None or each.kind == "table":
                last = "-" if row is None else ("yes" if row.supported else "no")
            cells.append(last)
        known = measured().get(name)
        built = f"{known.built + known.built_as_constants} of {known.cases}" if known else ""
        causes = [words for words, _ in known.refusals] if known else []
        more = f" and {len(causes) - 1} more" if len(causes) > 1 else ""
        table.add_row(name, *cells, built, f"{causes[0]}{more}" if causes else "")
    console.print(table)
    console.print()
    for each in tables():
        console.print(f"TensorRT {each.tensorrt}: {each.source}", markup=False)
    kept = read_json(MEASURED)
    console.print(f"{kept['engine']}: {kept['source']}, onnx {kept['onnx']}", markup=False)


def _print_one(console: Console, name: str) -> None:
    from rich.table import Table

    table = Table(title=name, title_justify="left", box=None, show_header=False, pad_edge=False)
    rows = history(name)
    for row in rows:
        table.add_row(f"TensorRT {row.tensorrt}", str(row))
    if not rows:
        table.add_row("TensorRT", "no published table names it")
    if (known := measured().get(name)) is not None:
        constants = known.built_as_constants
        more = f", {constants} more with constant inputs" if constants else ""
        table.add_row(measured_with(), f"{known.built} of {known.cases} cases build{more}")
        table.add_row("", f"types built: {' '.join(known.types_built) or 'none'}")
        if known.types_refused:
            table.add_row("", f"types refused: {' '.join(known.types_refused)}")
        for words, count in known.refusals:
            table.add_row("", f"{count} refused: {words}")
    for title, text in [*difference_rows(name), *plugin_rows(name)]:
        table.add_row(title, text)
    for each in equivalents():
        if name in each.operators:
            table.add_row("a form that is taken", str(each))
    console.print(table, markup=False)
    console.print()


def _rebuild(console: Console, names: list[str], write: Path | None) -> int:
    """Measure anew; exit status 1 where the table would change, and is not written."""
    from pytest_frictionless.backends.tensorrt.cases import measure, versions

    installed = versions()
    kept: dict[str, Any] = read_json(MEASURED)
    console.print(f"kept:     {kept['engine']}, onnx {kept['onnx']}", markup=False)
    console.print(f"measured: {installed['engine']}, onnx {installed['onnx']}", markup=False)

    def tick(done: int, number: int) -> None:
        if console.is_terminal and done % PROGRESS_EVERY == 0:
            console.print(f"{done} of {number} cases", style="dim")

    made = table_of(measure(names, tick=tick), **installed)
    found = list(changes(kept, made, among=names))
    for name, words in found:
        console.print(f"{name}: {words}", markup=False)
    operators = {**kept["operators"], **made["operators"]} if names else made["operators"]
    cases = sum(row["cases"] for row in made["operators"].values())
    told = f"{cases} cases of {len(made['operators'])} operators: {len(found)} operators changed"
    console.print(told)
    if write is None:
        return CHANGED if found else 0
    made["operators"] = {name: operators[name] for name in sorted(operators)}
    try:
        write.write_text(as_text(made), encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"--write {write}: {error.strerror}"]) from error
    console.print(f"written to {write}", markup=False)
    return 0


COMMAND = Command(
    name="operators", help="what TensorRT takes: the tables, and the installed TensorRT",
    arguments=arguments, run=run,
)  # fmt: skip
