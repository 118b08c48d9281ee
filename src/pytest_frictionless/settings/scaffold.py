"""The lines of frictionless.yaml that a user pastes and completes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pytest_frictionless.settings.values import FACTORY_PLACEHOLDER
from pytest_frictionless.shapes import TensorType, symbols_of

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD = "models:"
"""The line that every entry is below."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def scaffold(
    *,
    name: str,
    path: str,
    factory: str | None,
    inputs: Mapping[str, TensorType] | None,
    ranges: Mapping[str, tuple[int, int, int]],
    values: Mapping[str, tuple[int, int]] | None = None,
    needs_factory: bool = True,
) -> str:
    """Write a `models:` block with one entry, comments where something must be filled in.

    Args:
        name: Name of the entry.
        path: The checkpoint, from the root of the repository.
        factory: `package.module:callable`; a placeholder, which `read_settings` refuses, where
            only the user knows it.
        inputs: What is known of the inputs; empty asks for them, None says that the file tells.
        ranges: (min, opt, max) of the symbols; those of inputs that are left out get a range to correct.
        values: Lowest value, and the first beyond the highest, of the inputs that have such.
        needs_factory: False for a file that holds the model itself.
    """
    lines = [HEAD, f"  {spelled_in_yaml(name)}:", f"    path: {spelled_in_yaml(path)}"]
    if needs_factory:
        comment = "" if factory else "   # returns the torch.nn.Module"
        lines.append(f"    factory: {factory or FACTORY_PLACEHOLDER}{comment}")
    if inputs is not None:
        lines += ["    inputs:", *_input_lines(inputs, values or {})]
    if symbols := tuple(ranges) if inputs is None else symbols_of(inputs.values()):
        lines += ["    profiles:", "      default:"]
        lines += [_range_line(symbol, ranges.get(symbol)) for symbol in symbols]
    return "\n".join(lines) + "\n"


def _input_lines(
    inputs: Mapping[str, TensorType], values: Mapping[str, tuple[int, int]]
) -> list[str]:
    if not inputs:
        return ['      # name in forward(): "float32[batch, 3, height, width]"']
    lines = []
    for name, tensor in inputs.items():
        told = f'"{tensor}"'
        if name in values:
            low, high = values[name]
            told = f"{{type: {told}, low: {low}, high: {high}}}"
        lines.append(f"      {spelled_in_yaml(name)}: {told}")
    return lines


def _range_line(symbol: str, span: tuple[int, int, int] | None) -> str:
    if span is None:
        return f"        {spelled_in_yaml(symbol)}: [1, 1, 8]   # [min, opt, max]: the sizes in production"
    if span[0] == span[2]:
        return f"        {spelled_in_yaml(symbol)}: {span[0]}"
    return (
        f"        {spelled_in_yaml(symbol)}: [{span[0]}, {span[1]}, {span[2]}]   # [min, opt, max]"
    )


def spelled_in_yaml(text: str) -> str:
    """Spell a text so that YAML reads it as this text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
