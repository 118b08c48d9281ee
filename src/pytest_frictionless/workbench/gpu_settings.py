"""The settings that verdicts on a GPU depend on, each by its digest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pytest_frictionless.checkpoint.digest import content_digest

if TYPE_CHECKING:
    from pytest_frictionless.workbench.workbench import Workbench

OF_MODEL = {"inputs", "outputs", "profiles", "precision", "tolerance", "budget"}
OF_REPOSITORY: dict[str, Any] = {
    "latency": True, "cliffs": True, "baselines": {"require", "memory_growth", "expire_days"},
}  # fmt: skip
"""What else the verdicts depend on. `ignore` does not count: it is applied to what was signed."""


def settings_of(bench: Workbench) -> dict[str, str]:
    """SHA-256 of each setting that the verdicts of GPU items depend on, where it is set.

    The user's functions are none: what they import and read is known once they ran, see `Files.sources`.
    """
    how: dict[str, Any] = {"mode": "json", "exclude_defaults": True}
    told = bench.spec.model_dump(include=OF_MODEL, **how)
    told |= bench.shop.settings.model_dump(include=OF_REPOSITORY, **how)
    inputs = bench.spec.inputs.values()
    for name, paths in (
        ("samples", [bench.shop.root / each.sample for each in inputs if each.sample]),
        ("plugins", bench.plugin_files),
    ):
        told[name] = [
            content_digest([path], memo=bench.shop.store.memo) for path in paths if path.is_file()
        ]
    return {name: _digest(value) for name, value in told.items() if value}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
