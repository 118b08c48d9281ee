"""A mapping of frictionless.yaml, and how what is wrong inside one is told."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError


class Section(BaseModel):
    """A mapping whose keys are known: any other key is an error, and nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, value: Any) -> Any:
        """A key with nothing behind it is not written: all its lines may be commented out."""
        if value is None:
            return {}
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
            field.pop("title", None)
            if field.get("default", ...) in (None, [], {}):
                del field["default"]
            if name not in schema.get("required", ()):
                schema["properties"][name] = _or_null(field)
        return schema


def _or_null(field: JsonSchemaValue) -> JsonSchemaValue:
    described = {key: field[key] for key in ("description", "default") if key in field}
    rest = {key: value for key, value in field.items() if key not in described}
    choices = rest["anyOf"] if list(rest) == ["anyOf"] else [rest]
    if {"type": "null"} not in choices:
        choices = [*choices, {"type": "null"}]
    return {**described, "anyOf": choices}


def nearest(word: str, known: Iterable[str]) -> str:
    """Give `, did you mean 'precision'?` for a misspelt word; empty where nothing is near."""
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f", did you mean {by_lower[near[0]]!r}?" if near else ""


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
