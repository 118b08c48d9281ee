"""One checkpoint as a file of pytest: its children are the questions asked of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless._glue.checkpoint_item import CheckpointItem
from pytest_frictionless.check import Check, Examiner, Scope, slug
from pytest_frictionless.checkpoint.formats import spelled
from pytest_frictionless.finding import Finding
from pytest_frictionless.opening import unusable
from pytest_frictionless.place import path_below
from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.settings.read import name_of
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.stand_ins import stand_ins
from pytest_frictionless.workbench.files import Files
from pytest_frictionless.workbench.gpu_settings import settings_of
from pytest_frictionless.workbench.inputs import DEFAULT_PROFILE
from pytest_frictionless.workbench.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless._glue.config import Run
    from pytest_frictionless.checkpoint.discovery import Checkpoint

_UNSAID = ModelSpec()


class CheckpointFile(pytest.File):
    """One checkpoint; its children are the questions asked of it."""

    def __init__(self, *, checkpoint: Checkpoint, run: Run, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.place = path_below(checkpoint.path, run.shop.root)
        self.spelled_place = spelled(PurePath(self.place))
        self.match = run.entries.match(self.place)
        if self.match.name and not self.match.by_path:
            run.claims.setdefault(self.match.name, set()).add(self.place)
        self.spec = self.match.spec or _UNSAID
        self.checkpoint = checkpoint
        self.folder = self.path.parent
        # Marks of a file hold for its items, which are many more.
        self.add_marker("frictionless")
        if self.spec.skip:
            self.add_marker(pytest.mark.skip(reason=self.spec.skip))
        self.questions = list(self._questions())
        run.checkpoints[self.place] = {
            "path": self.spelled_place,
            "name": self.match.name or spelled(PurePath(name_of(self.path))),
            "format": str(checkpoint.format),
            "items": [slug(*question) for question in self.questions],
        }

    @cached_property
    def examiner(self) -> Examiner:
        """Asks the questions; made when the first item runs, and all files are known."""
        problem = self.checkpoint.problem or self._entry_problem()
        checkpoint = replace(self.checkpoint, problem=problem)
        name = self.match.name or name_of(self.path)
        bench, checks = Workbench(self.run.shop, checkpoint, name, self.spec), self.run.checks
        return Examiner(bench, checks, stand_ins(bench, checks))

    @cached_property
    def files(self) -> Files:
        """What is known of the files behind the answers."""
        return Files(self.examiner.workbench)

    @cached_property
    def gpu_settings(self) -> dict[str, str]:
        """Digests of the settings that answers of a GPU depend on."""
        return settings_of(self.examiner.workbench)

    def _entry_problem(self) -> Finding | None:
        """What is wrong with the model's entry in frictionless.yaml."""
        claimed = sorted(self.run.claims.get(self.match.name or "", ()))
        if len(claimed) > 1:
            return Finding(
                code="FR113",
                message=f"models.{self.match.name} in frictionless.yaml fits {', '.join(claimed)}",
                remedy="Say in frictionless.yaml which one is meant:\n"
                f"  models:\n    {self.match.name}:\n      path: {self.place}",
            )
        return unusable(self.match)

    def collect(self) -> Iterable[CheckpointItem]:
        """One item for each check, profile and point; names depend on the configuration alone."""
        self.run.ledger.expect(
            self.place, entry=self.match.name or "", reasons=self.spec.ignore,
            items=self.run.checkpoints[self.place]["items"],
        )  # fmt: skip
        for check, profile, point in self.questions:
            item: CheckpointItem = CheckpointItem.from_parent(
                self, name=slug(check, profile, point), check=check, profile=profile, point=point
            )
            yield item

    def _questions(self) -> Iterator[tuple[Check, str, str]]:
        profiles = [profile.name for profile in self.spec.shape_profiles] or [DEFAULT_PROFILE]
        for check in self.run.checks.values():
            for profile in profiles if check.scope is not Scope.CHECKPOINT else [""]:
                for point in POINTS if check.scope is Scope.POINT else [""]:
                    yield check, profile, point

    @property
    def ihook(self) -> Any:
        """Hooks of the conftest files above: pytest looks into the path of what is no file."""
        return self.session.gethookproxy(self.folder)

    def teardown(self) -> None:
        """End the child process: its memory is for the next checkpoint."""
        if "examiner" in self.__dict__:
            self.examiner.workbench.close()
