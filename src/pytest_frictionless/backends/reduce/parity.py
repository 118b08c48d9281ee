"""The step that finds the first node whose numbers are not those of the reference."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends import require
from pytest_frictionless.backends.feeds import feeds_at
from pytest_frictionless.backends.onnx.walk import walk
from pytest_frictionless.backends.reduce.divergence import Divergence
from pytest_frictionless.backends.reduce.steps import MODEL, shows, write_script
from pytest_frictionless.backends.reduce.weights import embed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx

    from pytest_frictionless.artifacts.checkpoint import InputRecord
    from pytest_frictionless.artifacts.run import ComparisonRecord
    from pytest_frictionless.backends.onnxruntime.numbers import Array
    from pytest_frictionless.reproduce.records import DivergenceRecord, TraceRecord


def parity(
    memory: dict[str, Any], folder: str, *, path: str, name: str, inputs: list[InputRecord],
    sizes: dict[str, int], tolerance: dict[str, Any], trace: str | None,
    traced: TraceRecord | None, finite: bool, seconds: float,
) -> dict[str, Any]:  # fmt: skip
    """Name the first node that differs, and write a model of the few nodes that show it.

    Args:
        memory: Not used.
        folder: Where the model, its inputs and its script are written.
        path: The ONNX file.
        name: What the model is called in the script.
        inputs: How values for the inputs are made.
        sizes: Size of every symbol.
        tolerance: As the whole model is compared with.
        trace: What eager torch computed on its way, an .npz; None where there is no torch model.
        traced: What is in it.
        finite: Look for NaN and infinity, and not for a difference.
        seconds: Time for the search.
    """
    del memory
    started = time.monotonic()
    work = Divergence(path, feeds_at(inputs, sizes), tolerance, started + seconds)
    found = work.look(trace, traced, finite=finite)
    record = work.record
    if found is not None:
        part, reference, comparison, arrays = found
        model = part.model
        record["operators"] = [node.op_type for _, _, node in walk(model.graph)]
        record["nodes"] = part.size
        record["why"] = embed(model, str(Path(path).parent))
        if not record["why"]:
            words = _words(comparison, reference)
            _write(Path(folder), model, arrays, record, {
                "model": name, "reference": reference, "words": words,
                "rtol": comparison["rtol"], "atol": comparison["atol"],
            })  # fmt: skip
            if not shows(Path(folder)):
                record["why"] = "a fresh process does not show the difference"
        if record["why"]:
            record["nodes"] = 0
    record["seconds"] = round(time.monotonic() - started, 2)
    return {**record}


def _words(comparison: ComparisonRecord, reference: str) -> str:
    if reference == "finite":
        return f"{comparison['name']}: {comparison['not_finite']} values are NaN or infinite"
    other = {"unoptimised": "the same nodes without optimisation", "eager": "eager torch"}
    return (
        f"{comparison['name']} differs from {other[reference]} in {comparison['violations']} of "
        f"{comparison['elements']} values, by up to {comparison['max_abs']:.6g}"
    )


def _write(
    folder: Path, model: onnx.ModelProto, arrays: Mapping[str, Array], record: DivergenceRecord,
    facts: dict[str, Any],
) -> None:  # fmt: skip
    import onnx

    np = require("numpy", purpose="keeping inputs")
    ort = require("onnxruntime", purpose="keeping inputs")
    onnx.save(model, folder / MODEL)
    np.savez(folder / "inputs.npz", **arrays)
    write_script("numbers", folder, {
        **facts, "nodes": record["nodes"], "of": record["of"], "version": ort.__version__,
    })  # fmt: skip
