"""One input of a model: its type, and where values for it come from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import Field, GetJsonSchemaHandler, StrictFloat, model_validator

from pytest_frictionless.settings.section import Section
from pytest_frictionless.settings.values import CallableName, SamplePath, Signature
from pytest_frictionless.shapes import TensorType

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class InputSpec(Section):
    """One input, written as its type alone, or as a mapping that tells of its values too."""

    type: Signature = Field(
        description="Element type and axes: sizes, symbols, or 2*symbol+1, as "
        "float32[batch, 3, height, width]."
    )
    low: StrictFloat | None = Field(
        None, description="Smallest value; it may occur, as in numpy's integers()."
    )
    high: StrictFloat | None = Field(
        None, description="Values stay below it; it does not occur, as in numpy's integers()."
    )
    sample: SamplePath | None = Field(
        None, description="A .npy file, or a .npz file with an array of this input's name."
    )
    make: CallableName | None = Field(
        None,
        description="package.module:callable, called with the shape and a numpy Generator, that "
        "returns the array.",
    )

    @model_validator(mode="before")
    @classmethod
    def _type_alone(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> InputSpec:
        origins = {
            "low and high": self.low is not None or self.high is not None,
            "sample": self.sample is not None,
            "make": self.make is not None,
        }
        given = [name for name, is_given in origins.items() if is_given]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other: values have one origin")
        self._check_range()
        return self

    def _check_range(self) -> None:
        whole = re.fullmatch(r"(u?)int(\d+)", self.tensor.dtype)
        bounds = {"low": self.low, "high": self.high}
        for name, bound in bounds.items():
            if whole and bound is not None and not bound.is_integer():
                raise ValueError(f"{name} {bound} is no whole number, as {self.tensor.dtype} needs")
        if self.low is not None and self.high is not None:
            if self.low > self.high:
                raise ValueError(f"low {self.low:g} is above high {self.high:g}")
            if whole and self.low == self.high:
                raise ValueError(
                    f"no integer is from {self.low:g} to below {self.high:g}: high is exclusive"
                )
        if whole:
            bits = int(whole[2]) - (not whole[1])
            least, above = (0 if whole[1] else -(2**bits)), 2**bits
            if (self.low or 0) < least or (self.high or 0) > above or (self.low or 0) >= above:
                raise ValueError(
                    f"{self.tensor.dtype} holds no such values: low is at least {least}, "
                    f"high at most {above}"
                )

    @property
    def tensor(self) -> TensorType:
        """Element type and axes."""
        return TensorType.parse(self.type)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Either form."""
        mapping = super().__get_pydantic_json_schema__(core_schema, handler)
        alone = mapping["properties"]["type"]
        return {"anyOf": [dict(alone), dict(mapping)], "description": cls.__doc__}
