"""How far the numbers of an exported model may be off."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from pytest_frictionless.settings.section import Section
from pytest_frictionless.settings.values import Bound


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
