"""The words of frictionless.yaml, each checked as it is read: versions, paths, names, reasons."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

FACTORY_PLACEHOLDER = "package.module:callable"
"""What a scaffold writes where only the user knows the factory."""

_VERSION = r"^\d+(\.\d+){0,3}$"
_CAPABILITY = r"^([5-9]|1\d)\.\d$"
_CALLABLE = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$"


class Section(BaseModel):
    """A mapping of frictionless.yaml: unknown keys are errors, and nothing changes after."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=False
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """Give `, did you mean 'precision'?` for a misspelt word, empty where nothing is near."""
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f", did you mean {by_lower[near[0]]!r}?" if near else ""


def refuse(problems: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise every problem at its own place below the value that is validated; none is fine."""
    details = [
        # The sentence travels as a value: it may hold braces, which a template would read.
        InitErrorDetails(
            type=PydanticCustomError("refused", "{sentence}", {"sentence": sentence}),
            loc=place,
            input=None,
        )
        for place, sentence in problems
    ]
    if details:
        raise ValidationError.from_exception_data("frictionless.yaml", details)


def or_empty(value: Any) -> Any:
    """Read a key with nothing behind it as an empty section: all its lines are commented out."""
    return {} if value is None else value


def or_none(value: Any) -> Any:
    """Read a key with nothing behind it as an empty list."""
    return () if value is None else value


def _version(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise PydanticCustomError("unquoted", f"{value} is a number: write the version in quotes")
    if not isinstance(value, str) or not re.match(_VERSION, value):
        raise ValueError(f'{value!r} is no version: write numbers and dots in quotes, as "10.15"')
    return value


def _capability(value: Any) -> str:
    text = repr(float(value)) if isinstance(value, float) else str(value)
    if not re.match(_CAPABILITY, text) or isinstance(value, bool):
        raise ValueError(
            f"{value!r} is no compute capability: write major and minor with a dot, as 8.0 or 8.9"
        )
    return text


def _callable(text: str) -> str:
    if text == FACTORY_PLACEHOLDER:
        raise ValueError(f"{text!r} is still the placeholder: name your own function")
    if re.match(_CALLABLE, text):
        return text
    dotted = re.sub(r"\.(\w+)$", r":\1", text)
    hint = f", did you mean {dotted!r}?" if ":" not in text and re.match(_CALLABLE, dotted) else ""
    raise ValueError(f"{text!r} is no callable: write package.module:callable{hint}")


def _path(text: str) -> str:
    path = PurePosixPath(text)
    if not text.strip() or "\0" in text:
        raise ValueError(f"{text!r} is no path")
    if "\\" in text:
        raise ValueError(f"{text!r} is no path: write / between folders")
    if ".." in path.parts:
        raise ValueError(
            f"{text!r} leaves its folder by '..': write the path from the root of the repository"
        )
    return str(path)


def _sample(text: str) -> str:
    if not text.endswith((".npz", ".npy")):
        raise ValueError(f"{text!r} is no sample: it takes a .npz or .npy file")
    return _path(text)


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty")
    return text


def reason_or_none(value: Any) -> Any:
    """Read a switch that takes a reason: `"why"`, `{reason: "why"}`, or false for off."""
    if value is False:
        return None
    if value is True:
        raise ValueError('true is not enough: say why, as {reason: "..."}')
    if not isinstance(value, dict):
        return value
    refuse(
        ((str(key),), f"unknown key{nearest(str(key), ['reason'])}")
        for key in value
        if key != "reason"
    )
    if not isinstance(value.get("reason"), str):
        raise ValueError('a reason is needed: {reason: "..."}')
    return value["reason"]


Version = Annotated[
    str,
    BeforeValidator(_version),
    WithJsonSchema({"type": "string", "pattern": _VERSION, "examples": ["10.15"]}),
]
"""A version as text: YAML reads 10.10 without quotes as the number 10.1."""

ComputeCapability = Annotated[
    str,
    BeforeValidator(_capability),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 5, "exclusiveMaximum": 20, "multipleOf": 0.1},
                {"type": "string", "pattern": _CAPABILITY},
            ],
            "examples": [8.0, 8.9, 12.0],
        }
    ),
]
"""Major and minor with a dot, as text: "8.0"."""

CallableName = Annotated[str, AfterValidator(_callable), Field(pattern=None)]
"""`package.module:callable`."""

RelativePath = Annotated[str, AfterValidator(_path)]
"""A posix path from the root of the repository, normalised."""

SamplePath = Annotated[str, AfterValidator(_sample)]
"""A .npz or .npy file."""

Text = Annotated[str, AfterValidator(_filled)]
"""A text that says something."""

Count = Annotated[StrictInt, Field(gt=0)]
"""A whole number above zero."""

Bound = Annotated[StrictFloat, Field(ge=0)]
"""A tolerance."""
