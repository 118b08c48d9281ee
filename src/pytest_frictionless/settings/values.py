"""The words of frictionless.yaml, each checked as it is read: versions, paths, names, reasons."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictFloat, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from pytest_frictionless.settings.section import nearest, refuse, shown
from pytest_frictionless.shapes import DTYPES, TensorType

FACTORY_PLACEHOLDER = "package.module:callable"
"""What a scaffold writes where only the user knows the factory."""

_VERSION = r"^[0-9]+(\.[0-9]+){0,3}$"
_CAPABILITY = r"^([5-9]|1[0-9])\.[0-9]$"
_PLUGIN = r"^.+\.(so(\.[0-9]+)*|dll|py)$"
_NAME = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
_CALLABLE = rf"^{_NAME}:{_NAME}$"
_SIGNATURE = rf"^\s*({'|'.join(DTYPES)})\s*\[[^\[\]]*\]\s*$"


def _version(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise PydanticCustomError("unquoted", "a number: write the version in quotes")
    if not isinstance(value, str) or not _matches(_VERSION, value):
        raise ValueError(
            f'{shown(value)} is no version: write numbers and dots in quotes, as "10.15"'
        )
    return value


def _capability(value: Any) -> str:
    text = repr(float(value)) if isinstance(value, int | float) else str(value)
    if not _matches(_CAPABILITY, text) or isinstance(value, bool):
        raise ValueError(
            f"{shown(value)} is no compute capability: write major and minor with a dot, as 8.0 or 8.9"
        )
    return text


def _callable(text: str) -> str:
    if text == FACTORY_PLACEHOLDER:
        raise ValueError(f"{text!r} is still the placeholder: name your own function")
    if _matches(_CALLABLE, text):
        return text
    dotted = re.sub(r"\.(\w+)$", r":\1", text)
    hint = f", did you mean {dotted!r}?" if _matches(_CALLABLE, dotted) else ""
    raise ValueError(f"{text!r} is no callable: write package.module:callable{hint}")


def _path(text: str) -> str:
    path = PurePosixPath(text)
    if not text.strip() or "\0" in text:
        raise ValueError(f"{text!r} is no path")
    if "\\" in text:
        raise ValueError(f"{text!r} is no path: write / between folders")
    if ".." in path.parts:
        raise ValueError(f"{text!r} is not written from the root of the repository: leave out '..'")
    return str(path)


def _sample(text: str) -> str:
    if not text.endswith((".npz", ".npy")):
        raise ValueError(f"{text!r} is no sample: it takes a .npz or .npy file")
    return _path(text)


def _plugin(text: str) -> str:
    if not _matches(_PLUGIN, text):
        raise ValueError(
            f"{text!r} is no plugin: it takes a shared library (.so, .dll) or a Python file (.py)"
        )
    return _path(text)


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty")
    return text


def _reason_or_none(value: Any) -> Any:
    if value is False:
        return None
    if value is True:
        raise ValueError('true is not enough, a reason is needed: {reason: "..."}')
    if not isinstance(value, dict):
        return value
    refuse(
        ((key,), f"unknown key{nearest(key, ['reason']) or ', the only key is reason'}")
        for key in value
        if key != "reason"
    )
    if "reason" not in value or value["reason"] is None:
        raise ValueError('a reason is needed: {reason: "..."}')
    return value["reason"]


def _signature(text: str) -> str:
    return str(TensorType.parse(text))


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text) is not None


def _described(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


Text = Annotated[str, AfterValidator(_filled), _described(minLength=1)]
"""A text that says something."""

Version = Annotated[
    str, BeforeValidator(_version), _described(pattern=_VERSION, examples=["10.15"])
]
"""A version as text: YAML reads 10.10 without quotes as the number 10.1."""

ComputeCapability = Annotated[
    str,
    BeforeValidator(_capability),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 5, "exclusiveMaximum": 20},
                {"type": "string", "pattern": _CAPABILITY},
            ],
            "examples": [8.0, 8.9, 12.0],
        }
    ),
]
"""Major and minor with a dot, as text: "8.0"."""

CallableName = Annotated[
    str,
    AfterValidator(_callable),
    _described(pattern=_CALLABLE, examples=["shop.nets:resnet50"]),
]
"""`package.module:callable`."""

FilePath = Annotated[str, AfterValidator(_path), _described(minLength=1)]
"""A posix path from the root of the repository, or an absolute one; normalised."""

SamplePath = Annotated[str, AfterValidator(_sample), _described(pattern=r"\.np[yz]$")]
"""A .npz or .npy file."""

PluginPath = Annotated[str, AfterValidator(_plugin), _described(pattern=_PLUGIN)]
"""A shared library, or a Python file, that registers TensorRT plugins."""

Signature = Annotated[
    str,
    AfterValidator(_signature),
    _described(pattern=_SIGNATURE, examples=["float32[batch, 3, 224, 224]"]),
]
"""A tensor type, spelled as `shapes.TensorType` writes it."""

Reason = Annotated[
    Text | None,
    BeforeValidator(_reason_or_none),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "object",
                    "properties": {"reason": {"type": "string", "minLength": 1}},
                    "required": ["reason"],
                    "additionalProperties": False,
                },
                {"const": False},
            ]
        }
    ),
]
"""A switch that takes a reason: `"why"`, `{reason: "why"}`, or false for off."""

Whole = StrictInt
"""A whole number; text and booleans are none."""

Bound = Annotated[StrictFloat, Field(ge=0)]
"""A tolerance."""
