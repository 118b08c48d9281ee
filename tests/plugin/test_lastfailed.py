"""`--lf` with items of ours: fail, repair, rerun just what failed."""

from __future__ import annotations

from tests.project import CHECKS, DET, MLP, Project


def test_lf_reruns_what_failed_and_goes_green_once_repaired(project: Project) -> None:
    project.onnx("models/bad.onnx", DET)
    project.onnx("models/good.onnx")
    first = project.run("models")
    assert first.failed() == ["models/bad.onnx::operators"]

    still = project.run("models", "--lf")
    assert still.ids == ["models/bad.onnx::operators"]
    assert still.code == 1

    project.onnx("models/bad.onnx", MLP)
    repaired = project.run("models", "--lf")
    assert repaired.ids == ["models/bad.onnx::operators"]
    assert repaired.count("passed") == 1
    assert repaired.code == 0

    everything = project.run("models", "--lf")
    assert len(everything.ids) == 2 * len(CHECKS)
    assert everything.code == 0


def test_lf_does_not_go_green_while_one_of_two_still_fails(project: Project) -> None:
    for name in ("one", "two"):
        project.onnx(f"models/{name}.onnx", DET)
    assert len(project.run("models").failed()) == 2
    project.onnx("models/one.onnx", MLP)
    half = project.run("models", "--lf")
    assert half.ids == ["models/one.onnx::operators", "models/two.onnx::operators"]
    assert half.failed() == ["models/two.onnx::operators"]
    rest = project.run("models", "--lf")
    assert rest.ids == ["models/two.onnx::operators"]
    assert rest.code == 1
