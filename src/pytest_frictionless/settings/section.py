"""A mapping of frictionless.yaml, and how what is wrong inside one is told."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.json_schema import JsonSchemaValue


class Section(BaseModel):
    """A mapping whose keys are known: any other key is an error, and nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, value: Any) -> Any:
        """A key with nothing behind it is not written: all its lines may be commented out."""
        if not isinstance(value, dict):
            return value
        return {k: v for k, v in value.items() if v is not None or k not in cls.model_fields}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """As pydantic writes it, with null for a key that has nothing behind it."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        for name, field in schema.get("properties", {}).items():
            said = {"description": cls.model_fields[name].description}
            if field.get("default", ...) not in (None, [], {}, ...):
                said["default"] = field["default"]
            rest = {k: v for k, v in field.items() if k not in ("title", "description", "default")}
            if name not in schema.get("required", ()):
                choices = rest["anyOf"] if list(rest) == ["anyOf"] else [rest]
                null = {"type": "null"}
                rest = {"anyOf": choices if null in choices else [*choices, null]}
            schema["properties"][name] = said | rest
        return schema


def shown(value: Any) -> str:
    """Spell a value about as YAML does, cut where it is long."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(word: str, known: Iterable[str]) -> str:
    """Give `, did you mean 'precision'?` for a misspelt word; empty where nothing is near."""
    by_lower = {each.lower(): each for each in known}
    lower = word.lower()

    def likeness(each: str) -> tuple[float, int]:
        # Of two as near as each other, the one with more letters in their places.
        in_place = sum(a == b for a, b in zip(each, lower, strict=False))
        return difflib.SequenceMatcher(None, lower, each).ratio(), in_place

    near = difflib.get_close_matches(lower, by_lower, n=max(len(by_lower), 1))
    return f", did you mean {by_lower[max(sorted(near), key=likeness)]!r}?" if near else ""


def refuse(problems: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise every problem, each at its own place below the value that is validated.

    Args:
        problems: A place, relative to that value, and a sentence. Without one nothing is raised.
    """
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
