"""The steps that reduce a failing model to the few nodes that show the failure."""

from __future__ import annotations

import importlib.util
import pprint
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx.file import read_graph
from pytest_frictionless.backends.onnx.origin import Origin, inline
from pytest_frictionless.backends.onnx.walk import walk
from pytest_frictionless.backends.reduce import facts as reduce_facts
from pytest_frictionless.backends.reduce.engine import Engine
from pytest_frictionless.backends.reduce.graph import Whole
from pytest_frictionless.backends.reduce.search import Search
from pytest_frictionless.backends.reduce.weights import embed, lighten
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt import plugins as tensorrt_plugins
from pytest_frictionless.backends.tensorrt.frozen import freeze
from pytest_frictionless.backends.tensorrt.named import named
from pytest_frictionless.backends.tensorrt.steps import with_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import onnx

    from pytest_frictionless.backends.reduce.graph import Part
    from pytest_frictionless.reproduce.records import FailureRecord, ReproducerRecord

MODEL, SCRIPT = "model.onnx", "reproduce.py"
_POINTS = (1, 0, 2)
"""Where shapes are frozen, in this order: opt, min, max."""
PROOF_S = 60
"""Longest that the script may take to show the failure."""


def engine(
    memory: dict[str, Any], folder: str, *, path: str, name: str, failure: FailureRecord,
    profile: dict[str, Any] | None, compute_capabilities: list[str], seconds: float,
    plugins: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Write the smallest model that TensorRT refuses in the way of `failure`, and its script.

    `nodes` of the record is 0, and nothing is written, where no smaller model fails so in time.
    """
    del memory
    started = time.monotonic()
    loaded = tensorrt_plugins.prepare(plugins, path)
    usable = [each["file"] for each in loaded if each["usable"]]
    model, origins = inline(read_graph(path))
    oracle = Engine(
        failure, model=model, path=path, compute_capabilities=compute_capabilities,
        deadline=started + seconds,
    )  # fmt: skip
    full = with_values(profile) if profile else None
    names = list(_suspects(model, origins, failure))
    best, asked, late = _search(model, names, full, oracle)
    record: ReproducerRecord = {
        "nodes": best.size if best else 0, "of": len(origins), "asked": asked,
        "complete": not late, "operators": [], "seconds": 0.0, "why": "",
    }  # fmt: skip
    if best is not None:
        if not late:
            best = lighten(best, oracle.fails)
        record["operators"] = [node.op_type for _, _, node in walk(best.model.graph)]
        record["nodes"] = best.size
        record["why"] = embed(best.model, str(Path(path).parent))
        if record["why"]:
            record["nodes"] = 0
        else:
            _write(best, Path(folder), failure, record, {
                "model": name, "compute_capabilities": compute_capabilities, "plugins": usable,
            })  # fmt: skip
            if not shows(Path(folder)):
                record["nodes"], record["why"] = 0, "a fresh process does not show the failure"
    record["seconds"] = round(time.monotonic() - started, 2)
    return {**record}


def _suspects(
    model: onnx.ModelProto, origins: Mapping[str, Origin], failure: FailureRecord
) -> Iterator[str]:
    """Nodes to try alone, the likeliest first."""
    for name, origin in origins.items():
        known = (origin.node, origin.stack, origin.operator)
        if known == (failure["node"], failure["stack"], failure["operator"]):
            yield name
    if failure["kind"] == "type":
        for _, _, node in walk(model.graph):
            if failure["node"] in (*node.input, *node.output):
                yield node.name
    yield from named(model, [failure["reason"]])[:4]


def _search(
    model: onnx.ModelProto, names: list[str], profile: dict[str, Any] | None, oracle: Engine
) -> tuple[Part | None, int, bool]:
    """The smallest part that fails, the number of parts asked about, and whether time ended it."""
    asked = 0
    searches = []
    for whole in _wholes(model, profile, oracle):
        search = Search(whole, oracle.fails, deadline=oracle.deadline)
        searches.append(search)
        if any(search.near(whole.number[name]) for name in names if name in whole.number):
            break
        if search.late:
            break
    else:
        for search in searches:
            everything = search.whole.window(0, search.whole.count)
            if search.attempt(everything) and search.window():
                break
    found = next((each for each in searches if each.best is not None), None)
    if found is not None:
        found.shrink()
        found.thin_bodies()
    asked = sum(each.asked for each in searches)
    return (found.best if found else None), asked, any(each.late for each in searches)


def _wholes(
    model: onnx.ModelProto, profile: dict[str, Any] | None, oracle: Engine
) -> Iterator[Whole]:
    """The graph in the forms that may fail: as it is written, frozen at a size, over a profile."""
    folder = str(Path(oracle.path).parent)
    if oracle.failure["stage"] == "parse" or not profile:
        yield Whole(model, reduce_facts.declared(model), folder=folder)
    if not profile:
        return
    frozen = {}
    for point in _POINTS:
        at = freeze(model, profile, point)
        frozen[point] = Whole(at, reduce_facts.measured(at, oracle.path), folder=folder)
        if oracle.failure["kind"] != "profile":
            yield frozen[point]
        if oracle.failure["stage"] == "parse":
            return
    ordered = [frozen[point] for point in sorted(frozen)]
    facts = reduce_facts.spanned(reduce_facts.declared(model), [each.facts for each in ordered])
    constants = [each.constants for each in ordered]
    yield Whole(model, facts, folder=folder, points=constants)


def _write(
    part: Part, folder: Path, failure: FailureRecord, record: ReproducerRecord,
    facts: Mapping[str, Any],
) -> None:  # fmt: skip
    import onnx

    onnx.save(part.model, folder / MODEL)
    write_script("engine", folder, {
        "nodes": record["nodes"], "of": record["of"], "engine": installed.engine_name(),
        "module": installed.load().__name__, "stage": failure["stage"], "words": failure["reason"],
        "inputs": part.inputs, "values": part.values, **facts,
    })  # fmt: skip


def write_script(kind: str, folder: Path, facts: Mapping[str, Any]) -> None:
    """Write the script of this kind with the facts of this case in it."""
    spec = importlib.util.find_spec(f"pytest_frictionless.reproduce.{kind}")
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text()
    text = text.removeprefix("# ruff: noqa: T201\n")
    shown = pprint.pformat(dict(facts), width=96, sort_dicts=False)
    text = text.replace("FACTS: dict[str, Any] = {}", f"FACTS: dict[str, Any] = {shown}", 1)
    (folder / SCRIPT).write_text(text)


def shows(folder: Path) -> bool:
    """Whether the script shows the failure in a fresh process."""
    try:
        done = subprocess.run(
            [sys.executable, SCRIPT], cwd=folder, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=PROOF_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 1
