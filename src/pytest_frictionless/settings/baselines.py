"""Where accepted latencies and memory, and recorded runs, are kept."""

from __future__ import annotations

from pydantic import Field

from pytest_frictionless.settings.section import Section
from pytest_frictionless.settings.values import FilePath, Text, Whole


class Baselines(Section):
    """Accepted latencies and memory, and the runs they are accepted from."""

    folder: FilePath = Field(
        "baselines", description="Folder of the accepted baselines, kept in git."
    )
    runs: Text = Field(
        ".frictionless/runs",
        description="Where runs and plans are recorded: a folder, or a URL as s3://bucket/latency.",
    )
    require: bool = Field(
        False, strict=True, description="Whether a cell without a usable baseline fails."
    )
    memory_growth: float = Field(
        0.1,
        gt=0,
        strict=True,
        description="Share by which the memory of a profile may grow over the accepted; growth below "
        "16 MiB is none.",
    )
    expire_days: Whole = Field(
        90, gt=0, description="Days after which a baseline judges by its stored plan alone."
    )
