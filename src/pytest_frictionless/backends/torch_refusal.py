"""What torch says when it does not export, told as a finding with the user's line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_frictionless.finding import Finding, Place
from pytest_frictionless.place import place_of_error, quoted_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_NO_FUNCTION = re.compile(r"No ONNX function found for (?:<OpOverload\(op=')?(?P<op>[\w.:]+)")
_NO_SYMBOLIC = re.compile(r"(?:ONNX export of operator |Exporting the operator ')(?P<op>[\w:]+)")
_BOILERPLATE = re.compile(
    r"^(For more information|The error above occurred when calling|For extended logs|"
    r"For more debugging help|For C\+\+ stack trace|If you suspect the guard).*$",
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
    kept = _BOILERPLATE.sub("", _ANSI.sub("", text))
    return re.sub(r"\n{2,}", "\n", kept).strip()


def finding_of(
    error: BaseException, *, program: torch.export.ExportedProgram | None = None
) -> Finding:
    """The finding of a failed export.

    torch.onnx wraps the reason in "This is step 1/3 of exporting the model": the last cause of the
    chain is the one that says something.
    """
    chain = chain_of(error)
    texts = [plain(str(each)) for each in chain]
    place = _place(chain, texts)
    for text in texts:
        if match := _NO_FUNCTION.search(text) or _NO_SYMBOLIC.search(text):
            message = f"{match['op']} has no ONNX counterpart at this opset"
            place = place or _place_of_target(program, match["op"])
            return Finding(code="FR203", message=message, place=place, cause=_first(texts[-1]))
    for text in texts:
        if "data-dependent" in text or "GuardOnDataDependent" in text:
            return Finding(
                code="FR202", message="a branch depends on the value of a tensor",
                place=place, cause=_first(text),
            )  # fmt: skip
    last = next((text for text in reversed(texts) if text), type(chain[-1]).__name__)
    message = f"export failed: {type(chain[-1]).__name__}: {_first(last)}"
    return Finding(code="FR201", message=message, place=place, cause=last)


def specialised(error: BaseException, guards: Sequence[tuple[str, Place]]) -> Finding:
    """The finding of a dimension that cannot take its whole range."""
    text = plain(str(error))
    reasons = [line.strip(" -") for line in text.splitlines() if line.lstrip().startswith("- ")]
    fixes = text.partition("Suggested fixes:")[2].strip().splitlines()
    code = "FR602" if "satisfy the generated guard" in text else "FR601"
    subject = ", ".join(dict.fromkeys(re.findall(r"^\s*(\w+) = ", "\n".join(fixes), re.MULTILINE)))
    verb = "cannot take its whole range" if code == "FR602" else "became a constant"
    message = f"dimension {subject or 'declared dynamic'} {verb}"
    if fixes:
        message += f": torch.export proves {'; '.join(fix.strip() for fix in fixes)}"
    return Finding(
        code=code, message=message, place=guards[0][1] if guards else None,
        cause="\n".join(reasons) or _first(text),
        evidence=tuple((f"guard {guard}", f"{place.file}:{place.line}") for guard, place in guards[:5]),
    )  # fmt: skip


def _place(chain: Sequence[BaseException], texts: Sequence[str]) -> Place | None:
    """The user's line: from the stack that torch quotes, else from a traceback."""
    for text in reversed(texts):
        if place := next(quoted_places(text), None):
            return place
    for each in reversed(chain):
        if place := place_of_error(each):
            return place
    return None


def _place_of_target(program: torch.export.ExportedProgram | None, target: str) -> Place | None:
    """The user's line that calls an operator, from the program that was captured."""
    for node in program.graph.nodes if program is not None else ():
        if str(node.target).startswith(target.replace("::", ".")):
            return next(quoted_places(node.meta.get("stack_trace") or ""), None)
    return None


def _first(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
