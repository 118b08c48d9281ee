"""`pytest-frictionless upgrade plan|run`: new versions one component at a time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.settings import CONFIG_FILE

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from rich.console import Console

    from pytest_frictionless.upgrade.pins import Pins
    from pytest_frictionless.upgrade.plan import Step
    from pytest_frictionless.upgrade.trial import Outcome

SIDE = "manifest, constraints file, or versions as 'torch==2.13.0 opset==18'; several, separated by blanks"
FOUND = 1
STYLES = {"broke": "bold red", "unasked": "bold red", "slower": "red", "warned": "yellow",
          "worse": "yellow", "mended": "green", "faster": "green"}  # fmt: skip


def arguments(parser: ArgumentParser) -> None:
    """Declare `plan` and `run`."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    plan = actions.add_parser("plan", help="order the changes, one component a step")
    _sides(plan, "?")
    plan.add_argument(
        "--since", metavar="REF", help="what this branch changed since it left a git ref"
    )
    plan.set_defaults(act=_plan)
    run = actions.add_parser("run", help="run the suite after each step, and name what broke it")
    _sides(run, None)
    run.add_argument("--models", nargs="+", default=[], metavar="PATH", help="checkpoints to ask")
    run.add_argument("--python", help="interpreter of the environments, by path or version")
    run.add_argument(
        "--install", action="append", default=[], metavar="REQUIREMENT",
        help="what the suite needs beside the stack, as transformers or 'shop @ file:///src/shop'",
    )  # fmt: skip
    run.add_argument(
        "--without", action="append", default=[], metavar="NAME",
        help="leave a package or component out, as one that no index here has",
    )  # fmt: skip
    run.add_argument(
        "--pytest", default="", metavar="OPTIONS", help="for pytest, as '-n 4 -k parity'"
    )
    run.set_defaults(act=_run)


def _sides(parser: ArgumentParser, count: str | None) -> None:
    parser.add_argument("before", nargs=count, metavar="FROM", help=SIDE)
    parser.add_argument(
        "after", nargs=count, metavar="TO", help="likewise; what it leaves out stays"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(given: Namespace) -> int:
    """Carry out `plan` or `run`."""
    status: int = given.act(given)
    return status


def _root() -> Path:
    """The nearest folder above that has a frictionless.yaml, else this one."""
    here = Path.cwd()
    return next((each for each in (here, *here.parents) if (each / CONFIG_FILE).is_file()), here)


def _console() -> Console:
    from rich.console import Console

    return Console(width=None if Console().is_terminal else 200, highlight=False)


def _read(given: Namespace) -> tuple[Pins, Pins]:
    from pytest_frictionless.upgrade.pins import read_pins

    if not given.before or not given.after:
        raise ConfigError(["name both sides: upgrade plan FROM TO, or what changed: --since REF"])
    here = Path.cwd()
    return read_pins(given.before, here), read_pins(given.after, here)


def _plan(given: Namespace) -> int:
    from pytest_frictionless.upgrade.changed import pins_since
    from pytest_frictionless.upgrade.plan import plan
    from pytest_frictionless.upgrade.several import several_changes

    root, console = _root(), _console()
    before, after = pins_since(root, given.since) if given.since else _read(given)
    steps = plan(before, after)
    several = several_changes(root, given.since) if given.since else None
    if given.json:
        found = several.to_json() if several else None
        console.print_json(
            json.dumps({"steps": [step.to_json() for step in steps], "finding": found})
        )
    elif not steps:
        console.print("Nothing changes.")
    else:
        _print_plan(console, steps)
        if several is not None:
            console.print(several.render(), style="yellow", markup=False)
    return FOUND if several else 0


def _print_plan(console: Console, steps: tuple[Step, ...]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("step", "component", "moves"):
        table.add_column(name, no_wrap=name != "moves", overflow="fold")
    table.add_column("why here", overflow="fold")
    for number, step in enumerate(steps, 1):
        where = "" if step.component.is_package else "; shown by another machine or image"
        together = step.component.together if len(step.moves) > 1 else ""
        table.add_row(
            str(number), step.component.title, "\n".join(map(str, step.moves)),
            f"{step.reason}{where}" + (f"\ntogether: {together}" if together else ""),
        )  # fmt: skip
    console.print(table, markup=False)


def _run(given: Namespace) -> int:
    import shlex
    import sys

    from rich.console import Console

    from pytest_frictionless.upgrade.environment import Workshop
    from pytest_frictionless.upgrade.installers import CannotInstall, installer
    from pytest_frictionless.upgrade.plan import plan
    from pytest_frictionless.upgrade.report import first_blamed, to_json
    from pytest_frictionless.upgrade.suite import Suite, SuiteFailed
    from pytest_frictionless.upgrade.trial import Trial

    before, after = (
        {name: version for name, version in pins.items() if name not in given.without}
        for pins in _read(given)
    )
    steps = plan(before, after)
    root, console, progress = _root(), _console(), Console(stderr=True, highlight=False)
    models = [str(Path(each).absolute()) for each in given.models]
    workshop = Workshop(
        root=root, installer=installer(), extra=tuple(given.install),
        python=given.python or sys.executable,
    )  # fmt: skip
    suite = Suite(root=root, arguments=(*shlex.split(given.pytest), *models))
    trial = Trial(
        before=before, steps=steps, make=workshop.environment, ask=suite.run,
        say=lambda text: progress.print(text, style="dim", markup=False),
    )  # fmt: skip
    outcomes = []
    try:
        for outcome in trial.run():
            outcomes.append(outcome)
            if not given.json:
                _print_outcome(console, outcome)
    except (CannotInstall, SuiteFailed) as error:
        raise ConfigError(
            [f"the versions to start from give no run to compare with: {error}"]
        ) from None
    first = first_blamed(outcomes)
    if given.json:
        console.print_json(json.dumps(to_json(outcomes)))
    elif first is not None:
        console.print(f"\nFirst: {first.headline}", style="bold red", markup=False, soft_wrap=True)
    else:
        console.print("\nNo step broke or slowed anything.", style="green")
    return FOUND if first else 0


def _print_outcome(console: Console, outcome: Outcome) -> None:
    from pytest_frictionless.upgrade.report import finding_of, lines_of

    finding = finding_of(outcome)
    words = {"ran": "broke or slowed something" if finding else "ok"}
    word = words.get(outcome.state, f"{outcome.state}: {outcome.reason}")
    style = "bold red" if finding else "bold"
    console.print(f"{outcome.step.title}: {word}", style=style, markup=False, soft_wrap=True)
    for kind, line in lines_of(outcome):
        said = f"  {kind}: {line}" if kind else f"  {line}"
        console.print(said, style=STYLES.get(str(kind), "dim"), markup=False, soft_wrap=True)


COMMAND = Command(
    name="upgrade", help="move the stack one component at a time, and name the one that broke something",
    arguments=arguments, run=run,
)  # fmt: skip
