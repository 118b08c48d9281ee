"""From files to items: one for each check, profile and shape point of a checkpoint."""

from __future__ import annotations

import fnmatch
import os
import shlex
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless._glue.config import RUN, Run
from pytest_frictionless.check import Check, Examiner, Scope, Verdict, slug
from pytest_frictionless.checkpoint.discovery import Checkpoint, dangling, identify
from pytest_frictionless.checkpoint.formats import spelled
from pytest_frictionless.errors import CheckFailed
from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.opening import unusable
from pytest_frictionless.place import path_below
from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.settings.read import spec_for
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.stand_ins import stand_ins
from pytest_frictionless.workbench.files import Files
from pytest_frictionless.workbench.gpu_settings import settings_of
from pytest_frictionless.workbench.inputs import DEFAULT_PROFILE
from pytest_frictionless.workbench.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

PROPERTY = "frictionless."
"""Prefix of the properties that an item hands to reports, JUnit and xdist's controller."""


class Collection:
    """Hooks that find checkpoints while pytest walks."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run = config.stash[RUN]
        if self.run.roots and config.args_source is not pytest.Config.ArgsSource.ARGS:
            # `testpaths = tests` would never lead pytest into the folder of the models.
            known = [Path(config.invocation_params.dir, arg) for arg in config.args]
            config.args += [
                str(root) for root in self.run.roots
                if not any(root.is_relative_to(each) for each in known)
            ]  # fmt: skip

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> CheckpointFile | None:
        """Offer a file that pytest came across."""
        return self._collector(file_path, parent)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        """Add dangling links, which pytest's walk passes over: nobody else would tell."""
        report = yield
        if isinstance(collector, pytest.Directory) and report.passed:
            links = (self._collector(link, collector) for link in dangling(collector.path))
            report.result.extend(link for link in links if link is not None)
        return report

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Walk to the roots, whatever their folders are called, and into no loop of links."""
        if self.run.only is not None:
            return collection_path not in self._asked
        if collection_path.is_symlink() and collection_path.is_dir():
            real = collection_path.resolve()
            if collection_path.parent.resolve().is_relative_to(real):
                return True
        if any(root.is_relative_to(collection_path) for root in self.run.roots):
            return False  # `norecursedirs` would keep pytest out of build/models or .cache
        above = collection_path.parent
        on_the_way = any(root.is_relative_to(above) and root != above for root in self.run.roots)
        return True if on_the_way and self._is_passed_over(above) else None

    @cached_property
    def _asked(self) -> frozenset[Path]:
        """The checkpoints of --frictionless-only, and the folders that lead to them."""
        only = self.run.only or frozenset()
        return only.union(*(path.parents for path in only))

    def _is_passed_over(self, folder: Path) -> bool:
        """Whether pytest would not walk into a folder: then its other files are left alone."""
        if not folder.is_relative_to(self.config.rootpath):
            return False
        names = folder.relative_to(self.config.rootpath).parts
        patterns = self.config.getini("norecursedirs")
        return any(fnmatch.fnmatch(name, pattern) for name in names for pattern in patterns)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Say of a skip which checkpoint it is about, and not which line of ours raised it."""
        report = yield
        if isinstance(item, CheckpointItem) and isinstance(report.longrepr, tuple):
            report.longrepr = (item.parent.spelled_place, 0, report.longrepr[2])
        return report

    def _collector(self, path: Path, parent: pytest.Collector) -> CheckpointFile | None:
        if not self._wanted(path):
            return None
        checkpoint = identify(path)
        if checkpoint is None:
            return None
        self.run.found += 1
        # A nodeid of surrogates or control characters breaks the terminal and JUnit.
        place = path_below(path, self.config.rootpath)
        printable = spelled(PurePath(place))
        file: CheckpointFile = CheckpointFile.from_parent(
            parent,
            path=path,
            name=spelled(PurePath(path.name)),
            nodeid=printable if printable != place else None,
            checkpoint=checkpoint,
            run=self.run,
        )
        return file

    def _wanted(self, path: Path) -> bool:
        if self.run.only is not None and path not in self.run.only:
            return False
        relative = path_below(path, self.config.rootpath)
        if any(fnmatch.fnmatch(relative, pattern) for pattern in self.run.shop.settings.exclude):
            return False
        if not self.run.roots or any(path.is_relative_to(root) for root in self.run.roots):
            return True
        base = self.config.invocation_params.dir
        return any(Path(base, arg.partition("::")[0]) == path for arg in self.config.args)


_UNSAID = ModelSpec()


