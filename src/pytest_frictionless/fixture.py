"""The `frictionless` fixture: the workbench, for tests that users write themselves."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless._glue.config import RUN, checks_of, shop_of
from pytest_frictionless.check import Check, Examiner, Scope, Verdict
from pytest_frictionless.checkpoint.discovery import Checkpoint
from pytest_frictionless.errors import CheckFailed, ConfigError
from pytest_frictionless.opening import open_workbench
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.stand_ins import stand_ins
from pytest_frictionless.workbench.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Collection

    from pytest_frictionless.workbench.workbench import Workbench

SHOP = pytest.StashKey[Shop]()


class Frictionless:
    """What a user's own test can ask about a checkpoint."""

    def __init__(self, shop: Shop, checks: dict[str, Check]) -> None:
        self._shop = shop
        self._checks = checks
        self._examiners: dict[Path, Examiner] = {}

    def workbench(self, checkpoint: Checkpoint | Path | str) -> Workbench:
        """Artifacts of a checkpoint: `weights()`, `onnx()`, `execution(point)`, `build(...)`.

        Raises ConfigError where the path is no checkpoint.
        """
        return self._examiner(checkpoint).workbench

    def verdict(
        self,
        checkpoint: Checkpoint | Path | str,
        check: str,
        *,
        profile: str = "default",
        point: str = "opt",
    ) -> Verdict:
        """Ask one of the checks; `profile` and `point` count where the check is asked for them."""
        examiner = self._examiner(checkpoint)
        _known("check", check, self._checks)
        asked = self._checks[check]
        if asked.scope is not Scope.CHECKPOINT:
            _known("profile", profile, examiner.workbench.profiles)
        if asked.scope is Scope.POINT:
            _known("point", point, POINTS)
        return examiner.verdict(asked, profile, point)

    def require(
        self,
        checkpoint: Checkpoint | Path | str,
        check: str,
        *,
        profile: str = "default",
        point: str = "opt",
    ) -> None:
        """Ask one of the checks, and fail the test with its findings or skip it as an item would."""
        verdict = self.verdict(checkpoint, check, profile=profile, point=point)
        if verdict.failed:
            raise CheckFailed(verdict.findings)
        if verdict.skip:
            pytest.skip(verdict.skip)

    def _examiner(self, checkpoint: Checkpoint | Path | str) -> Examiner:
        given = checkpoint.path if isinstance(checkpoint, Checkpoint) else Path(checkpoint)
        path = given.absolute()
        if path not in self._examiners:
            bench = open_workbench(self._shop, path)
            self._examiners[path] = Examiner(bench, self._checks, stand_ins(bench, self._checks))
        return self._examiners[path]

    def close(self) -> None:
        """End every child process."""
        for examiner in self._examiners.values():
            examiner.workbench.close()


def _known(kind: str, name: str, known: Collection[str]) -> None:
    """Raise ConfigError, with the nearest name, where there is none of this one."""
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError([f"there is no {kind} {name!r}: {hint}there are {', '.join(known)}"])


def frictionless_for(config: pytest.Config) -> Frictionless:
    """The fixture's value; the shop is made once a run and closed with it."""
    if RUN in config.stash:
        return Frictionless(config.stash[RUN].shop, config.stash[RUN].checks)
    if SHOP not in config.stash:
        config.stash[SHOP] = shop_of(config)
        config.stash[SHOP].store.prepare()
        config.add_cleanup(config.stash[SHOP].zygote.close)
    return Frictionless(config.stash[SHOP], checks_of(config))
