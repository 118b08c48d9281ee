"""From a stack frame or an ONNX node back to the line the user wrote."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.finding import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

STACK_TRACE = "pkg.torch.onnx.stack_trace"
NAME_SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
"""Keys of the metadata that torch's exporter gives every node."""

_MACHINERY = {"torch", "onnx", "onnxscript", "onnx_ir", "onnxruntime", "numpy", "sympy"}
_FRAME = re.compile(
    r'File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in [^\n]+)?\n\s*(?P<text>[^\n]*)'
)


def is_model_code(filename: str) -> bool:
    """Whether a stack frame is of the model: neither of the exporter, nor of Python, nor ours."""
    path = Path(filename)
    if not path.is_absolute() or path.is_relative_to(Path(__file__).parent):
        return False
    if package := package_of(filename):
        return package not in _MACHINERY
    return not path.is_relative_to(sys.base_prefix)


def package_of(filename: str) -> str:
    """The installed package that a file is of, "" for the user's own."""
    parts = Path(filename).parts
    return parts[parts.index("site-packages") + 1] if "site-packages" in parts else ""


def place_of_error(error: BaseException, *, module: Any = None) -> Place | None:
    """Innermost line of the model's own code in a traceback, and the layer of `module` it is in."""
    frames = list(traceback.walk_tb(error.__traceback__))
    for frame, line in reversed(frames):
        if is_model_code(frame.f_code.co_filename):
            text = linecache.getline(frame.f_code.co_filename, line)
            return Place(
                file=frame.f_code.co_filename, line=line, text=text,
                module=_layer(module, [each for each, _ in frames]),
            )  # fmt: skip
    return None


def _layer(module: Any, frames: Sequence[FrameType]) -> str:
    """Path of the innermost layer, among those of the model's own code, that was being called."""
    if not hasattr(module, "named_modules"):
        return ""
    names = {id(layer): name for name, layer in module.named_modules()}
    for frame in reversed(frames):
        name = names.get(id(frame.f_locals.get("self")))
        if name is not None and is_model_code(frame.f_code.co_filename):
            return str(name)
    return ""


def quoted_places(text: str) -> Iterator[Place]:
    """The model's own lines of a stack printed as text, innermost first."""
    for match in reversed(list(_FRAME.finditer(text))):
        if is_model_code(match["file"]):
            yield Place(file=match["file"], line=int(match["line"]), text=match["text"])


def _names(text: str) -> list[str]:
    """A list of names that was written with `repr`."""
    try:
        return [str(name) for name in ast.literal_eval(text)]
    except (ValueError, SyntaxError, TypeError):
        return []


def place_of_node(*, name: str, operator: str, metadata: Mapping[str, str]) -> Place:
    """Where a node is: in the graph, in the model, and in the user's source where it was recorded."""
    source = next(quoted_places(metadata.get(STACK_TRACE, "")), Place())
    scopes = [scope for scope in _names(metadata.get(NAME_SCOPES, ""))[:-1] if scope]
    return Place(
        node=name, operator=operator, module=scopes[-1] if scopes else _layer_of_name(name),
        file=source.file, line=source.line, text=source.text,
    )  # fmt: skip


def _layer_of_name(name: str) -> str:
    """The layer that torch's tracing exporter wrote into a name: "/layer1/layer1.0/conv/Conv"."""
    if not name.startswith("/"):
        return ""
    parts: list[str] = []
    for part in name.split("/")[1:-1]:
        if parts and part.startswith(f"{parts[-1]}."):
            parts.pop()
        parts.append(part)
    return ".".join(parts)


def path_below(path: Path, root: Path) -> str:
    """A path from the folder of the repository, posix, as frictionless.yaml and messages name it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
