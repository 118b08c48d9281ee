"""The table of checkpoints and checks: at the end of a run, and of records that were merged."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.table import Table

WORDS = {
    "error": "ERROR",
    "failed": "FAIL",
    "xpassed": "xpass",
    "warning": "warn",
    "xfailed": "xfail",
    "passed": "ok",
    "skipped": "skip",
}
"""Outcomes as the table calls them, worst first."""
BAD = ("ERROR", "FAIL")
MOST_ALIKE = 3
"""Warnings of one code about one checkpoint that have a line each: an item shows its own in full."""
UNTOLD = "FR050 "
"""Beginning of a reason that no line tells: who keeps no manifests need not read of them in each run."""
COLOURS = {
    "ERROR": "bold red", "FAIL": "bold red", "xpass": "yellow", "warn": "yellow", "ok": "green",
    "skip": "dim",
}  # fmt: skip


class Tally:
    """Counts what became of the items of each checkpoint and check; `checks` is the order of what it says.

    Items come in any order where several workers ask them.
    """

    def __init__(self, checks: Iterable[str]) -> None:
        self._place = {check: place for place, check in enumerate(checks)}
        self.cells: dict[str, dict[str, Counter[str]]] = {}
        self.warnings: Counter[str] = Counter()
        self.first: dict[str, str] = {}
        """Item that each warning was first given by."""
        self.reasons: dict[str, Counter[str]] = {}
        """Why items were skipped that needed nothing of another item, by check."""
        self.evidence: dict[str, list[str]] = {}
        """Checks whose answers were signed elsewhere, by who signed and where they were asked."""

    def add(
        self, item: str, *, checkpoint: str, check: str, outcome: str,
        warnings: Sequence[str] = (), reason: str = "", evidence: str = "",
    ) -> None:  # fmt: skip
        """Count one item.

        Args:
            item: Its id.
            checkpoint: Path of its checkpoint.
            check: Name of its check.
            outcome: As in WORDS; one that passed with warnings is told as "warning".
            warnings: One line for each.
            reason: Why it was skipped, unless for the failure of another item.
            evidence: Who signed the answer, where it is none of this machine.
        """
        outcome = "warning" if outcome == "passed" and warnings else outcome
        self.cells.setdefault(checkpoint, {}).setdefault(check, Counter())[outcome] += 1
        if reason and not reason.startswith(UNTOLD):
            self.reasons.setdefault(check, Counter())[reason] += 1
        for warning in warnings:
            self.warnings[warning] += 1
            self.first.setdefault(warning, item)
        if evidence and check not in self.evidence.setdefault(evidence, []):
            self.evidence[evidence].append(check)

    def signed(self) -> Iterator[str]:
        """A line for each evidence that answered."""
        for evidence, checks in self._in_order(self.evidence):
            yield f"not asked here: {', '.join(checks)}: {evidence}"

    def skips(self) -> Iterator[str]:
        """A line for each reason why checks were asked of no checkpoint."""
        for reason, names in self._in_order(self._not_asked()):
            yield f"not asked: {', '.join(names)}: {reason}"

    def told_warnings(self) -> Iterator[str]:
        """A line for each warning, once; of many alike of one checkpoint, the first for all."""
        alike: dict[tuple[str, str], list[str]] = {}
        for warning in sorted(self.warnings):
            checkpoint, code = self.first[warning].rpartition("::")[0], warning.partition(" ")[0]
            alike.setdefault((checkpoint, code), []).append(warning)
        for (_, code), warnings in alike.items():
            few = warnings if len(warnings) <= MOST_ALIKE else warnings[:1]
            for warning in few:
                count = self.warnings[warning]
                times = f" ({count} times)" if count > 1 else ""
                more = f" (and {len(warnings) - 1} more {code})" if few != warnings else ""
                yield f"warning: {self.first[warning]}: {warning}{times}{more}"

    def table(self, *, width: int, worst_first: bool = False, most: int | None = None) -> Table:
        """A row for each checkpoint, or the first so many; checks that none was asked have no column."""
        from rich.table import Table
        from rich.text import Text

        used = self.used()
        room = width - sum(max(len(name), 8) + 2 for name in used)
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(Text("checkpoint"), no_wrap=True)
        for name in used:
            table.add_column(Text(name), justify="center", no_wrap=True)
        for checkpoint in self.ordered(worst_first=worst_first)[:most]:
            cells = []
            for name in used:
                outcome, count, many = self.worst(checkpoint, name)
                worst = WORDS.get(outcome, "")
                word = f"{worst} {count}/{many}" if worst in BAD and many > 1 else worst
                cells.append(Text(word, style=COLOURS.get(worst, "")))
            # As a plain text rich would take [x] in a path for its markup.
            table.add_row(Text(_last_part(checkpoint, max(room, 20))), *cells)
        return table

    def used(self) -> list[str]:
        """The checks that some checkpoint was asked: a line, or the failure before, says why others were not."""
        rows = self.cells.values()
        return [
            name for name in self._place
            if any(set(row.get(name, ())) - {"skipped"} for row in rows)
        ]  # fmt: skip

    def ordered(self, *, worst_first: bool) -> list[str]:
        """The checkpoints, by name or by how much of the worst they have."""
        return sorted(self.cells, key=self._badness if worst_first else None)

    def worst(self, checkpoint: str, check: str) -> tuple[str, int, int]:
        """The worst outcome of a check, how often it is there, and of how many items that were asked."""
        counts = self.cells[checkpoint].get(check, Counter())
        outcome = next((each for each in WORDS if counts[each]), "")
        return outcome, counts[outcome], counts.total() - counts["skipped"]

    def is_flawless(self, checkpoint: str) -> bool:
        """Whether nothing of it failed, was warned of or was expected to fail."""
        return all(set(row) <= {"passed", "skipped"} for row in self.cells[checkpoint].values())

    def _not_asked(self) -> dict[str, list[str]]:
        """Checks that no checkpoint was asked, by the reason: a line says it, and not a column."""
        found: dict[str, list[str]] = {}
        for name, reasons in self.reasons.items():
            rows = [row[name] for row in self.cells.values() if name in row]
            if all(set(row) == {"skipped"} for row in rows):
                found.setdefault(reasons.most_common(1)[0][0], []).append(name)
        return found

    def _in_order(self, named: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
        """Lines that name checks, and the checks of each, in the order of checks."""
        lines = [
            (text, sorted(names, key=self._place.__getitem__)) for text, names in named.items()
        ]
        return sorted(lines, key=lambda line: ([self._place[name] for name in line[1]], line[0]))

    def _badness(self, checkpoint: str) -> tuple[list[int], str]:
        """Sorts the checkpoint with the most of the worst first."""
        counts: Counter[str] = sum(self.cells[checkpoint].values(), Counter())
        return [-counts[outcome] for outcome in WORDS], checkpoint


def rendered(table: Table, *, width: int, colour: bool = False) -> str:
    """The table as text."""
    from rich.console import Console

    file = io.StringIO()
    console = Console(
        file=file, force_terminal=colour, no_color=not colour, width=max(width, 80),
        color_system="standard" if colour else None,
    )  # fmt: skip
    console.print(table)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _last_part(path: str, room: int) -> str:
    """A path that fits, cut at its beginning: the name is at its end."""
    return path if len(path) <= room else f"…{path[1 - room :]}"
