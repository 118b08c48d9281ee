# ruff: noqa: T201
"""Show that ONNX Runtime does not give the numbers of the reference for the model beside this file.

Exit status: 1 where they differ, 0 where they do not any more, 2 without ONNX Runtime or numpy.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

FACTS: dict[str, Any] = {}

MODEL = Path(__file__).with_name("model.onnx")
INPUTS = Path(__file__).with_name("inputs.npz")


def main() -> int:
    """Run the model and compare each output."""
    try:
        np, ort = (importlib.import_module(name) for name in ("numpy", "onnxruntime"))
    except ImportError as error:
        print(f"cannot tell: {error}")
        return 2
    print(f"{FACTS['model']}: {FACTS['nodes']} of {FACTS['of']} nodes")
    print(f"recorded with ONNX Runtime {FACTS['version']}: {FACTS['words']}")
    with np.load(INPUTS, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    feeds = {n.removeprefix("input "): a for n, a in arrays.items() if n.startswith("input ")}
    values = run(ort, feeds, optimised=True)
    if FACTS["reference"] == "unoptimised":
        expected = run(ort, feeds, optimised=False)
    else:
        expected = {n.removeprefix("wanted "): a for n, a in arrays.items() if n[:7] == "wanted "}
    print(f"now: ONNX Runtime {ort.__version__}")
    wrong = 0
    for name, value in values.items():
        if FACTS["reference"] == "finite":
            count = int((~np.isfinite(value)).sum()) if value.dtype.kind == "f" else 0
            print(f"{name}: {count} of {value.size} values are NaN or infinite")
        elif name in expected:
            got, want = value.astype(np.float64), expected[name].astype(np.float64)
            allowed = FACTS["atol"] + FACTS["rtol"] * np.abs(want)
            with np.errstate(all="ignore"):
                same = (got == want) | (np.isnan(got) & np.isnan(want))
                off = np.where(same, 0, np.abs(got - want))
            count = int((~(off <= allowed)).sum())
            print(f"{name}: {count} of {value.size} values differ, by up to {off.max():.6g}")
        else:
            continue
        wrong += count
    return 1 if wrong else 0


def run(ort: Any, feeds: dict[str, Any], *, optimised: bool) -> dict[str, Any]:
    """Outputs by name."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    levels = ort.GraphOptimizationLevel
    options.graph_optimization_level = (
        levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    )
    session = ort.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds), strict=True))


if __name__ == "__main__":
    sys.exit(main())
