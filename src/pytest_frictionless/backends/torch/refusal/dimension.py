"""A dimension that torch.export refuses to keep dynamic: what made it so, and what keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.torch.refusal.words import first_line, plain
from pytest_frictionless.finding import Finding
from pytest_frictionless.rewrites.sizes import Size, rewritten_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.backends.torch.refusal.guards import Guards
    from pytest_frictionless.finding import Place

_FIX = re.compile(r"^\s*(?P<symbol>\w+) = (?P<value>.+)$", re.MULTILINE)
_MULTIPLE = re.compile(r"= \d+\*_\w+")
_RELATION = re.compile(r"Eq\((?P<left>.+), (?P<right>[^,]+)\)$|Ne\((?P<ne>.+), (?P<not>[^,]+)\)$")


def specialised(
    error: BaseException,
    guards: Guards,
    symbols: Mapping[tuple[str, int, int], str],
    module: Any = None,
) -> Finding:
    """The finding of a dimension that cannot take its whole range.

    `symbols` names the declared dimension of a parameter, an index where it is variadic, and an axis.
    """
    text = plain(str(error))
    reasons = [line.strip(" -") for line in text.splitlines() if line.lstrip().startswith("- ")]
    fixes = _FIX.findall(text.partition("Suggested fixes:")[2])
    fixes = [(name, value) for name, value in fixes if not name.startswith("_")]
    names = {torchs: symbols.get(source, torchs) for torchs, source in guards.sources.items()}
    subject = ", ".join(dict.fromkeys(name for name, _ in fixes)) or _subject(text)
    told = [(_readable(guard, names), place) for guard, place in guards.guards]
    code, verb = _kind(text, fits_some_sizes(error))
    message = f"dimension {subject or 'declared dynamic'} {verb}"
    if fixes:
        message += (
            f": torch.export proves {'; '.join(f'{name} = {value}' for name, value in fixes)}"
        )
    elif told and code == "FR607":
        message += f": torch.export proves {told[0][0]}"
    first = fixes[0] if fixes else (subject.split(", ")[0], "")
    place, size = _culprit(first, guards, names, symbols)
    unrolled = next((guards.unrolled[s] for s in guards.unrolled if names.get(s) == first[0]), "")
    remedy = ""
    if unrolled:
        remedy = _recurrent(unrolled, first[0], symbols)
    elif place is not None and size is not None:
        remedy = rewritten_size(place, size, module)
    return Finding(
        code=code, message=message, place=place, remedy=remedy,
        cause="\n".join(map(_without_advice, reasons)) or first_line(text),
        evidence=tuple(
            (f"guard {guard}", f"{place.file}:{place.line}") for guard, place in _unique(told)[:5]
        ),
    )  # fmt: skip


def _recurrent(layer: str, symbol: str, symbols: Mapping[tuple[str, int, int], str]) -> str:
    """What helps where torch writes a recurrent layer step by step, and no line is at fault."""
    axes: dict[str, dict[int, str]] = {}
    for (parameter, _, axis), name in symbols.items():
        axes.setdefault(parameter, {})[axis] = name
    return (
        f"torch.export writes nn.{layer} out step by step, for one {symbol}. Fix {symbol} in the profile; or "
        f"serve a file\nwith ONNX's own {layer}, which keeps {symbol} open, and let that be tested:\n"
        f"torch.onnx.export(model, (example,), 'model.onnx', dynamo=False, input_names={list(axes)},\n"
        f"                  dynamic_axes={axes})"
    )


def fits_some_sizes(error: BaseException) -> bool:
    """Whether torch proves a multiple, which a relaxed capture would not tell.

    "batch = 2*_batch" is such a proof; a guard without a fix is one that no range can say.
    """
    text = plain(str(error))
    fixes = text.partition("Suggested fixes:")[2]
    return ("satisfy the generated guard" in text and not fixes) or bool(_MULTIPLE.search(fixes))


def _kind(text: str, is_part: bool) -> tuple[str, str]:
    if is_part:
        return "FR607", "fits some sizes of its range only"
    if "satisfy the generated guard" in text:
        return "FR602", "cannot take its whole range"
    return "FR601", "became a constant"


def _subject(text: str) -> str:
    match = re.search(r"Constraints violated \((?P<names>[^)]+)\)", text)
    return match["names"] if match else ""


def _culprit(
    fix: tuple[str, str], guards: Guards, names: Mapping[str, str],
    symbols: Mapping[tuple[str, int, int], str],
) -> tuple[Place | None, Size | None]:  # fmt: skip
    """The line that settled a dimension, and how forward() calls that dimension."""
    name, value = fix
    torchs = next((each for each, symbol in names.items() if symbol == name), "")
    parameter, index, axis = guards.sources.get(torchs, ("", -1, 0))
    owner = parameter if index < 0 else f"{parameter}[{index}]"
    constant = int(value) if value.isdigit() else None
    size = Size(symbol=name, expression=f"{owner}.shape[{axis}]", constant=constant)
    if torchs in guards.replaced:
        return guards.replaced[torchs][1], size
    about = [place for guard, place in guards.guards if re.search(rf"\b{torchs}\b", guard)]
    if about and torchs:
        return about[0], size
    return (guards.guards[0][1] if guards.guards else None), size


def _readable(guard: str, names: Mapping[str, str]) -> str:
    """A guard in the user's own names: `batch == 2` for `Eq(s77, 2)`."""
    for torchs, name in names.items():
        guard = re.sub(rf"\b{torchs}\b", name, guard)
    match = _RELATION.match(guard)
    if match is None:
        return guard
    return (
        f"{match['left']} == {match['right']}"
        if match["left"]
        else f"{match['ne']} != {match['not']}"
    )


def _without_advice(reason: str) -> str:
    return reason.partition(" If you're using mark_dynamic")[0]


def _unique(told: Sequence[tuple[str, Place]]) -> list[tuple[str, Place]]:
    return list({(guard, place.file, place.line): (guard, place) for guard, place in told}.values())
