"""`pytest-frictionless simplify MODEL -o OUT`: a smaller file, written only where it is proved."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_model
from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.workbench.simplification import Proof, simplify

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from rich.table import Table

    from pytest_frictionless.artifacts.engine import ParseRecord
    from pytest_frictionless.artifacts.graph import GraphRecord, SimplifiedRecord


def arguments(parser: ArgumentParser) -> None:
    """Declare the model and the file to write."""
    parser.add_argument("model", help="a checkpoint, or the name of a model in frictionless.yaml")
    parser.add_argument("-o", "--output", required=True, type=Path, help="the ONNX file to write")


def run(given: Namespace) -> int:
    """Simplify, prove, show what changed, and write; nothing is written where the proof fails."""
    output: Path = given.output.absolute()
    if not output.parent.is_dir():
        raise ConfigError([f"{output.parent} is no folder: {output.name} cannot be written there"])
    if output.is_dir():
        raise ConfigError([f"{given.output} is a folder: name the ONNX file to write"])
    with open_model(given.model) as bench:
        try:
            if output.resolve() == bench.onnx_path().resolve():
                raise ConfigError([f"{given.output} is the model itself: write to another file"])
            simplification, proof = simplify(bench, location=f"{output.name}.data")
            findings = proof.findings
        except StepFailed as failed:
            findings = (failed.finding,)
        if findings:
            for finding in findings:
                print(finding.render(root=bench.shop.root), file=sys.stderr)
            print(f"{given.output} was not written", file=sys.stderr)
            return 1
        _show(simplification.record, proof, bench.examined(), simplification.graph())
        if simplification.without:
            print(f"without onnxslim's {simplification.without}: it changes the numbers")
        write(simplification.made.folder, simplification.record["files"], output)
    print(f"written: {given.output}")
    return 0


def _show(record: SimplifiedRecord, proof: Proof, before: GraphRecord, after: GraphRecord) -> None:
    from rich.console import Console

    console = Console(width=None if Console().is_terminal else 120)
    console.print(_table(record, proof, before, after))
    for line in (*_operators(record), *_proved(record, proof)):
        console.print(line, highlight=False, markup=False)


def write(folder: Path, files: list[str], output: Path) -> None:
    """Put the model at `output` and its external data beside it; each is whole or not there."""
    for name in reversed(files):
        target = output if name == files[0] else output.parent / name
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        os.close(handle)
        try:
            shutil.copyfile(folder / name, temporary)
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(target)
        finally:
            Path(temporary).unlink(missing_ok=True)


def _table(
    record: SimplifiedRecord, proof: Proof, before: GraphRecord, after: GraphRecord
) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "before", "after"):
        table.add_column(name, justify="left" if not name else "right")
    counts = sum(record["operators_before"].values()), sum(record["operators"].values())
    table.add_row("nodes", *(f"{count:,}" for count in counts))
    table.add_row("bytes", f"{record['bytes_before']:,}", f"{record['bytes']:,}")
    if proof.before is not None and proof.after is not None:
        engine = proof.after["engine"].partition(" ")[0]
        table.add_row(f"layers of {engine}", _layers(proof.before), _layers(proof.after))
    table.add_row("findings of graph", _codes(before), _codes(after))
    return table


def _layers(record: ParseRecord) -> str:
    return f"{record['layers']:,}" if not record["rejections"] else "refused"


def _codes(record: GraphRecord) -> str:
    return ", ".join(dict.fromkeys(each["code"] for each in record["findings"])) or "none"


def _operators(record: SimplifiedRecord) -> list[str]:
    """Operators that are fewer or more than before."""
    before, after = Counter(record["operators_before"]), Counter(record["operators"])
    lines = []
    for word, change in (("removed", before - after), ("added", after - before)):
        many = ", ".join(f"{count} {name}" for name, count in change.most_common())
        lines += [f"{word}: {many}"] if many else []
    return lines or ["nothing to remove"]


def _proved(record: SimplifiedRecord, proof: Proof) -> list[str]:
    places = "point" if len(proof.points) == 1 else "points"
    lines = [
        f"same numbers in ONNX Runtime at {len(proof.points)} shape {places}, largest difference "
        f"{proof.largest:.3g}: {'; '.join(proof.points)}"
    ]
    if proof.after is None:
        lines.append(f"TensorRT was not asked: {proof.unasked}")
    else:
        count = len(proof.after["rejections"])
        nodes = "1 node" if count == 1 else f"{count} nodes"
        words = f"refuses {nodes}, as before" if count else "accepts it"
        lines.append(f"{proof.after['engine']}'s parser {words}")
    if record["carried"]:
        lines.append(f"source lines and layers kept at {record['carried']} nodes")
    return lines


COMMAND = Command(
    name="simplify", help="write a smaller ONNX file that is proved to say the same",
    arguments=arguments, run=run,
)  # fmt: skip
