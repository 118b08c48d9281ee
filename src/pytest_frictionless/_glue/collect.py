"""Hooks that find checkpoints while pytest walks, and name what it skips."""

from __future__ import annotations

import fnmatch
import gc
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless._glue.checkpoint_file import CheckpointFile
from pytest_frictionless._glue.checkpoint_item import CheckpointItem
from pytest_frictionless._glue.config import RUN
from pytest_frictionless.checkpoint.discovery import dangling, identify
from pytest_frictionless.checkpoint.formats import spelled
from pytest_frictionless.exclusion import is_excluded
from pytest_frictionless.place import path_below

if TYPE_CHECKING:
    from collections.abc import Generator

GARBAGE_THRESHOLDS = (50_000, 20, 20)
"""While pytest collects; its items stay to the end, and Python's own would look through them over and over."""


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

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, Any, Any]:
        """Search for garbage rarely while there is none, and not again among what was collected."""
        thresholds = gc.get_threshold()
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        try:
            return (yield)
        finally:
            gc.set_threshold(*thresholds)
            gc.freeze()

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
        if is_excluded(path, self.run.shop.root, self.run.shop.settings.exclude):
            return False
        if not self.run.roots or any(path.is_relative_to(root) for root in self.run.roots):
            return True
        base = self.config.invocation_params.dir
        return any(Path(base, arg.partition("::")[0]) == path for arg in self.config.args)
