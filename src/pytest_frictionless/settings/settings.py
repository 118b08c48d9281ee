"""All of frictionless.yaml."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, PrivateAttr

from pytest_frictionless.settings.baselines import Baselines
from pytest_frictionless.settings.cliffs import Cliffs
from pytest_frictionless.settings.evidence import Evidence
from pytest_frictionless.settings.limits import Latency, Limits
from pytest_frictionless.settings.manifests import Manifests
from pytest_frictionless.settings.model import BrokenModel, ModelSpec
from pytest_frictionless.settings.section import Section
from pytest_frictionless.settings.target import Opset, Target
from pytest_frictionless.settings.values import FilePath, PluginPath, Text


class Settings(Section):
    """All of frictionless.yaml."""

    roots: tuple[FilePath, ...] = Field((), description="Folders to find checkpoints in.")
    exclude: tuple[Text, ...] = Field(
        (),
        description="Glob patterns of what to leave out: names, or paths from the root of the repository.",
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
