"""The first lines of frictionless.yaml for a model, ready to paste."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pytest_frictionless.shapes import TensorType


def scaffold(
    *, name: str, path: str, factory: str | None, inputs: Mapping[str, TensorType],
    ranges: Mapping[str, tuple[int, int, int]],
) -> str:  # fmt: skip
    """A `models:` block with everything filled in that is known."""
    lines = ["models:", f"  {_scalar(name)}:", f"    path: {_scalar(path)}"]
    if factory is None:
        lines.append("    factory: package.module:callable   # returns the torch.nn.Module")
    else:
        lines.append(f"    factory: {factory}")
    lines.append("    inputs:" + ("" if inputs else "   # by the names of forward()'s parameters"))
    types = inputs or {"x": TensorType.parse("float32[batch, 3, 224, 224]")}
    lines += [f'      {_scalar(each)}: "{tensor}"' for each, tensor in types.items()]
    spans = ranges or ({} if inputs else {"batch": (1, 4, 8)})
    if spans:
        text = ", ".join(f"{symbol}: [{low}, {opt}, {high}]" for symbol, (low, opt, high) in spans.items())
        lines += ["    profiles:", f"      default: {{{text}}}   # [min, opt, max]"]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    plain = text.replace("_", "").replace("-", "").replace("/", "").replace(".", "")
    return text if plain.isalnum() and plain.isascii() and not plain.isdigit() else json.dumps(text)
