"""Writes the models of the pictures: `before` has the mistakes, `after` is mended."""
# ruff: noqa: TID253  (it makes torch models)

from __future__ import annotations

import warnings
from pathlib import Path

import nets
import torch

FOLDER = Path(__file__).parent


def main() -> None:
    """Write three models to each folder."""
    torch.manual_seed(0)
    for folder, mended in (("before", ""), ("after", "Mended")):
        target = FOLDER / folder
        target.mkdir(exist_ok=True)
        _export_by_tracing(getattr(nets, f"Ranker{mended}")().eval(), target / "ranker.onnx")
        torch.save(getattr(nets, f"Tagger{mended}")().state_dict(), target / "tagger.pt")
        torch.save(getattr(nets, f"Voice{mended}")().state_dict(), target / "voice.pt")


def _export_by_tracing(module: torch.nn.Module, path: Path) -> None:
    """Export as most ONNX files in use were: with an example of batch 1, and a dynamic batch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, (torch.randn(1, 3, 32, 32),), path, dynamo=False, opset_version=18,
            input_names=["image"], output_names=["scores"],
            dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}},
        )  # fmt: skip


if __name__ == "__main__":
    main()
