"""Steps of one checkpoint: found in the store, or carried out in child processes."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_frictionless.errors import NotMade
from pytest_frictionless.workbench.tools import own_digest, tools_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_frictionless.workbench.isolation import Child
    from pytest_frictionless.workbench.shop import Shop
    from pytest_frictionless.workbench.store import Artifact

BACKENDS = "pytest_frictionless.backends"


class Steps:
    """Finds or makes artifacts; one child keeps what it has loaded from step to step."""

    def __init__(
        self, shop: Shop, *, preload: Sequence[str], told: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """The children have `preload` and `told` imported, as `Zygote.fork`, and these variables set."""
        self.shop = shop
        self._told = told
        self._environment = environment or {}
        self._preload = preload
        self._child: Child | None = None
        self._only_found = False
        self._known: dict[tuple[str, str], Artifact] = {}

    def fetch(
        self, step: str, arguments: Mapping[str, Any], *, keyed: Any, keep: Any = None,
        alone: bool = False,
    ) -> Artifact:  # fmt: skip
        """Find or make one artifact; `keyed` and `keep` are what it depends on.

        One that is made `alone`, in a process of its own, has no sources of the steps before it.
        """
        key = {"of": keyed, "arguments": keep, "tools": tools_of(step), "steps": own_digest()}
        memo = (step, repr(key))
        if memo not in self._known:
            name = step.replace(":", "-")
            self._known[memo] = self.shop.store.fetch(
                name, key, lambda folder: self._make(step, arguments, folder, alone=alone)
            )
        return self._known[memo]

    @contextmanager
    def only_found(self) -> Iterator[None]:
        """Take artifacts from the store alone: what is not there raises NotMade."""
        before, self._only_found = self._only_found, True
        try:
            yield
        finally:
            self._only_found = before

    def known(self, step: str) -> list[Artifact]:
        """Artifacts of a step that this process has found or made, in that order."""
        return [artifact for (name, _), artifact in self._known.items() if name == step]

    def measure(
        self, step: str, arguments: Mapping[str, Any], **environment: str
    ) -> dict[str, Any]:
        """Carry out a step whose answer is never kept, in a process of its own.

        `environment` holds variables that the process starts with.
        """
        with (
            tempfile.TemporaryDirectory(prefix="frictionless-") as folder,
            self._apart(**environment) as child,
        ):
            return self._carry_out(child, step, arguments, Path(folder))[0]

    def _make(
        self, step: str, arguments: Mapping[str, Any], folder: Path, *, alone: bool
    ) -> tuple[dict[str, Any], dict[str, str]]:
        if self._only_found:
            raise NotMade(step)
        if alone:
            with self._apart() as child:
                return self._carry_out(child, step, arguments, folder)
        if self._child is None or not self._child.alive:
            self._child = self._fork()
        return self._carry_out(self._child, step, arguments, folder)

    @contextmanager
    def _apart(self, **environment: str) -> Iterator[Child]:
        """A process that ends with the step."""
        child = self._fork(**environment)
        try:
            yield child
        finally:
            child.kill()
            child.log.unlink(missing_ok=True)

    def _fork(self, **environment: str) -> Child:
        given = {**self._environment, **environment}
        zygote = self.shop.zygote.variant(**given) if given else self.shop.zygote
        logs = self.shop.store.root / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=logs, suffix=".log", delete=False) as log:
            return zygote.fork(preload=self._preload, told=self._told, log=Path(log.name))

    def _carry_out(
        self, child: Child, step: str, arguments: Mapping[str, Any], folder: Path
    ) -> tuple[dict[str, Any], dict[str, str]]:
        name = step.rpartition(":")[2]
        return child.run(
            f"{BACKENDS}.{step}", arguments, folder=folder, limits=self.shop.limits,
            tick=lambda seconds: self.shop.tick(name, seconds),
        )  # fmt: skip

    def close(self) -> None:
        """End the child process; the artifacts stay."""
        if self._child is not None:
            self._child.kill()
            self._child.log.unlink(missing_ok=True)
            self._child = None
