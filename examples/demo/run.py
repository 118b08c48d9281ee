"""Run the demo: real checkpoints that must pass, and broken ones that must fail as expected."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from prepare import HERE, PACKAGES, break_some, prepare

if TYPE_CHECKING:
    from collections.abc import Sequence


def colour(text: str, code: str) -> str:
    """Text in an ANSI colour, on a terminal that wants colours."""
    wanted = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"\x1b[{code}m{text}\x1b[0m" if wanted else text


def say(text: str, code: str = "1") -> None:
    """Print a headline of the demo itself."""
    print(colour(f"\n{text}", code), flush=True)


def examine(folder: Path, arguments: Sequence[str]) -> tuple[bool, float]:
    """Run pytest in `folder`; whether it was green, and in how many seconds."""
    command = [sys.executable, "-m", "pytest", "--frictionless", *arguments]
    print(
        colour(f"$ cd {folder.relative_to(HERE.parents[1])} && pytest --frictionless", "2"),
        flush=True,
    )
    started = time.perf_counter()
    status = subprocess.run(command, cwd=folder, check=False).returncode
    return status == 0, time.perf_counter() - started


def main() -> int:
    """Prepare, run both folders, and sum up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--packages", type=Path, default=PACKAGES, help="where pip put the packages"
    )
    parser.add_argument("arguments", nargs="*", help="handed on to pytest")
    given = parser.parse_args()
    started = time.perf_counter()

    say("1/3  Gathering checkpoints")
    made = prepare(given.packages) + break_some(given.packages)
    print(f"  {made} made" if made else "  all in place")

    say("2/3  Real pretrained checkpoints: every item must pass")
    good, good_s = examine(HERE, given.arguments)

    say("3/3  Broken checkpoints: each must fail in one place, with the code it earned")
    broken, broken_s = examine(HERE / "broken", given.arguments)

    seconds = time.perf_counter() - started
    rows = (("real checkpoints", good, good_s), ("broken checkpoints", broken, broken_s))
    say("Demo")
    for name, green, took in rows:
        word = colour("as expected", "32") if green else colour("NOT as expected", "31")
        print(f"  {name:<20} {took:6.1f} s  {word}")
    print(f"  {'in all':<20} {seconds:6.1f} s")
    return 0 if good and broken else 1


if __name__ == "__main__":
    raise SystemExit(main())
