"""Measure the plugin against its targets, as ratios of runs made in turns on one machine.

    python benchmarks/run.py [cold|warm|collect|discover|installed|memory|all] [--rounds N]

Prints a table and exits with 1 where a target is missed. Not part of the test suite: a time is no
test, as it depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from processes import HERE, Cost, by_hand_command, environment, pytest_command, run
from rows import Row, best, seconds, show
from subjects import SUBJECTS, Subject, write_project, write_thousand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HEAVY = ("torch", "onnx", "onnxruntime", "numpy", "tensorrt_rtx", "tensorrt")
OWN = {"pytest_frictionless", "pytest_frictionless.plugin"}


class Bench:
    """The folders of one session, and its rounds."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self.folder = folder
        self.rounds = rounds
        self._timed: dict[str, tuple[list[Cost], list[Cost], list[Cost]]] = {}
        self.projects = {each.name: write_project(each, folder / each.name) for each in SUBJECTS}

    def _script(self, subject: Subject) -> list[str]:
        folder = self.folder / f"{subject.name}-by-hand"
        return by_hand_command(subject.name, self.projects[subject.name], folder)

    def _fresh(self, subject: Subject) -> Path:
        project = self.projects[subject.name].parent
        shutil.rmtree(project / ".frictionless", ignore_errors=True)
        return project

    def timed(self, subject: Subject) -> tuple[list[Cost], list[Cost], list[Cost]]:
        """By hand, cold and warm, in turns; measured once for all the rows that need it."""
        if subject.name not in self._timed:
            hand, cold, warm = [], [], []
            for number in range(self.rounds):
                _say(f"{subject.name}: round {number + 1} of {self.rounds}")
                hand.append(run(self._script(subject), self.folder))
                project = self._fresh(subject)
                cold.append(run(pytest_command("--frictionless"), project))
                warm += [run(pytest_command("--frictionless"), project) for _ in range(3)]
            self._timed[subject.name] = hand, cold, warm
        return self._timed[subject.name]

    def cold(self) -> Iterator[Row]:
        """A first run, against the script."""
        for subject in SUBJECTS:
            hand, cold, _ = self.timed(subject)
            pairs = sorted(a.wall_s / b.wall_s for a, b in zip(cold, hand, strict=True))
            ratio = best(cold) / best(hand)
            cpu = min(each.cpu_s for each in cold) / min(each.cpu_s for each in hand)
            yield Row(
                name=f"cold: {subject.name}", ours=seconds(cold), theirs=seconds(hand),
                figure=f"{ratio:.2f}", target="at most 1.15", met=ratio <= 1.15,
                remark=f"median of pairs {statistics.median(pairs):.2f} "
                f"({pairs[0]:.2f} to {pairs[-1]:.2f}), CPU time {cpu:.2f}",
            )  # fmt: skip

    def warm(self) -> Iterator[Row]:
        """A second run on the same cache, against the first."""
        for subject in SUBJECTS:
            _, cold, warm = self.timed(subject)
            share = 100 * best(warm) / best(cold)
            yield Row(
                name=f"warm: {subject.name}", ours=seconds(warm), theirs=seconds(cold),
                figure=f"{share:.1f} %", target="at most 5 %", met=share <= 5,
            )  # fmt: skip

    def collect(self) -> Iterator[Row]:
        """Collecting a thousand checkpoints, against pytest in an empty folder."""
        many, empty = self.folder / "thousand", self.folder / "empty"
        write_thousand(many)
        empty.mkdir()
        (empty / "pytest.ini").write_text("[pytest]\n")
        collect = pytest_command("--frictionless", "--collect-only", "-q")
        plain = pytest_command("-p", "no:frictionless", "--collect-only", "-q")
        ours, theirs = [], []
        for _ in range(2 * self.rounds):
            theirs.append(run(plain, empty, expect=5))
            ours.append(run(collect, many))
        listed = (many / "output.txt").read_text().count("::load")
        modules = seen(collect, many)
        heavy = sorted(set(HEAVY) & modules)
        more = best(ours) - best(theirs)
        yield Row(
            name=f"collect: {listed} checkpoints", ours=seconds(ours), theirs=seconds(theirs),
            figure=f"{more:+.2f} s", target="under +1 s", met=more < 1 and listed == 1000,
        )  # fmt: skip
        yield Row(
            name="collect: heavy modules", ours=str(len(heavy)), theirs="0", target="none",
            figure=", ".join(heavy) or "none", met=not heavy,
        )  # fmt: skip

    def discover(self) -> Iterator[Row]:
        """Splitting a thousand checkpoints over jobs, against walking there and hashing each file."""
        many = self.folder / "to-split"
        write_thousand(many)
        walk = [sys.executable, str(HERE / "walk.py")]
        split = [
            sys.executable,
            "-m",
            "pytest_frictionless",
            "ci",
            "discover",
            "--max-shards",
            "20",
        ]
        ours, theirs = [], []
        for _ in range(2 * self.rounds):
            theirs.append(run(walk, many))
            ours.append(run(split, many))
        found = json.loads((many / "output.txt").read_text())["count"]
        ratio = best(ours) / best(theirs)
        yield Row(
            name=f"discover: {found} checkpoints", ours=seconds(ours), theirs=seconds(theirs),
            figure=f"{ratio:.1f}", target="under 3 s", met=best(ours) < 3 and found == 1000,
        )  # fmt: skip

    def installed(self) -> Iterator[Row]:
        """Installed and not asked for."""
        folder = self.folder / "installed"
        folder.mkdir()
        (folder / "test_one.py").write_text("def test_one():\n    pass\n")
        (folder / "pytest.ini").write_text("[pytest]\n")
        ours, theirs = [], []
        for _ in range(4 * self.rounds):
            theirs.append(run(pytest_command("-p", "no:frictionless"), folder))
            ours.append(run(pytest_command(), folder))
        modules = seen(pytest_command(), folder)
        own = {name for name in modules if name.partition(".")[0] == "pytest_frictionless"}
        offenders = sorted(own - OWN)
        more = [1000 * (a.wall_s - b.wall_s) for a, b in zip(ours, theirs, strict=True)]
        quarters = statistics.quantiles(more, n=4)
        difference = 1000 * (best(ours) - best(theirs))
        yield Row(
            name="installed: own modules", ours=str(len(own)), theirs="2",
            figure=", ".join(offenders) or "none more", target="plugin only", met=own == OWN,
        )  # fmt: skip
        yield Row(
            name="installed: start-up", ours=seconds(ours), theirs=seconds(theirs),
            figure=f"{difference:+.0f} ms", target="(shown only)", met=True,
            remark=f"middle half of the differences {quarters[0]:+.0f} to {quarters[2]:+.0f} ms",
        )  # fmt: skip

    def memory(self) -> Iterator[Row]:
        """Peak of the process tree, against the script."""
        rounds = max(2, self.rounds // 2)
        for subject in SUBJECTS:
            hand, ours = [], []
            for _ in range(rounds):
                hand.append(run(self._script(subject), self.folder, sampled=True))
                command = pytest_command("--frictionless")
                ours.append(run(command, self._fresh(subject), sampled=True))
            a, b = (statistics.median(each.peak_mib for each in costs) for costs in (ours, hand))
            yield Row(
                name=f"memory: {subject.name}", ours=f"{a:.0f} MiB", theirs=f"{b:.0f} MiB",
                figure=f"{a / b:.2f}", target="at most 1.2", met=a / b <= 1.2,
            )  # fmt: skip
            own = max(each.root_peak_mib for each in ours)
            yield Row(
                name=f"memory: pytest itself, {subject.name}", ours=f"{own:.0f} MiB", theirs="",
                figure=f"{own:.0f} MiB", target="under 150 MiB", met=own < 150,
            )  # fmt: skip


def seen(command: Sequence[str], folder: Path) -> set[str]:
    """Modules that a run of pytest imports."""
    target = folder / "modules.json"
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    env = environment(PYTHONPATH=path, MODULES_SEEN=str(target))
    run([*command, "-p", "modules_seen"], folder, env=env)
    return set(json.loads(target.read_text()))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    names = ("cold", "warm", "collect", "discover", "installed", "memory")
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", nargs="*", choices=(*names, "all"), default=["all"])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each side (default: 5)")
    given = parser.parse_args()
    wanted = [name for name in names if name in given.what or "all" in given.what]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="frictionless-bench-") as folder:
        bench = Bench(Path(folder), given.rounds)
        for name in wanted:
            _say(f"measuring: {name}")
            measure: Callable[[], Iterator[Row]] = getattr(bench, name)
            rows += measure()
    show(rows)
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
