"""A failed export, with everything that tells where it failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.torch.refusal.words import chain_of, plain
from pytest_frictionless.finding import Finding, Place
from pytest_frictionless.place import place_of_error, quoted_places

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed export."""

    chain: list[BaseException]
    """The exception and its causes, outermost first."""
    texts: list[str]
    """What each of them says, in plain words."""
    place: Place | None
    module: Any = None
    """The torch module that was exported, where there is one."""
    program: torch.export.ExportedProgram | None = None
    """What was captured, where the failure came after."""
    example: Callable[[], object] | None = None
    """Calls the model without the exporter."""

    @property
    def last(self) -> BaseException:
        """The exception that started it."""
        return self.chain[-1]

    @property
    def reason(self) -> str:
        """What was said innermost, where anything was."""
        return next((text for text in reversed(self.texts) if text), type(self.last).__name__)

    @property
    def file(self) -> str:
        """The user's file, "" where no line of the user is known."""
        return self.place.file if self.place else ""

    @property
    def line(self) -> int:
        """Line in `file`."""
        return self.place.line if self.place else 0

    def finding(self, code: str, message: str, *, remedy: str = "", cause: str = "") -> Finding:
        """A finding at the place of this failure."""
        return Finding(code=code, message=message, place=self.place, cause=cause, remedy=remedy)

    def at(self, place: Place | None) -> Failure:
        """The same failure at another place."""
        return replace(self, place=place or self.place)


def failure_of(
    error: BaseException, *, module: Any = None, program: torch.export.ExportedProgram | None = None,
    example: Callable[[], object] | None = None,
) -> Failure:  # fmt: skip
    """Read the chain of an exception."""
    chain = chain_of(error)
    texts = [plain(str(each)) for each in chain]
    translated = next((p for e in chain if (p := _of_locals(e))), None) if program else None
    place = translated or _place(chain, texts, module)
    return Failure(
        chain=chain, texts=texts, place=place, module=module, program=program, example=example
    )


def place_of_fx_node(node: Any) -> Place | None:
    """Where a captured operation comes from; the layer alone where the line was not kept."""
    meta = getattr(node, "meta", {})
    source = next(quoted_places(meta.get("stack_trace") or ""), None)
    stack = list((meta.get("nn_module_stack") or {}).values())
    path = str(stack[-1][0]) if stack and isinstance(stack[-1], tuple) else ""
    layer = path.removeprefix("L['self']").strip(".")
    if source is None:
        return Place(module=layer) if layer else None
    return replace(source, module=layer)


def _place(chain: list[BaseException], texts: list[str], module: Any) -> Place | None:
    """The user's line: from a traceback, or from the stack that is quoted."""
    by_frame = next((p for e in reversed(chain) if (p := place_of_error(e, module=module))), None)
    quoted = next((p for text in reversed(texts) if (p := next(quoted_places(text), None))), None)
    if by_frame is not None and quoted is not None:
        same = (by_frame.file, by_frame.line) == (quoted.file, quoted.line)
        return by_frame if same else replace(quoted, module=by_frame.module)
    return by_frame or quoted


def _of_locals(error: BaseException) -> Place | None:
    """The exporter's frames hold the operation they were at."""
    trace = error.__traceback__
    place = None
    while trace is not None:
        node = trace.tb_frame.f_locals.get("node")
        place = (place_of_fx_node(node) if hasattr(node, "meta") else None) or place
        trace = trace.tb_next
    return place
