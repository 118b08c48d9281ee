"""What frictionless.yaml may say, typed. The JSON Schema is made from these classes."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from pytest_frictionless.codes import CODES
from pytest_frictionless.shapes import Profile, Range, TensorType, symbols_of

_PROFILE_NAME = re.compile(r"^[a-z0-9][a-z0-9_]*$")


def _callable_path(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", text):
        raise ValueError(f"{text!r} names no callable: write package.module:function")
    return text


def _version(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError(f'{value} is a number: quote the version, "{value}" (10.10 would be 10.1)')
    if isinstance(value, str) and not re.fullmatch(r"\d+(\.\d+){0,3}", value):
        raise ValueError(f"{value!r} is no version: write 10.15 or 10.15.1")
    return value


def _capability(value: Any) -> Any:
    text = str(value)
    if not re.fullmatch(r"\d{1,2}\.\d", text):
        raise ValueError(f"{text!r} is no compute capability: write 8.9 or 12.0")
    return text


def _trust(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"reason"}:
        value = value["reason"]
    if isinstance(value, bool) or not isinstance(value, str) or not value.strip():
        raise ValueError("say why the file may run code: trusted: {reason: ...}")
    return value


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
CallablePath = Annotated[str, AfterValidator(_callable_path)]
QuotedVersion = Annotated[str, BeforeValidator(_version, json_schema_input_type=str)]
Capability = Annotated[str, BeforeValidator(_capability, json_schema_input_type=str | float)]
Trust = Annotated[str, BeforeValidator(_trust, json_schema_input_type=str | dict[str, str])]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Target(_Model):
    """What the models are deployed to."""

    tensorrt: QuotedVersion | None = Field(None, description='TensorRT version, as "10.15".')
    tensorrt_rtx: QuotedVersion | None = Field(None, description='TensorRT-RTX version, as "1.7".')
    container: str | None = Field(None, description="Image that serves the models.")
    compute_capabilities: tuple[Capability, ...] = Field(
        (), description="GPUs that engines are built for, as [8.0, 8.9]; empty: the builder's choice."
    )


class Opset(_Model):
    """The pinned ONNX opset, and why it is the one."""

    version: int = Field(ge=7, le=30, description="Version of the default ONNX domain.")
    reason: Reason = Field(description="Why this one: what is validated to it.")
    ir_version: int | None = Field(None, ge=3, le=20, description="ONNX IR version to expect.")


class Limits(_Model):
    """What one step in a child process may use."""

    timeout_s: float = Field(600, gt=0, description="Seconds.")
    memory_mib: int | None = Field(None, gt=0, description="MiB; default: 80 % of the machine.")


class OutputTolerance(_Model):
    """How far one output may be from its reference."""

    rtol: float | None = Field(None, ge=0, description="Relative to the reference's magnitude.")
    atol: float | None = Field(None, ge=0, description="Absolute.")


class Tolerance(OutputTolerance):
    """How far the outputs may be from their reference; the default goes by element type."""

    outputs: dict[str, OutputTolerance] = Field({}, description="The same for single outputs.")


class InputSpec(_Model):
    """One input: its type, and how values for it are made."""

    type: str = Field(description='Element type and axes, as "float32[batch, 3, height, width]".')
    low: float | None = Field(None, description="Smallest value.")
    high: float | None = Field(None, description="Values stay below it.")
    sample: str | None = Field(None, description="A .npy or .npz file with real values.")
    make: CallablePath | None = Field(
        None, description="module:function, called with the shape and a numpy Generator."
    )

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _sensible(self) -> InputSpec:
        TensorType.parse(self.type)
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        if self.sample is not None and self.make is not None:
            raise ValueError("sample and make exclude each other")
        return self

    @property
    def tensor(self) -> TensorType:
        """The type, parsed."""
        return TensorType.parse(self.type)


Size = Annotated[int, Field(ge=0)]
Span = Size | Annotated[list[int], Field(min_length=3, max_length=3)]


class ModelSpec(_Model):
    """What the user says of one model; everything a file tells itself may be left out."""

    path: str | None = Field(None, description="The checkpoint, from the folder of this file.")
    factory: CallablePath | None = Field(
        None, description="module:callable that returns the torch.nn.Module for a file of weights."
    )
    inputs: dict[str, InputSpec] = Field({}, description="Inputs by name, in the order of forward().")
    outputs: tuple[str, ...] = Field((), description="Names for the outputs of the ONNX file.")
    profiles: dict[str, dict[str, Span]] = Field(
        {}, description="Optimization profiles: for each symbol [min, opt, max] or a fixed size."
    )
    precision: Literal["fp32", "fp16", "bf16", "fp8", "int8"] | None = Field(
        None, description="What the network must compute in; it is verified, not requested."
    )
    tolerance: Tolerance | None = Field(None, description="How far outputs may differ.")
    opset: Opset | None = Field(None, description="Overrides the pinned opset for this model.")
    ignore: dict[str, Reason] = Field({}, description="Finding codes to suppress, with the reason.")
    trusted: Trust | None = Field(None, description="Why this file may run code when it is loaded.")
    skip: Reason | None = Field(None, description="Leave the model out, for this reason.")

    @model_validator(mode="after")
    def _consistent(self) -> ModelSpec:
        problems = [*self._profile_problems(), *self._ignore_problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _profile_problems(self) -> list[str]:
        problems = []
        symbols = symbols_of(each.tensor for each in self.inputs.values())
        for name, sizes in self.profiles.items():
            if not _PROFILE_NAME.match(name):
                problems.append(
                    f"profiles.{name}: a profile's name takes a-z, 0-9 and _: "
                    "items are called <check>-<profile>-<point>"
                )
            for symbol, span in sizes.items():
                try:
                    _range(span)
                except ValueError as error:
                    problems.append(f"profiles.{name}.{symbol}: {error}")
                if self.inputs and symbol not in symbols:
                    near = difflib.get_close_matches(symbol, symbols, 1)
                    hint = f": did you mean {near[0]!r}?" if near else f"; they have {', '.join(symbols) or 'none'}"
                    problems.append(f"profiles.{name}.{symbol}: no input has this symbol{hint}")
        return problems

    def _ignore_problems(self) -> list[str]:
        problems = []
        for code in self.ignore:
            if code not in CODES:
                near = difflib.get_close_matches(code, CODES, 1)
                hint = f": did you mean {near[0]}?" if near else ""
                problems.append(f"ignore.{code}: there is no finding {code}{hint}")
        return problems

    @property
    def shape_profiles(self) -> tuple[Profile, ...]:
        """The profiles with their ranges, in the order of the file."""
        return tuple(
            Profile(name, {symbol: _range(span) for symbol, span in sizes.items()})
            for name, sizes in self.profiles.items()
        )


def _range(span: int | list[int]) -> Range:
    return Range(span, span, span) if isinstance(span, int) else Range(*span)


class BrokenModel(_Model):
    """A model entry that cannot be used: it fails that model and no other."""

    path: str | None = None
    problems: tuple[str, ...]


class Settings(_Model):
    """The whole of frictionless.yaml."""

    roots: tuple[str, ...] = Field((), description="Folders that hold checkpoints.")
    exclude: tuple[str, ...] = Field((), description="Glob patterns of paths to leave out.")
    target: Target = Field(default_factory=Target)
    opset: Opset | None = Field(None, description="The pinned opset of every model.")
    limits: Limits = Field(default_factory=Limits)
    models: dict[str, ModelSpec] = Field({}, description="Models by name.")
