"""What is asked of version manifests."""

from __future__ import annotations

from pydantic import Field

from pytest_frictionless.settings.section import Section


class Manifests(Section):
    """The version manifests beside the checkpoints."""

    require: bool = Field(
        False, strict=True, description="Whether a checkpoint without a manifest fails."
    )
