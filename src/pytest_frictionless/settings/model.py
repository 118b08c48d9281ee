"""An entry of `models` in frictionless.yaml: what the file of a model cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from pytest_frictionless.settings.budget import Budget
from pytest_frictionless.settings.ignored import codes_schema, ignore_problem
from pytest_frictionless.settings.inputs import InputSpec
from pytest_frictionless.settings.profiles import (
    PROFILE_NAME,
    Span,
    problems_in,
    profile_from,
    span_from,
)
from pytest_frictionless.settings.section import Section, nearest, refuse
from pytest_frictionless.settings.target import Opset
from pytest_frictionless.settings.tolerance import Tolerance
from pytest_frictionless.settings.values import CallableName, FilePath, PluginPath, Reason, Text

if TYPE_CHECKING:
    from pytest_frictionless.shapes import Profile


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
