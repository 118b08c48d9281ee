"""One engine, several shape points: where one is off, the report says how right the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gpu.test_run import matmul

if TYPE_CHECKING:
    from tests.project import Item, Project

CONFIG = """
models:
  net:
    profiles: {online: {batch: [1, 16, 4096]}}
"""


def is_off(item: Item) -> bool:
    return any("FR904" in warning for warning in item.values("warning"))


def test_the_report_holds_the_points_against_each_other_and_says_tf32(project: Project) -> None:
    """How far each point is off depends on the kernel it gets: the words have to be those of its numbers."""
    matmul(project.root / "net.onnx")
    project.write("frictionless.yaml", CONFIG)
    items = project.run("-k", "run-online", "-rA").of("net.onnx")
    runs = {at: items[f"run-online-{at}"] for at in ("min", "opt", "max")}
    assert {item.outcome for item in runs.values()} == {"passed"}, [i.text for i in runs.values()]
    shares = {at: item.values("max_share")[0] for at, item in runs.items()}
    off = [at for at, item in runs.items() if is_off(item)]
    assert off, shares
    for at in off:
        said = runs[at].text + "\n".join(runs[at].sections.values())
        assert "because of TF32" in said
        for other in {*runs} - {at}:
            verdict = "outside" if other in off else "within"
            assert f"share at {other}" in said
            assert f"{shares[other]:.3g}, {verdict} the tolerance" in said
            if other not in off:
                assert f"right to {shares[other]:.2g} at {other}" in said
