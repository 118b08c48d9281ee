"""The real parser and builder without memory: FR002, and never a word about operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless.errors import StepInterrupted
from pytest_frictionless.workbench.forking import Zygote
from pytest_frictionless.workbench.isolation import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_frictionless.artifacts.engine import RejectionRecord

pytest.importorskip("tensorrt_rtx")
pytest.importorskip("onnx")
pytestmark = pytest.mark.real

SIZE = 1024
STEPS = """
import resource
from pathlib import Path
from pytest_frictionless.backends.tensorrt import installed, steps

def starved(memory, folder, *, step, free_mib, path, **inputs):
    installed.load()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = used + (free_mib << 20)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return getattr(steps, step)(memory, folder, path=path, **inputs)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import numpy as np
    import onnx
    import onnx.parser
    from onnx import numpy_helper

    text = f"g (float[batch, {SIZE}] x) => (float[batch, {SIZE}] y) {{ y = MatMul(x, w) }}"
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : 19]>\n{text}')
    model.graph.initializer.append(numpy_helper.from_array(np.ones((SIZE, SIZE), "f"), "w"))
    path = tmp_path_factory.mktemp("model") / "m.onnx"
    onnx.save(model, path)
    return path


@pytest.mark.parametrize(("step", "free_mib"), [("parse", 1), ("build", 1)])
def test_the_engine_without_memory_is_no_refusal(
    model: Path, tmp_path: Path, step: str, free_mib: int
) -> None:
    # Between 10 and 200 MiB the builder ends in one of three ways, and hangs in some of them.
    (tmp_path / "steps_of_hunger.py").write_text(STEPS)
    inputs: dict[str, Any] = {"step": step, "free_mib": free_mib, "path": str(model)}
    if step == "build":
        shapes = {"x": [[1, SIZE], [4, SIZE], [8, SIZE]]}
        each = {"name": "p", "inputs": shapes, "shape_tensors": [], "sizes": []}
        inputs |= {"profiles": [each], "compute_capabilities": [], "precision": None}
    zygote = Zygote(cwd=tmp_path)
    child = zygote.fork(preload=("numpy", "onnx", "tensorrt_rtx"), log=tmp_path / "log")
    try:
        with pytest.raises(StepInterrupted) as caught:
            child.run(
                "steps_of_hunger:starved", inputs, folder=tmp_path,
                limits=Limits(timeout_s=60, memory_mib=None),
            )  # fmt: skip
    finally:
        zygote.close()
    assert caught.value.finding.code == "FR002"
    assert "support" not in caught.value.finding.render()


NO_IMPLEMENTATION = (
    "Error Code 10: Internal Error (Could not find any implementation for node /model/conv/Conv.)"
)
SKIPPED = (
    "UNSUPPORTED_STATE: Skipping tactic 33 due to insufficient memory on requested size of 629145600 "
    "detected for tactic 0xa5a46bfbd719d757."
)


@pytest.mark.parametrize(
    "warning",
    [
        SKIPPED,
        "Skipping tactic 3 due to insuficient memory on requested size of 538 detected for tactic 4.",
        "Tactic Device request: 600MB Available: 302MB. Device memory is insufficient to use tactic.",
    ],
)
def test_no_implementation_after_tactics_skipped_for_memory_is_memory(warning: str) -> None:
    from pytest_frictionless.backends.tensorrt.words import disguised_memory, is_memory_error

    # Words of TensorRT 8 to 10 as reported in the issues named in tensorrt/words.py.
    assert not is_memory_error([NO_IMPLEMENTATION])
    found = disguised_memory([NO_IMPLEMENTATION], ["Something else", warning])
    assert found == [warning]
    assert is_memory_error(found)
    # The same warning beside another error is what every second build says: no cause.
    assert disguised_memory(["Network must have at least one output"], [warning]) == []
    assert disguised_memory([NO_IMPLEMENTATION], ["Something else"]) == []


def test_a_late_answer_and_a_crash_are_no_refusal(model: Path) -> None:
    from pytest_frictionless.backends.tensorrt.attribute import attribute
    from pytest_frictionless.backends.tensorrt.steps import crash_finding

    profile = {"name": "p", "inputs": {"x": [[1, 7], [4, 7], [8, 7]]}, "values": {}}
    [late] = attribute(str(model), profile=profile, budget_s=0)
    assert late["kind"] == "time"
    crash: RejectionRecord = {**late, "kind": "crash", "operator": "TopK", "node": "best"}
    crash["reason"] = "TensorRT-RTX 1.7.1.116 crashed while building: SIGSEGV"
    finding = crash_finding(crash)
    assert finding.headline == (
        "FR003 TensorRT-RTX 1.7.1.116 crashed while building: SIGSEGV: TopK is not judged"
    )
    assert str(finding.place) == "best (TopK)"
