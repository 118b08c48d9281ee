"""Files of a checkpoint, and those that were made of it, with their digests; nothing is made here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pytest_frictionless.checkpoint.digest import content_digest
from pytest_frictionless.place import path_below
from pytest_frictionless.workbench.sources import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.workbench.workbench import Workbench

Kind = Literal["onnx", "plan"]


class Files:
    """Tells the files of one checkpoint again and again, and hashes each once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._known: dict[Path, tuple[str, str]] = {}
        """Path from the root, and digest."""

    def own(self) -> dict[str, str]:
        """SHA-256 of each file of the checkpoint by its path from the root; none before it was read.

        Raises:
            StepFailed: FR103, a file cannot be read any more.
        """
        bench = self._bench
        if not bench.was_read:
            return {}
        files = [*(bench.checkpoint.weights or (bench.checkpoint.path,))]
        for loaded in bench.steps.known("onnx.file:inspect"):
            files += map(Path, loaded.record["external"])
        return dict(map(self._told, files))

    def made(self) -> Iterator[tuple[Kind, str, str]]:
        """Kind, path and SHA-256 of the ONNX file and of the engine with all profiles, where known."""
        bench = self._bench
        if bench.is_onnx and bench.steps.known("onnx.file:inspect"):
            yield "onnx", *self._told(bench.checkpoint.path)
        for export in bench.steps.known("torch.export:export"):
            yield "onnx", *self._told(export.folder / "model.onnx")
        for build in bench.steps.known("tensorrt.steps:build"):
            # An engine of one profile is built only to find out which profile is to blame.
            if "plan" in build.record and build.record["profiles"] == len(bench.profiles):
                yield "plan", *self._told(build.folder / build.record["plan"])

    def sources(self) -> dict[str, str]:
        """Digest of each of the user's files that feeds the engine, by its path from the root."""
        followed = self._bench.steps.known("gpu.code:load")
        return {
            name: digest
            for each in followed
            for name, digest in each.sources.items()
            if not name.startswith(DISTRIBUTION)
        }

    def _told(self, path: Path) -> tuple[str, str]:
        if path not in self._known:
            shop = self._bench.shop
            self._known[path] = (
                path_below(path, shop.root),
                content_digest([path], memo=shop.store.memo),
            )
        return self._known[path]
