"""torch's words without what surrounds them."""

from __future__ import annotations

import re

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_BOILERPLATE = re.compile(
    r"^\s*(For more information|The error above occurred when calling|For extended logs|"
    r"For more debugging help|For C\+\+ stack trace|If you suspect the guard|consider using data-dep|"
    r"Caused by: \(|\(These suggested fixes|\(Refer to the full stack trace|Use tlparse).*$",
    re.MULTILINE,
)
_ADVICE = re.compile(
    r"\. (?:If you're using mark_dynamic|You may have run into this message|Please file an issue|"
    r"If this type holds tensors|If you don't need to register|See the stack trace for more).*$",
    re.MULTILINE,
)


def chain_of(error: BaseException) -> list[BaseException]:
    """The exception and its causes, outermost first."""
    chain = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) and inner not in chain:
        chain.append(inner)
    return chain


def plain(text: str) -> str:
    """Text without colours, and without torch's advice on its own debugging."""
    kept = _ADVICE.sub(".", _BOILERPLATE.sub("", _ANSI.sub("", text)))
    return re.sub(r"\n\s*\n+", "\n", kept).strip()


def first_line(text: str) -> str:
    """The first line that says something."""
    return text.strip().splitlines()[0] if text.strip() else ""
