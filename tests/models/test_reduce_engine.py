"""A refused model, a small model that is refused in the same way, and a script that shows it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.project import DET, MLP, Project

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("tensorrt_rtx")
pytest.importorskip("onnx")
pytestmark = pytest.mark.real

HEADER = '<ir_version: 10, opset_import: ["" : 23]>\n'
PROFILE = {"name": "p", "shape_tensors": [], "sizes": []}
FP8_CAST = ["c = Cast<to = 17>(a11)", "b0 = Cast<to = 1>(c)"]


def chain(*middle: str, header: str = "g (float[batch, 8] x) => (float[batch, 8] y)") -> str:
    """Twelve nodes, those in the middle, which make b0 of a11, and twelve more."""
    before = ["a0 = Relu(x)", *(f"a{i} = Neg(a{i - 1})" for i in range(1, 12))]
    after = [f"b{i} = Neg(b{i - 1})" for i in range(1, 12)]
    return f"{header} {{ {' '.join([*before, *middle, *after, 'y = Relu(b11)'])} }}"


def failure(stage: str, reason: str, **fields: Any) -> Any:
    unsaid = {"kind": "builder", "operator": "", "node": "", "stack": [], "error_code": ""}
    return {**unsaid, "stage": stage, "reason": reason, **fields}


def reduce(folder: Path, text: str, *, inputs: Any = None, **given: Any) -> Any:
    """Write a model into the folder and reduce it there."""
    import onnx
    import onnx.parser

    from pytest_frictionless.backends.reduce import steps

    path = folder / "whole.onnx"
    if not path.exists():
        onnx.save(onnx.parser.parse_model(HEADER + text), path)
    out = folder / "out"
    out.mkdir(exist_ok=True)
    sizes = {"x": [[n, 8] for n in (1, 2, 4)]} if inputs is None else inputs
    arguments = {"compute_capabilities": [], "seconds": 30, "profile": {**PROFILE, "inputs": sizes}}
    return steps.engine({}, str(out), path=str(path), name="models/whole.onnx",
                         **{**arguments, **given})  # fmt: skip


def refusals(folder: Path, text: str) -> Any:
    """What the parser says of the model, each as a failure to reproduce."""
    import onnx
    import onnx.parser

    from pytest_frictionless.backends.tensorrt.parse import parse
    from pytest_frictionless.checks.operators import failure_of

    onnx.save(onnx.parser.parse_model(HEADER + text), folder / "whole.onnx")
    return [failure_of(each) for each in parse(str(folder / "whole.onnx"))["rejections"]]


def built_errors(folder: Path, text: str, inputs: Any) -> list[str]:
    import onnx
    import onnx.parser

    from pytest_frictionless.backends.tensorrt.build import build

    onnx.save(onnx.parser.parse_model(HEADER + text), folder / "whole.onnx")
    record = build(str(folder / "whole.onnx"), profiles=[{"name": "p", "inputs": inputs}])
    assert not record["built"]
    return record["errors"]


def show(folder: Path) -> tuple[int, str]:
    """Exit status and words of the script, in a process that cannot import this package."""
    done = subprocess.run(
        [sys.executable, "-I", "reproduce.py"], cwd=folder, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout


def small(folder: Path) -> Any:
    """The reduced model, which is valid ONNX."""
    import onnx

    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    return model


def test_a_refused_operator_is_taken_out_alone(tmp_path: Path) -> None:
    text = chain(
        "v = Relu(w)", "z = Det(v)", "b0 = Neg(a11)",
        header="g (float[batch, 8] x, float[batch, 3, 3] w) => (float[batch, 8] y, float[batch] z)",
    )  # fmt: skip
    (refused,) = refusals(tmp_path, text)
    record = reduce(tmp_path, text, failure=refused)
    assert (record["nodes"], record["operators"]) == (1, ["Det"])
    assert record["asked"] == 1
    assert record["complete"]
    assert [value.name for value in small(tmp_path / "out").graph.input] == ["v"]
    status, words = show(tmp_path / "out")
    assert status == 1
    assert "models/whole.onnx: 1 of" in words
    assert "(Det)" in words


def test_the_script_succeeds_where_the_failure_is_gone(tmp_path: Path) -> None:
    import onnx
    import onnx.parser

    text = DET.replace("y = Det(x)", "r = Relu(x) y = Det(r)")
    (refused,) = refusals(tmp_path, text)
    reduce(tmp_path, text, failure=refused, inputs={"x": [[n, 4, 4] for n in (1, 2, 4)]})
    assert show(tmp_path / "out")[0] == 1
    onnx.save(onnx.parser.parse_model(HEADER + MLP), tmp_path / "out/model.onnx")
    status, words = show(tmp_path / "out")
    assert status == 0, words
    assert "the parser takes the model" in words


def test_an_operator_in_a_branch_is_lifted_out(tmp_path: Path) -> None:
    text = """g (float[batch, 4, 4] x, bool c) => (float[batch] y) {
        a = Relu(x)
        y = If(c) <
            then_branch = t () => (float[batch] u) { b = Neg(a)  u = Det(b) },
            else_branch = e () => (float[batch] v) {
                k = Constant<value = int64[2] {1, 2}>()  v = ReduceSum<keepdims = 0>(a, k)
            }
        > }"""
    (refused,) = refusals(tmp_path, text)
    record = reduce(tmp_path, text, failure=refused, inputs={"x": [[2, 4, 4]] * 3})
    assert (record["nodes"], record["of"]) == (1, 6)
    assert small(tmp_path / "out").graph.node[0].op_type == "Det"


def test_a_loop_keeps_only_what_the_failure_needs(tmp_path: Path) -> None:
    # The type of what the loop carries is not written anywhere, so Det cannot be lifted out.
    text = """g (int64 n, bool c, float[3, 3] x) => (float z) {
        a = Relu(x)
        s = Constant<value = float {0}>()
        z = Loop(n, c, s) <body = b (int64 i, bool k, w) => (bool k, o) {
            p = Neg(a)  d = Det(p)  o = Add(w, d)
        }>
    }"""
    (refused,) = refusals(tmp_path, text)
    record = reduce(tmp_path, text, failure=refused, inputs={"x": [[3, 3]] * 3})
    assert 0 < record["nodes"] <= 2
    assert "Det" in record["operators"]
    assert show(tmp_path / "out")[0] == 1


def test_an_input_of_a_refused_type_needs_one_reader(tmp_path: Path) -> None:
    text = chain("u = Cast<to = 1>(i)", "b0 = Add(a11, u)",
                 header="g (float[batch, 8] x, uint32[batch, 8] i) => (float[batch, 8] y)")  # fmt: skip
    (refused,) = refusals(tmp_path, text)
    record = reduce(tmp_path, text, failure=refused)
    assert record["operators"] == ["Cast"]


def test_what_only_the_builder_refuses_keeps_what_it_needs(tmp_path: Path) -> None:
    inputs = {"x": [[n, 8] for n in (1, 2, 4)]}
    errors = built_errors(tmp_path, chain(*FP8_CAST), inputs)
    record = reduce(tmp_path, "", inputs=inputs, failure=failure("build", errors[0]))
    assert record["operators"] == ["Cast", "Cast"]
    status, words = show(tmp_path / "out")
    assert status == 1
    assert "is not produced by" in words
    assert "/_src/" not in words


def test_a_size_that_fails_the_profile_stays_dynamic(tmp_path: Path) -> None:
    text = chain("s = Constant<value = int64[2] {-1, 16}>()", "r = Reshape(a11, s)",
                 "t = Constant<value = int64[2] {-1, 8}>()", "b0 = Reshape(r, t)")  # fmt: skip
    inputs = {"x": [[2, 8], [3, 8], [4, 8]]}
    errors = built_errors(tmp_path, text, inputs)
    record = reduce(
        tmp_path, "", inputs=inputs, failure=failure("build", errors[0], kind="profile")
    )
    assert record["operators"] == ["Reshape"]
    assert "kOPT" in show(tmp_path / "out")[1]


def test_a_crash_that_nothing_is_known_of_is_found_by_bisection(tmp_path: Path) -> None:
    header = "g (float[batch, 8, 4, 4] x) => (float[batch, 8, 4, 4] y)"
    text = chain("b0 = Attention(a11, a11, a11)", header=header)
    record = reduce(
        tmp_path, text, inputs={"x": [[n, 8, 4, 4] for n in (1, 2, 4)]},
        failure=failure("crash", "build crashed with SIGSEGV (11)", error_code="SIGSEGV"),
    )  # fmt: skip
    assert record["operators"] == ["Attention"]
    assert show(tmp_path / "out") == (
        1,
        "models/whole.onnx: 1 of 25 nodes\n"
        f"recorded with {version()}: build crashed with SIGSEGV (11)\n"
        f"now: tensorrt_rtx {version().split()[-1]}\nnow: crashed with SIGSEGV\n",
    )


def version() -> str:
    from pytest_frictionless.backends.tensorrt import installed

    return installed.engine_name()


def test_another_failure_is_not_the_same(tmp_path: Path) -> None:
    text = chain(*FP8_CAST)
    record = reduce(tmp_path, text, failure=failure("build", "Error Code 9: something else"))
    assert record["nodes"] == 0
    assert list((tmp_path / "out").iterdir()) == []


def test_when_the_time_ends_the_best_so_far_is_kept_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pytest_frictionless.backends.reduce.search import Search

    inputs = {"x": [[n, 8] for n in (1, 2, 4)]}
    errors = built_errors(tmp_path, chain(*FP8_CAST), inputs)
    # The time is over as soon as anything is found.
    monkeypatch.setattr(Search, "late", property(lambda self: self.best is not None))
    nameless = failure("build", errors[0].replace("c has", "x has"))
    record = reduce(tmp_path, "", inputs=inputs, failure=nameless)
    assert record["nodes"] > 2
    assert not record["complete"]
    assert show(tmp_path / "out")[0] == 1


def test_external_weights_come_inside_or_are_not_needed(tmp_path: Path) -> None:
    import numpy as np
    import onnx
    import onnx.parser
    from onnx import numpy_helper

    text = """g (float[batch, 64] x) => (float[batch, 64] y) {
        a = MatMul(x, w)  q = Cast<to = 17>(a)  b = Cast<to = 1>(q)  y = MatMul(b, w) }"""
    model = onnx.parser.parse_model(HEADER + text)
    model.graph.initializer.append(numpy_helper.from_array(np.ones((64, 64), np.float32), "w"))
    path = tmp_path / "whole.onnx"
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    from pytest_frictionless.backends.tensorrt.build import build

    inputs = {"x": [[n, 64] for n in (1, 2, 4)]}
    errors = build(str(path), profiles=[{"name": "p", "inputs": inputs}])["errors"]
    record = reduce(tmp_path, "", inputs=inputs, failure=failure("build", errors[0]))
    assert record["nodes"] == 2
    assert (tmp_path / "out/model.onnx").stat().st_size < 1000


def test_weights_beyond_what_one_file_holds_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnx.parser

    from pytest_frictionless.backends.reduce import weights

    monkeypatch.setattr(weights, "MOST_BYTES", 1 << 20)
    model = onnx.parser.parse_model(HEADER + MLP)
    model.graph.initializer.add(name="w", data_type=1, dims=[524288])
    assert weights.embed(model, ".") == "the weights that the failure needs are 2 MiB"


def test_the_finding_names_the_script_and_an_unchanged_model_is_not_reduced_again(
    project: Project,
) -> None:
    project.onnx("models/net.onnx", DET.replace("y = Det(x)", "r = Relu(x) y = Det(r)"))
    first = project.run("models", "-k", "operators")
    item = first["models/net.onnx::operators"]
    script = ".frictionless/reproducers/models-net.onnx-operators/reproduce.py"
    assert f"  reproducer: {script} (1 node of 2)\n" in item.text
    assert show((project.root / script).parent)[0] == 1
    (project.root / script).unlink()
    second = project.run("models", "-k", "operators")
    assert second.artifacts()[0] == 0
    assert (project.root / script).is_file()


def test_a_crash_of_the_builder_is_reproduced(project: Project) -> None:
    text = (
        "g (float[b, 8, 4, 4] x) => (float[b, 8, 4, 4] y) { a = Relu(x)  y = Attention(a, a, a) }"
    )
    project.onnx("models/net.onnx", text, header=HEADER)
    item = project.run("models", "-k", "operators")["models/net.onnx::operators"]
    assert item.code == "FR003"
    script = ".frictionless/reproducers/models-net.onnx-operators/reproduce.py"
    assert f"reproducer: {script} (1 node of 2)" in item.text
    assert "now: crashed with SIGSEGV" in show((project.root / script).parent)[1]


@pytest.mark.parametrize(
    "configuration",
    ["limits: {reduce_s: 0}", "models: {net: {ignore: {FR501: another engine runs it}}}"],
    ids=["off", "ignored"],
)
def test_nothing_is_reduced_where_nobody_asks(project: Project, configuration: str) -> None:
    project.onnx("models/net.onnx", DET)
    project.write("frictionless.yaml", configuration)
    item = project.run("models", "-k", "operators")["models/net.onnx::operators"]
    assert "reproducer" not in item.text
    assert not (project.root / ".frictionless/reproducers").exists()


def test_a_folder_that_cannot_be_written_leaves_the_finding(project: Project) -> None:
    project.onnx("models/net.onnx", DET)
    project.write(".frictionless/reproducers", "a file where the folder should be")
    item = project.run("models", "-k", "operators")["models/net.onnx::operators"]
    assert item.code == "FR501"
    assert "reproducer: .frictionless/cache/reduce.steps-engine/" in item.text
    assert "stays in the store" in item.sections["Captured notes call"]
