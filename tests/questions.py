"""Checks with known answers, and an examiner that asks them of no checkpoint at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pytest_frictionless.check import Check, Context, Examiner, Scope
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.shapes import Profile, Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Bench:
    """What an examiner needs of a workbench."""

    spec: ModelSpec = field(default_factory=ModelSpec)
    name: str = "net"
    relative_path: str = "models/net.onnx"
    profiles: dict[str, Profile] = field(
        default_factory=lambda: {"default": Profile("default", {"n": Range(1, 4, 8)}, assumed=True)}
    )


def examiner(*checks: Check, **spec: Any) -> Examiner:
    bench = Bench(spec=ModelSpec.model_validate(spec))
    return Examiner(cast("Any", bench), {check.name: check for check in checks})


def check(
    name: str, *answers: Finding | Exception, scope: Scope = Scope.CHECKPOINT, **more: Any
) -> Check:
    """A check that gives these answers."""
    return Check(name=name, scope=scope, run=giving(*answers), **more)


def giving(*answers: Finding | Exception) -> Callable[[Context], Iterator[Finding]]:
    def run(ctx: Context) -> Iterator[Finding]:
        ctx.measurements["asked"] = ctx.measurements.get("asked", 0) + 1
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
            yield answer

    return run


ERROR = Finding(code="FR201", message="no way")
WARNING = Finding(code="FR303", message="not pinned", severity=Severity.WARNING)
SKIP = Finding(code="FR706", message="no kernel", severity=Severity.SKIP)
