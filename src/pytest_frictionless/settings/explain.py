"""What pydantic found, as sentences about frictionless.yaml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from pytest_frictionless.settings.section import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from pytest_frictionless.settings.document import Document, KeyPath

_SHAPES = {
    "string_type": "text: write it in quotes",
    "int_type": "whole number",
    "int_from_float": "whole number",
    "float_type": "number",
    "finite_number": "number",
    "tuple_type": "list: write [...]",
    "dict_type": "mapping: write a key and a value",
}


def problems_of(
    error: ValidationError, document: Document, at: KeyPath, section: type[BaseModel]
) -> Iterator[tuple[KeyPath, str]]:
    """Tell each error's place in the document, and what is wrong there.

    Args:
        error: What validating gave.
        document: What was validated, or holds it.
        at: Where in the document the validated value stands.
        section: What it was validated as.
    """
    for details in error.errors(include_url=False):
        place = (*at, *details["loc"])
        if details["type"] == "missing":
            key = str(details["loc"][-1])
            field = section_at(section, details["loc"][:-1]).model_fields[key]
            said = (field.description or "").rstrip(".")
            yield place[:-1], f"the key {key!r} is missing: {said[:1].lower()}{said[1:]}"
        else:
            yield place, _sentence(details, document, place, section)


def _sentence(
    details: ErrorDetails, document: Document, place: KeyPath, section: type[BaseModel]
) -> str:
    kind, context = details["type"], details.get("ctx", {})
    mark = document.marks.get(place)
    value = details["input"]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = mark.text if mark and mark.text is not None and is_number else shown(value)
    match kind:
        case "refused":
            return str(context["sentence"])
        case "value_error":
            return str(context["error"])
        case "extra_forbidden":
            known = list(section_at(section, details["loc"][:-1]).model_fields)
            key = str(details["loc"][-1])
            return f"unknown key{nearest(key, known) or ': the keys are ' + ', '.join(known)}"
        case "unquoted":
            was = "" if text == str(value) else f", and YAML reads it as {value}"
            return f'{text} is a number{was}: write the version in quotes, "{text}"'
        case "literal_error":
            choices = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
            hint = nearest(value, choices) if isinstance(value, str) else ""
            return f"{text} is none of {', '.join(choices)}{hint}"
        case "greater_than" | "greater_than_equal" | "less_than_equal":
            words = {"gt": "more than", "ge": "at least", "le": "at most"}
            name = next(name for name in words if name in context)
            return f"{text} is out of range: it takes {words[name]} {context[name]:g}"
        case "model_type" | "model_attributes_type":
            keys = ", ".join(section_at(section, details["loc"]).model_fields)
            return f"{text} is no mapping: it takes the keys {keys}"
    if kind in _SHAPES:
        return f"{text} is no {_SHAPES[kind]}"
    return f"{text}: {details['msg'][:1].lower()}{details['msg'][1:]}"


def section_at(section: type[BaseModel], place: KeyPath) -> type[BaseModel]:
    """The section that stands at this place: keys of a `dict` are the user's own names."""
    annotation: Any = section
    for part in place:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = _unwrapped(annotation.model_fields[str(part)].annotation)
        else:
            annotation = _unwrapped(get_args(annotation)[1])
    return cast("type[BaseModel]", annotation)


def _unwrapped(annotation: Any) -> Any:
    """`X` of `X | None`."""
    if get_origin(annotation) in (None, dict):
        return annotation
    return next(each for each in get_args(annotation) if each is not type(None))
