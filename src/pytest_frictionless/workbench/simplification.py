"""A simplified file and the proof that it says the same as the one it was made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from pytest_frictionless.errors import MissingDependency, StepFailed
from pytest_frictionless.finding import Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_frictionless.artifacts.engine import ParseRecord
    from pytest_frictionless.artifacts.graph import GraphRecord, SimplifiedRecord
    from pytest_frictionless.artifacts.run import ComparisonRecord
    from pytest_frictionless.shapes import Profile
    from pytest_frictionless.workbench.store import Artifact
    from pytest_frictionless.workbench.workbench import Workbench


OPTIMISATIONS = (
    "dead_node_elimination", "graph_fusion", "constant_folding", "subexpression_elimination",
    "weight_tying",
)  # fmt: skip
"""Of onnxslim, the likeliest to be at fault first; where one changes the numbers, the rest may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was compared, and what came of it."""

    findings: tuple[Finding, ...]
    """Why the simplified file must not be used; none where it is proved."""
    points: tuple[str, ...]
    """Shape points at which both files ran."""
    largest: float
    """Largest absolute difference of any output."""
    before: ParseRecord | None
    """What TensorRT's parser makes of the original; None where it is not installed."""
    after: ParseRecord | None
    unasked: str
    """Why TensorRT was not asked."""


class Simplification:
    """One checkpoint's ONNX file made smaller; nothing is written but to the store."""

    def __init__(self, bench: Workbench, *, location: str, without: str = "") -> None:
        self.bench = bench
        self.without = without
        """The optimisation of onnxslim that was left out, because it changes the numbers."""
        self.made: Artifact = bench.simplified(location, [without] if without else [])
        self.record = cast("SimplifiedRecord", self.made.record)
        self._name = self.record["files"][0]

    def graph(self) -> GraphRecord:
        """The simplified graph, looked over as the original was."""
        arguments = self.bench.examination()
        made = self.bench.step_on(self.made, self._name, "onnx.examine:examine", arguments)
        return cast("GraphRecord", made.record)

    def prove(self) -> Proof:
        """Run both files at every shape point, and parse both; raises StepFailed where one does not run."""
        findings: list[Finding] = []
        points: list[str] = []
        largest = 0.0
        sizes: list[Mapping[str, int]] = []
        for profile in self.bench.profiles.values():
            for point in profile.points():
                if point.sizes in sizes:
                    continue
                sizes.append(point.sizes)
                comparisons = self._compared(profile, point.name)
                points.append(f"{profile.name}-{point}")
                largest = max([largest, *(each["max_abs"] for each in comparisons)])
                findings += _differences(comparisons, f"{profile.name}-{point}")
        before = after = None
        unasked = ""
        try:
            before = self.bench.parsed()
            parsed = self.bench.step_on(self.made, self._name, "tensorrt.steps:parse", {})
            after = cast("ParseRecord", parsed.record)
            findings += refusals(before, after)
        except MissingDependency as missing:
            unasked = str(missing)
        return Proof(
            findings=tuple(findings), points=tuple(points), largest=largest, before=before,
            after=after, unasked=unasked,
        )  # fmt: skip

    def _compared(self, profile: Profile, point: str) -> list[ComparisonRecord]:
        arguments = {
            "original": str(self.bench.onnx_path()), "inputs": self.bench.inputs, "point": point,
            "sizes": dict(profile.at(point).sizes),
        }  # fmt: skip
        try:
            made = self.bench.step_on(self.made, self._name, "onnxruntime.same:same", arguments)
        except StepFailed as failed:
            assumed = profile.assumed and profile.ranges
            if not assumed or failed.finding.remedy or failed.finding.code != "FR605":
                raise
            remedy = (
                f"The sizes of {profile} were assumed: say the real ones with `profiles` in "
                "frictionless.yaml, so that both files can be run and compared."
            )
            raise type(failed)(replace(failed.finding, remedy=remedy)) from failed
        return cast("list[ComparisonRecord]", made.record["comparisons"])


def simplify(bench: Workbench, *, location: str) -> tuple[Simplification, Proof]:
    """The simplification that is proved, with all of onnxslim's optimisations or without one.

    Where none is, the one with all, and what speaks against it.
    """
    tried = []
    for without in ("", *OPTIMISATIONS):
        simplification = Simplification(bench, location=location, without=without)
        proof = simplification.prove()
        if not proof.findings:
            return simplification, proof
        tried.append((simplification, proof))
    return tried[0]


def _differences(comparisons: list[ComparisonRecord], point: str) -> Iterator[Finding]:
    for each in comparisons:
        if each["shape"] != each["reference_shape"]:
            yield Finding(
                code="FR421",
                message=f"output {each['name']} is {each['shape']} after simplification and "
                f"{each['reference_shape']} before, at {point}",
            )
        elif each["violations"]:
            yield Finding(
                code="FR421",
                message=f"output {each['name']} differs after simplification at {point}: "
                f"{each['violations']} of {each['elements']} values, by up to {each['max_abs']:.3g}",
                evidence=(
                    ("worst element", f"{each['worst_index']}: {each['worst_value']:.6g}, "
                     f"before {each['worst_reference']:.6g}"),
                    ("tolerance", f"{each['atol']:.3g} + {each['rtol']:.3g} * |before|"),
                ),
            )  # fmt: skip


def refusals(before: ParseRecord, after: ParseRecord) -> Iterator[Finding]:
    """What the parser refuses of the simplified file and did not refuse of the original."""
    refused = Counter((each["kind"], each["operator"]) for each in before["rejections"])
    for each in after["rejections"]:
        kind = (each["kind"], each["operator"])
        refused[kind] -= 1
        if refused[kind] < 0:
            yield Finding(
                code="FR422",
                message=f"{after['engine']} refuses {each['operator'] or each['node']} of the "
                f"simplified file, and not of the original: {each['reason'].splitlines()[0]}",
                place=Place(node=each["node"], operator=each["operator"]),
            )
