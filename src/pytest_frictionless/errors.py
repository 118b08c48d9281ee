"""Every exception of the project.

FrictionlessError
├── ConfigError            what the user wrote cannot be used; every problem at once
├── MissingDependency      a package this step needs is not installed: the item skips
│   └── MissingDevice      ... or a GPU that it needs is not there, or cannot run the engine
├── NotMade                an artifact is not there, and was only to be looked for
└── StepFailed             a step ended in a finding: the model, or its toolchain, is at fault
    └── StepInterrupted    ... by time, memory or a signal: never cached, it may pass next time

CheckFailed(AssertionError)  the findings of one item, raised by the pytest layer
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.finding import Finding


class FrictionlessError(Exception):
    """Root of everything this project raises on purpose."""


class ConfigError(FrictionlessError):
    """The configuration cannot be used; `problems` holds one line for each mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class MissingDependency(FrictionlessError):
    """A package is not installed; the message names it and the extra that brings it."""

    def __init__(self, package: str, *, purpose: str, extra: str) -> None:
        self.package = package
        super().__init__(
            f"{package} is not installed, and {purpose} needs it: "
            f"pip install 'pytest-frictionless[{extra}]'"
        )


class MissingDevice(MissingDependency):
    """There is no GPU, or none that can run the engine; the message says what would."""

    def __init__(self, message: str) -> None:
        FrictionlessError.__init__(self, message)


class NotMade(FrictionlessError):
    """An artifact is not in the store, and the caller wants to make nothing."""


class StepFailed(FrictionlessError):
    """A step could not produce its artifact; `finding` tells why."""

    def __init__(self, finding: Finding, *, sources: Mapping[str, str] | None = None) -> None:
        self.finding = finding
        self.sources = dict(sources or {})
        """Digests of the user's files that were read on the way: the failure holds while they do."""
        super().__init__(finding.headline)


class StepInterrupted(StepFailed):
    """A step was stopped by its time limit, its memory limit or a signal."""


class CheckFailed(AssertionError):
    """One item failed: the model is at fault, and `findings` say how."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.headline for finding in self.findings))