class CheckpointFile(pytest.File):
    """One checkpoint; its children are the questions asked of it."""

    def __init__(self, *, checkpoint: Checkpoint, run: Run, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.place = path_below(checkpoint.path, run.shop.root)
        self.spelled_place = spelled(PurePath(self.place))
        self.match = spec_for(run.shop.settings, self.place)
        if self.match.name and not self.match.by_path:
            run.claims.setdefault(self.match.name, set()).add(self.place)
        self.spec = self.match.spec or _UNSAID
        self.checkpoint = checkpoint
        self.questions = list(self._questions())
        run.checkpoints[self.place] = {
            "path": self.spelled_place,
            "name": self.match.name or spelled(PurePath(self.path.stem)),
            "format": str(checkpoint.format),
            "items": [slug(*question) for question in self.questions],
        }

    @cached_property
    def examiner(self) -> Examiner:
        """Asks the questions; made when the first item runs, and all files are known."""
        problem = self.checkpoint.problem or self._entry_problem()
        checkpoint = replace(self.checkpoint, problem=problem)
        name = self.match.name or self.path.stem
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
        return self.session.gethookproxy(self.path.parent)

    def teardown(self) -> None:
        """End the child process: its memory is for the next checkpoint."""
        if "examiner" in self.__dict__:
            self.examiner.workbench.close()


@cache
def _mark(name: str) -> pytest.MarkDecorator:
    """A registered marker; pytest looks through all of them each time one is asked for."""
    mark: pytest.MarkDecorator = getattr(pytest.mark, name)
    return mark


class CheckpointItem(pytest.Item):
    """One question asked of one checkpoint."""

    parent: CheckpointFile

    def __init__(self, *, check: Check, profile: str, point: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check
        self.profile = profile
        self.point = point
        self.verdict: Verdict | None = None
        about = {
            "checkpoint": self.parent.spelled_place,
            "check": check.name,
            "profile": profile,
            "point": point,
        }
        self.user_properties += [(PROPERTY + name, value) for name, value in about.items() if value]
        self.add_marker(_mark("frictionless"))
        self.add_marker(_mark(f"frictionless_{check.name}"))
        if self.parent.spec.skip:
            self.add_marker(pytest.mark.skip(reason=self.parent.spec.skip))

    @property
    def ihook(self) -> Any:
        """Hooks of the conftest files above, as for the file."""
        return self.parent.ihook

    def runtest(self) -> None:
        """Ask, keep the numbers, and fail, skip or pass."""
        verdict = self.parent.examiner.verdict(self.check, self.profile, self.point)
        self.keep(verdict)
        self.parent.run.ledger.note(self.parent.place, self.name, self.check, verdict)
        errors = [finding for finding in verdict.findings if self._counts(finding)]
        if verdict.blocked_by and self._is_running(verdict.blocked_by):
            pytest.skip(f"needs {verdict.blocked_by}: {self._short(verdict.findings[0].headline)}")
        if errors:
            raise CheckFailed(errors)
        if verdict.skip:
            pytest.skip(self._short(verdict.skip))

    def _short(self, text: str) -> str:
        """Text without the path of the repository: it is the same in every line."""
        return text.replace(f"{self.config.rootpath}{os.sep}", "")

    def _counts(self, finding: Finding) -> bool:
        return finding.severity is Severity.ERROR or (
            self.parent.run.strict and finding.severity is Severity.WARNING
        )

    def _is_running(self, name: str) -> bool:
        """Whether the item that failed first runs too: else nobody would tell."""
        return any(
            item.parent is self.parent and item.name == name and not item.get_closest_marker("skip")
            for item in self.session.items
        )

    def keep(self, verdict: Verdict) -> None:
        """Hand numbers and findings to the reports."""
        known = self.verdict.findings if self.verdict else ()
        self.verdict = replace(self.verdict or verdict, findings=(*known, *verdict.findings))
        root = self.parent.run.shop.root
        for name, value in verdict.measurements.items():
            self.user_properties.append((PROPERTY + name, value))
        for finding in verdict.findings:
            kind = "needs" if verdict.blocked_by else str(finding.severity)
            self.user_properties.append((PROPERTY + kind, self._short(finding.headline)))
            if finding.log and not verdict.blocked_by:
                self.add_report_section("call", "native log", finding.log)
            if finding.severity is Severity.WARNING:
                self.add_report_section("call", "warning", finding.render(root=root))
        for finding, reason in verdict.ignored:
            self.user_properties.append((PROPERTY + "ignored", f"{finding.headline} ({reason})"))
        if verdict.notes:
            self.add_report_section("call", "notes", "\n".join(verdict.notes))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Findings as text, whose first line tells the story; anything else as pytest shows it."""
        if isinstance(excinfo.value, CheckFailed):
            texts = [
                finding.render(root=self.config.rootpath) for finding in excinfo.value.findings
            ]
            return "\n\n".join(texts) + f"\n  reproduce:  {self._command()}\n"
        return super().repr_failure(excinfo, style)

    def _command(self) -> str:
        """What to type to run this item alone."""
        if self.path.exists():
            return f"pytest --frictionless {_quoted(self.nodeid)}"
        # pytest takes no path to a dangling link.
        folder = path_below(self.path.parent, self.config.rootpath)
        words = f"{self.path.name} and {self.name}"
        return f"pytest --frictionless {_quoted(folder)} -k {_quoted(words)}"

    def reportinfo(self) -> tuple[Path, int, str]:
        """File and name for the terminal; pytest asserts that there is a line where it skips."""
        return Path(spelled(self.path)), 0, self.name


def _quoted(text: str) -> str:
    """Text for a shell, in quotes also where it could do without."""
    quoted = shlex.quote(text)
    return quoted if quoted != text else f"'{text}'"
