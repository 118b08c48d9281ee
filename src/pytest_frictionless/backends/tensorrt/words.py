"""TensorRT's error texts: cleaned for people, and told apart by what they mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.machine import is_hardware, is_memory

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

_NOISE = (
    # Nearly every error on a machine without a GPU is followed by this one; it says nothing.
    re.compile(r"\[checkMacros\.cpp::catchCudaError.*", re.DOTALL),
    re.compile(r"\s*\bIn \S+ at /_src/\S+?:\d+"),
    re.compile(r"^\w+\.[ch]pp:\d+:\s*"),
    re.compile(r"\[\w+\.cpp::[\w~<>:]+::\d+\]\s*"),
)
_CALL = re.compile(r"^I\w+::\w+: Error Code \d+: [\w ]+ \((?P<words>.+)\)$", re.DOTALL)
"""As `IBuilder::buildSerializedNetwork: Error Code 4: API Usage Error (...)`."""
_QUOTED = re.compile(r'&&\s*"(?P<words>.+)"\s*$', re.DOTALL)

NO_OPERATOR = re.compile(
    r"[Pp]lugin.*not found|failed to load \w+ plugin|creator && getPluginCreatorVersion", re.DOTALL
)
_TYPE = re.compile(
    r"convertDtype|unsupported data ?type|unsupported input type|must have type\b|input has type\b"
    r"|must have same input types|requires inputs with type|support UINT8 types"
    r"|getType\(\) == DataType|\btype == DataType",
    re.IGNORECASE,
)
_PROFILE = re.compile(
    r"optimization profile|\bk(?:MIN|OPT|MAX)\b|missing dimensions in profile"
    r"|Dimension mismatch.*profile has|dimensions but profile \d|missing values for shape input"
    r"|provides number of elements|violate shape constraints|in profile \d+"
    r"|Shape provided for \w+ is inconsistent",
    re.DOTALL,
)
_NO_IMPLEMENTATION = re.compile(r"[Cc]ould not find any implementation for node|no valid tactic")
_TACTIC_MEMORY = re.compile(
    r"due to insuff?icient memory|[Mm]emory is insufficient to use tactic|insufficient workspace"
)
"""NVIDIA spells it both ways: TensorRT issues #1661, #4582; ultralytics/ultralytics #14751, #22271."""
CRASHED = "crashed while building"
UNANSWERED = "gave no answer within"


def clean(text: str) -> str:
    """The same text in one line, without CUDA noise, the call, and positions in NVIDIA's source."""
    for noise in _NOISE:
        text = noise.sub("", text)
    return _CALL.sub(r"\g<words>", " ".join(text.split()))


def reason(desc: str, *, engine: str, hints: Iterable[str] = ()) -> str:
    """What a parser error says, as words; never empty and never a C++ expression alone.

    Args:
        desc: The parser's text.
        engine: Flavour and version, for texts that name nothing.
        hints: Log texts that may say more than an empty error.
    """
    if desc.startswith("Invalid Node - ") and "\n" in desc:
        desc = desc.partition("\n")[2]
    text = _after_condition(clean(desc))
    quoted = _QUOTED.search(text)
    text = quoted["words"] if quoted else text
    if text == "false":
        return f"{engine} does not support this operator"
    return text or next(iter(hints), f"{engine} refuses this node and gives no reason")


def _after_condition(text: str) -> str:
    """Message of "Assertion failed: condition: message"."""
    start = "Assertion failed: "
    if not text.startswith(start):
        return text
    text, depth = text.removeprefix(start), 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text.startswith(": ", i):
            return text[i + 2 :]
    return text


def parse_kind(desc: str, code: str) -> str:
    """Kind of a rejection by the parser: "unknown", "type" or "unsupported"."""
    if NO_OPERATOR.search(desc):
        return "unknown"
    if code == "UNSUPPORTED_NODE_DATATYPE" or _TYPE.search(desc):
        return "type"
    return "unsupported"


def is_node_local(desc: str) -> bool:
    """True where the refusal depends on the node alone and on nothing before it."""
    return desc.strip() == "false" or bool(
        NO_OPERATOR.search(desc) or "data type for the Cast" in desc
    )


def is_profile_error(errors: Iterable[str]) -> bool:
    """True where the optimization profile, and not the model, is at fault."""
    return any(_PROFILE.search(text) for text in errors)


def is_memory_error(errors: Iterable[str]) -> bool:
    """True where the build ran out of memory; "no implementation" alone does not say so."""
    return any(is_memory(text) or _TACTIC_MEMORY.search(text) for text in errors)


def is_hardware_error(errors: Iterable[str]) -> bool:
    """True where this GPU is none that this TensorRT builds for."""
    return any(is_hardware(text) for text in errors)


def disguised_memory(errors: Iterable[str], warnings: Iterable[str]) -> list[str]:
    """Warnings about memory, where the error speaks of no implementation: they are the cause.

    The builder tries every kernel it has; where each one is skipped for want of memory it says no
    more in the end than that it found none.
    """
    if not any(_NO_IMPLEMENTATION.search(text) for text in errors):
        return []
    return [text for text in warnings if is_memory_error([text])]


def build_kind(words: str) -> str:
    """Kind of what a trial build gave: "crash" and "time" are no refusal, "builder" is one."""
    if CRASHED in words:
        return "crash"
    return "time" if UNANSWERED in words else "builder"


_WORD = re.compile(r"[\w./:-]*\w")
_FUSED = re.compile(r"\{ForeignNode\[.*?\]\}")
_LIST = re.compile(r"\[[#,\s-]*\]")


def same_words(text: str, names: Container[str]) -> str:
    """What is left of a text when names of the model and numbers are taken out of it.

    Two refusals are the same where this is: a part of a model has other sizes, and names fewer nodes.
    """

    def bare(match: re.Match[str]) -> str:
        word = match[0]
        stem = re.sub(r"_\d+$|_\w*Layer$", "", word.removeprefix("node_of_"))
        return "*" if word in names or stem in names else re.sub(r"\d+", "#", word)

    return _LIST.sub("[#]", _WORD.sub(bare, _FUSED.sub("ForeignNode", text)))
