"""What is given of a checkpoint before anything is exported: its file, the user's word, its inputs."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pytest_frictionless.checkpoint.digest import digest
from pytest_frictionless.checkpoint.discovery import Checkpoint, Format
from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Severity
from pytest_frictionless.place import path_below
from pytest_frictionless.shapes import Profile, TensorType
from pytest_frictionless.workbench.inputs import is_tensor, resolve_inputs, resolve_profiles
from pytest_frictionless.workbench.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_frictionless.artifacts.checkpoint import InputRecord, SourceRecord, WeightsRecord
    from pytest_frictionless.artifacts.memory import SwitchingRecord
    from pytest_frictionless.artifacts.run import EngineRunRecord
    from pytest_frictionless.settings.model import ModelSpec
    from pytest_frictionless.workbench.judging import Judgement
    from pytest_frictionless.workbench.shop import Shop
    from pytest_frictionless.workbench.store import Artifact

PRELOAD_NATIVE = ("numpy", "onnx", "onnxruntime", "tensorrt_rtx")
PRELOAD_TORCH = ("torch", "numpy", "onnx")
OFFLINE = "HF_HUB_OFFLINE"
OF_HUGGINGFACE = ("transformers.modeling_utils",)
"""Imports as much as torch: most of what building any model of transformers takes."""


class Given:
    """One checkpoint, what the user says of it, and steps that need no more than that."""

    def __init__(self, shop: Shop, checkpoint: Checkpoint, name: str, spec: ModelSpec) -> None:
        self.shop = shop
        self.name = name
        self.checkpoint = checkpoint
        self.spec = spec
        self.tentative = False
        """Whether the checkpoint is only tried in another form: its failures are not reduced."""
        preload = PRELOAD_NATIVE if self.is_onnx else PRELOAD_TORCH
        if checkpoint.format is Format.HUGGINGFACE:
            # Its hub looks at the variable as it is imported; factories of others may download.
            offline = {OFFLINE: os.environ.get(OFFLINE, "1")}
            self.steps = Steps(shop, preload=preload, told=OF_HUGGINGFACE, environment=offline)
        else:
            self.steps = Steps(shop, preload=preload)
        self.judgement: Judgement | None = None
        """What was measured on the GPU in this run: see `workbench.judging`."""
        self.engine_runs: dict[tuple[str, str], EngineRunRecord] = {}
        """Runs of the engine so far, by profile and point."""
        self.precise_runs: dict[tuple[str, str], EngineRunRecord] = {}
        """The same without TF32."""
        self.switching: SwitchingRecord | None = None
        """What switching its profiles costs: see `workbench.held`."""

    @property
    def is_onnx(self) -> bool:
        """Whether the checkpoint is ONNX already: then nothing is exported."""
        return self.checkpoint.format is Format.ONNX

    @cached_property
    def file_digest(self) -> str:
        """SHA-256 over every file of the checkpoint that discovery knows."""
        files = self.checkpoint.weights or (self.checkpoint.path,)
        return digest(files, memo=self.shop.store.memo)

    @property
    def was_read(self) -> bool:
        """Whether the files of the checkpoint were read in this process."""
        return "file_digest" in self.__dict__

    @cached_property
    def source(self) -> SourceRecord:
        """What a child needs to build the model."""
        return {
            "path": str(self.checkpoint.path),
            "format": str(self.checkpoint.format),
            "factory": self.spec.factory,
            "trusted": self.spec.trusted is not None,
            "root": str(self.shop.root),
        }

    @property
    def relative_path(self) -> str:
        """Path from the folder of the repository, as frictionless.yaml names it."""
        return path_below(self.checkpoint.path, self.shop.root)

    def weights(self) -> WeightsRecord:
        """What is inside the checkpoint; raises StepFailed where it or its entry cannot be used."""
        problem = self.checkpoint.problem
        if problem is not None and problem.severity is Severity.ERROR:
            raise StepFailed(problem)
        if self.is_onnx:
            made = self.fetch(
                "onnx.file:inspect", {"path": str(self.checkpoint.path)}, keyed=self.file_digest
            )
        else:
            made = self._torch_step("torch.load:load", {})
        return cast("WeightsRecord", made.record)

    @cached_property
    def inputs(self) -> list[InputRecord]:
        """Inputs of the model and how their values are made."""
        return resolve_inputs(self.spec, self.weights())

    @property
    def tensors(self) -> dict[str, TensorType]:
        """Types of the inputs that are tensors; a sequence or an optional is none."""
        return {
            each["name"]: TensorType.parse(each["type"]) for each in self.inputs if is_tensor(each)
        }

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """Optimization profiles by name."""
        weights = self.weights()
        return resolve_profiles(self.spec.shape_profiles, self.inputs, weights["ranges"])

    @property
    def pinned_opset(self) -> int | None:
        """The opset that is asked for, of this model or of the repository."""
        pin = self.spec.opset or self.shop.settings.opset
        return pin.version if pin else None

    @property
    def plugin_files(self) -> list[Path]:
        """TensorRT plugins of the repository and of this model, in the order they are loaded."""
        names = dict.fromkeys([*self.shop.settings.plugins, *self.spec.plugins])
        return [self.shop.root / name for name in names]

    def _samples_digest(self) -> str:
        samples = [self.shop.root / each["sample"] for each in self.inputs if "sample" in each]
        present = [path for path in samples if path.is_file()]
        return digest(present, memo=self.shop.store.memo) if present else ""

    def _torch_step(self, step: str, arguments: dict[str, Any]) -> Artifact:
        keyed = {
            "checkpoint": self.file_digest,
            "source": {**self.source, "path": self.checkpoint.path.name, "root": ""},
            "samples": self._samples_digest() if arguments else "",
        }
        return self.fetch(step, {"source": self.source, **arguments}, keyed=keyed, keep=arguments)

    def fetch(
        self, step: str, arguments: Mapping[str, Any], *, keyed: Any, keep: Any = None
    ) -> Artifact:
        """Find or make one artifact; `keyed` and `keep` are what it depends on."""
        return self.steps.fetch(step, arguments, keyed=keyed, keep=keep)

    def close(self) -> None:
        """End the child process; the artifacts stay."""
        self.steps.close()
