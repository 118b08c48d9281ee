"""What frictionless.yaml says, typed: the words a user writes and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import (
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)

from pytest_frictionless.settings.baselines import Baselines
from pytest_frictionless.settings.budget import Budget
from pytest_frictionless.settings.cliffs import Cliffs
from pytest_frictionless.settings.evidence import Evidence
from pytest_frictionless.settings.ignored import codes_schema, ignore_problem
from pytest_frictionless.settings.inputs import InputSpec
from pytest_frictionless.settings.manifests import Manifests
from pytest_frictionless.settings.profiles import (
    PROFILE_NAME,
    Span,
    problems_in,
    profile_from,
    span_from,
)
from pytest_frictionless.settings.section import Section, nearest, refuse
from pytest_frictionless.settings.values import (
    Bound,
    CallableName,
    ComputeCapability,
    FilePath,
    PluginPath,
    Reason,
    Text,
    Version,
    Whole,
)

if TYPE_CHECKING:
    from pytest_frictionless.shapes import Profile

__all__ = [
    "Baselines", "Bounds", "BrokenModel", "Cliffs", "Evidence", "InputSpec", "Limits", "Manifests", "ModelSpec", "Opset", "Settings", "Target",
    "Tolerance",
]  # fmt: skip


class Target(Section):
    """What the models are deployed to."""

    tensorrt: Version | None = Field(None, description="TensorRT version in production, in quotes.")
    tensorrt_rtx: Version | None = Field(
        None, description="TensorRT-RTX version in production, in quotes."
    )
    container: Text | None = Field(
        None, description="Image that serves the models, as nvcr.io/nvidia/tensorrt:25.10-py3."
    )
    compute_capabilities: tuple[ComputeCapability, ...] = Field(
        (), description="Compute capabilities of the GPUs in production, as [8.0, 8.9]."
    )


class Opset(Section):
    """The pinned ONNX opset."""

    version: Whole = Field(ge=7, le=30, description="Version of the default ONNX domain.")
    reason: Text = Field(description="Why this version: what in production asks for it.")
    ir_version: Whole | None = Field(
        None, ge=3, description="Newest ONNX IR version that the runtime in production reads."
    )


class Limits(Section):
    """How long and how large a step may get."""

    timeout_s: float = Field(
        600.0, gt=0, strict=True, description="Seconds after which a step is stopped."
    )
    memory_mib: Whole | None = Field(
        None, gt=0, description="Memory of a step in MiB; 80 % of the machine where not given."
    )
    reduce_s: float = Field(
        20.0, ge=0, strict=True,
        description="Seconds for making a small model that fails in the same way; 0 makes none.",
    )  # fmt: skip


class Latency(Section):
    """How latency is measured on a GPU."""

    rounds: Whole = Field(
        10, ge=1, le=100, description="Fresh processes that each measure every cell once."
    )
    seconds: float = Field(
        0.3, gt=0, le=60, strict=True, description="Seconds a cell is measured in each of them."
    )


class Bounds(Section):
    """How far a number may be off: `atol + rtol * |reference|`."""

    rtol: Bound | None = Field(None, description="Relative tolerance.")
    atol: Bound | None = Field(None, description="Absolute tolerance.")


class Tolerance(Bounds):
    """How far the exported model may be off its reference."""

    outputs: dict[str, Bounds] = Field(
        {}, description="Bounds of single outputs; what one leaves out is as for all outputs."
    )

    @field_validator("outputs")
    @classmethod
    def _completed(cls, outputs: dict[str, Bounds], info: ValidationInfo) -> dict[str, Bounds]:
        return {
            name: Bounds(
                rtol=info.data.get("rtol") if own.rtol is None else own.rtol,
                atol=info.data.get("atol") if own.atol is None else own.atol,
            )
            for name, own in outputs.items()
        }


class ModelSpec(Section):
    """One model: what its file cannot tell."""

    path: FilePath | None = Field(
        None,
        description="The checkpoint, from the root of the repository; a Hugging Face model is its "
        "folder. Without it the entry belongs to the file whose stem is the entry's name.",
    )
    factory: CallableName | None = Field(
        None, description="package.module:callable that takes nothing and returns the nn.Module."
    )
    inputs: dict[str, InputSpec] = Field(
        {}, description="Each input by its name in forward(), as float32[batch, 3, 224, 224]."
    )
    outputs: tuple[Text, ...] = Field((), description="Names of the outputs, in order.")
    profiles: dict[str, dict[str, Span]] = Field(
        {},
        description="Optimization profiles by name: for each symbol of the inputs [min, opt, max], "
        "or one number for a fixed size.",
        json_schema_extra={"propertyNames": {"pattern": f"^{PROFILE_NAME}$"}},
    )
    precision: Literal["fp32", "fp16", "bf16", "int8", "fp8"] | None = Field(
        None, description="Precision the engine computes in; it is read back from the engine."
    )
    tolerance: Tolerance | None = Field(
        None, description="How far outputs may be off; chosen by element type where not given."
    )
    budget: Budget | None = Field(None, description="What the model may cost on the GPU.")
    ignore: dict[str, Text] = Field(
        {},
        description="Findings to leave out for this model: the code, and the reason.",
        json_schema_extra=codes_schema(),
    )
    trusted: Reason = Field(
        None, description="Why this file may run code while it is loaded: the reason."
    )
    skip: Reason = Field(None, description="Why this model is left out: the reason.")
    opset: Opset | None = Field(None, description="The pinned opset, where this model has its own.")
    plugins: tuple[PluginPath, ...] = Field(
        (), description="TensorRT plugins of this model, beside those of the repository."
    )

    @field_validator("outputs")
    @classmethod
    def _each_once(cls, outputs: tuple[str, ...]) -> tuple[str, ...]:
        refuse(
            ((index,), f"output {name!r} is named twice")
            for index, name in enumerate(outputs)
            if name in outputs[:index]
        )
        return outputs

    @field_validator("profiles", mode="before")
    @classmethod
    def _possible(cls, profiles: Any, info: ValidationInfo) -> Any:
        if not isinstance(profiles, dict):
            return profiles
        inputs = {name: spec.tensor for name, spec in info.data.get("inputs", {}).items()}
        closed = "factory" not in info.data or info.data["factory"] is not None
        refuse(problems_in(profiles, inputs, closed=closed))
        return {
            name: {symbol: span_from(value) for symbol, value in spans.items()}
            for name, spans in profiles.items()
        }

    @field_validator("tolerance")
    @classmethod
    def _of_known_outputs(
        cls, tolerance: Tolerance | None, info: ValidationInfo
    ) -> Tolerance | None:
        if tolerance is not None and (known := info.data.get("outputs")):
            refuse(
                (("outputs", name), f"{name!r} is none of the outputs{nearest(name, known)}")
                for name in tolerance.outputs
                if name not in known
            )
        return tolerance

    @field_validator("budget")
    @classmethod
    def _of_known_profiles(cls, budget: Budget | None, info: ValidationInfo) -> Budget | None:
        if budget is not None:
            known = info.data.get("profiles") or {"default": None}
            refuse(
                (("points", name), f"there is no profile for {name!r}{hint}")
                for name, hint in budget.unknown_points(known)
            )
        return budget

    @field_validator("ignore", mode="before")
    @classmethod
    def _known_codes(cls, ignore: Any) -> Any:
        if isinstance(ignore, dict):
            refuse(
                ((code,), problem)
                for code, reason in ignore.items()
                if (problem := ignore_problem(code, reason))
            )
        return ignore

    @property
    def shape_profiles(self) -> tuple[Profile, ...]:
        """The profiles as ranges of symbols, in the order they are written."""
        return tuple(profile_from(name, spans) for name, spans in self.profiles.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenModel:
    """An entry that cannot be used; every other model can."""

    path: str | None
    """The checkpoint it is for, where that could be read."""
    problems: tuple[str, ...]
    """One line for each mistake."""


class Settings(Section):
    """All of frictionless.yaml."""

    roots: tuple[FilePath, ...] = Field((), description="Folders to find checkpoints in.")
    exclude: tuple[Text, ...] = Field(
        (), description="Glob patterns of paths to leave out, from the root of the repository."
    )
    target: Target = Field(default_factory=Target, description="What the models are deployed to.")
    opset: Opset | None = Field(None, description="The pinned ONNX opset, and why.")
    plugins: tuple[PluginPath, ...] = Field(
        (),
        description="Shared libraries and Python files that register TensorRT plugins, as "
        "[plugins/libmy.so, plugins/mine.py].",
    )
    limits: Limits = Field(
        default_factory=Limits, description="How long and how large a step may get."
    )
    latency: Latency = Field(
        default_factory=Latency, description="How latency is measured on a GPU."
    )
    cliffs: Cliffs = Field(
        default_factory=Cliffs, description="How sizes are scanned for jumps of latency on a GPU."
    )
    baselines: Baselines = Field(
        default_factory=Baselines, description="Where accepted latencies and runs are kept."
    )
    manifest: Manifests = Field(
        default_factory=Manifests, description="What is asked of version manifests."
    )
    evidence: Evidence = Field(
        default_factory=Evidence, description="What is asked of signed results of GPU runs."
    )
    models: dict[str, ModelSpec] = Field({}, description="What the files cannot tell, by model.")

    _broken_models: Mapping[str, BrokenModel] = PrivateAttr(default_factory=dict)

    @property
    def broken_models(self) -> Mapping[str, BrokenModel]:
        """Entries with mistakes in them, by name."""
        return self._broken_models

    def with_broken_models(self, broken: Mapping[str, BrokenModel]) -> Settings:
        """The same settings, knowing these entries that cannot be used."""
        copy = self.model_copy()
        copy._broken_models = dict(broken)
        return copy
