"""What all workbenches of a run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_frictionless.checkpoint.discovery import checkpoints_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_frictionless.checkpoint.discovery import Checkpoint
    from pytest_frictionless.settings.settings import Settings
    from pytest_frictionless.workbench.forking import Zygote
    from pytest_frictionless.workbench.isolation import Limits
    from pytest_frictionless.workbench.store import Store


@dataclass(slots=True, kw_only=True)
class Shop:
    """What all workbenches of a run share."""

    root: Path
    """Folder of the repository: factories are imported from it, keys do not hold it."""
    settings: Settings
    store: Store
    zygote: Zygote
    limits: Limits
    tick: Callable[[str, float], None] = field(default=lambda _step, _seconds: None)
    """Told the step and the seconds it has taken, while a step runs."""
    device: dict[str, Any] = field(default_factory=dict)
    """What is known of the GPU; asked for once a process."""
    components: dict[str, str] = field(default_factory=dict)
    """Versions of what is installed on this machine; asked for once a process."""

    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint below the roots of the repository."""
        settings = self.settings
        return checkpoints_of(self.root, roots=settings.roots, exclude=settings.exclude)
