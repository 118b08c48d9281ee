"""The first lines of a frictionless.yaml: where the models are, and what they are deployed to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_frictionless.settings.scaffold import spelled_in_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ENGINES = {"tensorrt": ("TensorRT", "10.15"), "tensorrt_rtx": ("TensorRT-RTX", "1.7")}
"""Keys of `target`: what it is, and a version to show where none is installed."""
_FIRST_OPSET = 18


def beginning(
    *, roots: Sequence[str], machine: Mapping[str, str], opsets: Mapping[int, int]
) -> str:
    """The part above `models`; what only production can tell stands in comments.

    Args:
        roots: Folders to find checkpoints in.
        machine: Versions of what is installed here: see `stack.environment.components`.
        opsets: Of the ONNX files that were found, each with how many have it.
    """
    return "\n".join(
        (
            "# What pytest --frictionless cannot read from the files of the models.",
            f"roots: [{', '.join(map(spelled_in_yaml, roots))}]",
            "",
            "# What the models are deployed to. Correct it, and take the # away:",
            *_commented(_target(machine)),
            "",
            *_opset(machine, opsets),
            "",
        )
    )


def _target(machine: Mapping[str, str]) -> list[str]:
    lines = ["target:"]
    for key, (engine, _) in _ENGINES.items():
        version = machine.get(key, "")
        if version:
            short = ".".join(version.split(".")[:2])
            lines.append(f'  {key}: "{short}"   # {engine} {version} is installed here')
    if len(lines) == 1:
        engine, example = _ENGINES["tensorrt"]
        lines.append(f'  tensorrt: "{example}"   # an example: no {engine} is installed here')
    if "container" in machine:
        lines.append(f"  container: {json.dumps(machine['container'])}   # this runs in it")
    if "compute_capability" in machine:
        gpu = machine.get("gpu", "the GPU")
        lines.append(f"  compute_capabilities: [{machine['compute_capability']}]   # {gpu} here")
    else:
        lines.append("  compute_capabilities: [8.0, 8.9]   # an example: there is no GPU here")
    return lines


def _opset(machine: Mapping[str, str], opsets: Mapping[int, int]) -> list[str]:
    """The pinned opset: the commonest of the files, the lowest of several."""
    found = ", ".join(f"{opset} ({_counted(opsets[opset])})" for opset in sorted(opsets))
    known = [f"ONNX files that were found have {found}"] if found else []
    if version := machine.get("onnxruntime"):
        known.append(f"ONNX Runtime {version} is installed here")
    asked = max(sorted(opsets), key=lambda opset: opsets[opset], default=_FIRST_OPSET)
    return [
        "# The opset that production reads. Correct it, say why, and take the # away:",
        *(f"# ({each})" for each in known),
        f'# opset: {{version: {asked}, reason: "what in production asks for it"}}',
    ]


def _commented(lines: Sequence[str]) -> list[str]:
    return [f"# {line}" for line in lines]


def _counted(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
