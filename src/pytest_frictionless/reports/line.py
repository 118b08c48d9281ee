"""One part of a record as a line of JSON, whatever a check has put into it."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def line_of(part: DataclassInstance, *, root: str = "") -> str:
    """The part as JSON; paths below `root`, which ends with a slash, are shortened."""
    try:
        text = _ENCODER.encode(part)
        text.encode()
    except (TypeError, ValueError):
        # No number, no Unicode, or nothing that JSON knows: rare, and looked for value by value.
        text = _ENCODER.encode(plain(asdict(part)))
    return text.replace(json.dumps(root, ensure_ascii=False)[1:-1], "") if root else text


def plain(value: Any) -> Any:
    """The value as JSON can say it: no finite number, no Unicode, and the rest are told in words."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {plain(str(name)): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return _number(float(value))
    return _fields(value) if isinstance(value, datetime.datetime) else plain(str(value))


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _fields(value: Any) -> Any:
    """What the encoder does not know: a dataclass, one level of it, or a date."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    raise TypeError(f"{type(value).__name__} is nothing that JSON knows")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_fields)
