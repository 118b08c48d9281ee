"""The workbench: every artifact of a checkpoint, found in the store or made in a child process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.shapes import Profile, ShapePoint, hull
from pytest_frictionless.workbench.given import Given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_frictionless.artifacts.engine import BuildRecord, ParseRecord, RejectionRecord
    from pytest_frictionless.artifacts.graph import (
        CaptureRecord,
        GraphRecord,
        LostSymbol,
        OnnxRecord,
        OperatorRecord,
    )
    from pytest_frictionless.artifacts.run import ExecutionRecord
    from pytest_frictionless.reproduce.records import FailureRecord
    from pytest_frictionless.workbench.store import Artifact

_NAMED = ("reference", "point", "trace")
"""Arguments that a key holds in another form: files by their content, a point by its sizes."""


class Workbench(Given):
    """Artifacts of one checkpoint.

    Every method finds or makes one artifact; it raises StepFailed with a finding where the model or
    its toolchain is at fault, and MissingDependency where a package is not installed.
    """

    def _export(self) -> Artifact:
        # A forward() that fails without export too is told by its own line, and not the exporter's.
        self.reference(next(iter(self.profiles.values())).at("opt"))
        ranges = hull(self.profiles.values())
        arguments = {
            "inputs": self.inputs,
            "ranges": {name: [span.min, span.opt, span.max] for name, span in ranges.items()},
            "opset": self.pinned_opset,
            "outputs": list(self.spec.outputs),
        }
        return self._torch_step("torch.export:export", arguments)

    def capture(self) -> CaptureRecord:
        """What torch proved of the dynamic dimensions while it exported."""
        if self.is_onnx:
            return {"route": "file", "ranges": {}}
        return cast("CaptureRecord", self._export().record)

    def onnx_path(self) -> Path:
        """The ONNX file that everything after export works on."""
        return self.checkpoint.path if self.is_onnx else self._export().folder / "model.onnx"

    @property
    def _onnx_digest(self) -> str:
        if not self.is_onnx:
            return self._export().digest
        files = [self.checkpoint.path, *map(Path, self.weights()["external"])]
        return digest(files, memo=self.shop.store.memo)

    def onnx(self) -> OnnxRecord:
        """The ONNX file as it was written, after onnx.checker passed it."""
        return cast("OnnxRecord", self._onnx_step("onnx.file:describe", {}).record)

    def operators(self) -> list[OperatorRecord]:
        """Every operator that the ONNX file uses, once."""
        made = self._onnx_step("onnx.operators:operators", {})
        return cast("list[OperatorRecord]", made.record["operators"])

    def versions(self) -> dict[str, int]:
        """Opset, IR version and number of nodes as written, whether or not the file is valid."""
        return self._onnx_step("onnx.convert:versions", {}).record

    def onnx_content(self) -> str:
        """SHA-256 of the ONNX model without notes that name the machine: see `onnx.digest`."""
        return str(self._onnx_step("onnx.digest:model", {}).record["sha256"])

    def lost_symbol(self, *, likely: bool = False) -> LostSymbol | None:
        """The symbol that becomes a constant inside the graph, and the node where it does.

        `likely` takes what may be right for all that the graph tells: where a run showed that it is not.
        """
        found = self._onnx_step("onnx.dims:lost_symbol", {}).record
        lost = found["lost"] or (found["likely"] if likely else None)
        return cast("LostSymbol | None", lost)

    def examined(self) -> GraphRecord:
        """The graph looked over for what costs; counted at opt of the first profile."""
        made = self._onnx_step("onnx.examine:examine", self.examination())
        return cast("GraphRecord", made.record)

    def examination(self) -> dict[str, Any]:
        """What the graph is looked over with."""
        sizes = next(iter(self.profiles.values())).at("opt").sizes
        return {
            "shapes": {name: [*tensor.shape(sizes)] for name, tensor in self.tensors.items()},
            "outputs": list(self.spec.outputs),
        }

    def simplified(self, location: str, without: Sequence[str] = ()) -> Artifact:
        """The file made smaller; `location` is for external data. See `onnx.simplify`."""
        arguments = {"location": location, "without": list(without)}
        return self._onnx_step("onnx.simplify:simplify", arguments)

    def step_on(self, made: Artifact, name: str, step: str, arguments: dict[str, Any]) -> Artifact:
        """A step on an ONNX file that another step made; paths among the arguments name no content."""
        keep = {key: value for key, value in arguments.items() if key not in ("original", "point")}
        keyed = [made.digest, self._onnx_digest, self._samples_digest()]
        path = str(made.folder / name)
        return self.fetch(step, {"path": path, **arguments}, keyed=keyed, keep=keep)

    def reference(self, point: ShapePoint) -> Artifact | None:
        """Outputs of eager torch at these sizes; None where there is no torch model."""
        if self.is_onnx:
            return None
        arguments = {"inputs": self.inputs, "sizes": dict(point.sizes)}
        return self._torch_step("torch.reference:reference", arguments)

    def expected(self, point: ShapePoint) -> Artifact:
        """Outputs of ONNX Runtime without optimisation at these sizes."""
        arguments = {"inputs": self.inputs, "point": point.name, "sizes": dict(point.sizes)}
        return self._onnx_step("onnxruntime.run:expected", arguments, self._samples_digest())

    def execution(self, point: ShapePoint) -> ExecutionRecord:
        """One run of the exported model in ONNX Runtime, compared with the reference."""
        reference = self.reference(point)
        tolerance = self.spec.tolerance.model_dump() if self.spec.tolerance else {}
        arguments = {
            "inputs": self.inputs, "point": point.name, "sizes": dict(point.sizes),
            "tolerance": tolerance,
            "reference": str(reference.folder / "reference.npz") if reference else None,
        }  # fmt: skip
        keyed = [reference.digest if reference else "", self._samples_digest()]
        return cast(
            "ExecutionRecord", self._onnx_step("onnxruntime.run:execute", arguments, keyed).record
        )

    def trust(self, point: ShapePoint) -> dict[str, Any]:
        """How far eager torch itself can be trusted at these sizes: see `torch.reference.trust`."""
        arguments = {"inputs": self.inputs, "sizes": dict(point.sizes)}
        return self._torch_step("torch.reference:trust", arguments).record

    def parsed(self) -> ParseRecord:
        """The ONNX file through the real parser, with everything it refuses."""
        return cast("ParseRecord", self._onnx_step("tensorrt.steps:parse", {}).record)

    def build(self, profiles: Sequence[str]) -> BuildRecord:
        """One engine with these profiles, for every compute capability of the target."""
        return cast("BuildRecord", self.plan(profiles).record)

    def plan(self, profiles: Sequence[str | Profile]) -> Artifact:
        """The same with the plan itself, a file named by `plan` in the record where it was built."""
        return self._onnx_step(
            "tensorrt.steps:build", self.build_arguments(profiles), self._samples_digest()
        )

    def build_arguments(self, profiles: Sequence[str | Profile]) -> dict[str, Any]:
        """What the step that builds an engine with these profiles is given, beside the file."""
        return {
            "profiles": [self.tensorrt_profile(each) for each in profiles],
            "compute_capabilities": list(self.shop.settings.target.compute_capabilities),
            "precision": self.spec.precision,
        }

    def refused_by_builder(self) -> list[RejectionRecord]:
        """The nodes for which the builder refuses an engine although they parse."""
        first = next(iter(self.profiles))
        arguments = {
            "profile": self.tensorrt_profile(first),
            "compute_capabilities": list(self.shop.settings.target.compute_capabilities),
        }
        made = self._onnx_step("tensorrt.steps:attribute", arguments, self._samples_digest())
        return cast("list[RejectionRecord]", made.record["rejections"])

    def reproducer(
        self, failure: FailureRecord, *, profile: str = "", seconds: float = 0
    ) -> Artifact:
        """The fewest nodes that fail in the same way, as a model and a script that shows it.

        Args:
            failure: What must be shown.
            profile: The profile whose sizes the model is given; none for what needs no sizes.
            seconds: Time for the search; what is found by then is handed out.
        """
        arguments = {
            "name": self.relative_path, "failure": failure,
            "profile": self.tensorrt_profile(profile) if profile else None,
            "compute_capabilities": list(self.shop.settings.target.compute_capabilities),
            "seconds": min(seconds, self.shop.limits.timeout_s * 0.8),
        }  # fmt: skip
        return self._onnx_step("reduce.steps:engine", arguments, self._samples_digest())

    def divergence(self, point: ShapePoint, *, finite: bool, seconds: float) -> Artifact:
        """The first node whose numbers are not those of the reference, alone in a model.

        Args:
            point: The sizes.
            finite: Look for the first NaN or infinity, and not for a difference.
            seconds: Time for the search; what is found by then is handed out.
        """
        own = {"inputs": self.inputs, "sizes": dict(point.sizes)}
        traced = None
        if not self.is_onnx and not finite:
            traced = self._torch_step("torch.trace:trace", own)
        arguments = {
            **own, "name": self.relative_path, "finite": finite,
            "tolerance": self.spec.tolerance.model_dump() if self.spec.tolerance else {},
            "trace": str(traced.folder / "trace.npz") if traced else None,
            "traced": traced.record if traced else None,
            "seconds": min(seconds, self.shop.limits.timeout_s * 0.8),
        }  # fmt: skip
        keyed = [traced.digest if traced else "", self._samples_digest()]
        return self._onnx_step("reduce.parity:parity", arguments, keyed)

    def tensorrt_profile(self, profile: str | Profile) -> dict[str, Any]:
        """A profile as TensorRT takes it: [min, opt, max] shapes of every input."""
        if isinstance(profile, str):
            profile = self.profiles[profile]
        shapes = {}
        for each, tensor in self.tensors.items():
            shapes[each] = [[*tensor.shape(point.sizes)] for point in profile.points()]
        shape_tensors = [
            each["name"] for each in self.parsed()["inputs"] if each["is_shape_tensor"]
        ]
        return {
            "name": profile.name,
            "inputs": shapes,
            "shape_tensors": [each for each in self.inputs if each["name"] in shape_tensors],
            "sizes": [dict(point.sizes) for point in profile.points()],
        }

    def _onnx_step(self, step: str, arguments: dict[str, Any], keyed: Any = None) -> Artifact:
        keep = {key: arguments[key] for key in arguments if key not in _NAMED}
        path = str(self.onnx_path())
        if step.startswith(("tensorrt.steps:", "reduce.steps:")) and (files := self.plugin_files):
            arguments = {**arguments, "plugins": [str(file) for file in files]}
            present = [digest([f], memo=self.shop.store.memo) for f in files if f.is_file()]
            keyed = [keyed, [file.name for file in files], present]
        return self.fetch(
            step, {"path": path, **arguments}, keyed=[self._onnx_digest, keyed], keep=keep
        )
