"""`pytest-frictionless ci run`: test the checkpoints of one shard."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_frictionless.ci.provider import shard_of, stopped_commands
from pytest_frictionless.ci.run import Job
from pytest_frictionless.cli.ci_discover import choose, opened, planned
from pytest_frictionless.cli.command import Command
from pytest_frictionless.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare which part is run, and where its results go."""
    parser.add_argument(
        "--shard", metavar="I/N",
        help="which part (default: CI_NODE_INDEX/CI_NODE_TOTAL of GitLab, else 1/1)",
    )  # fmt: skip
    choose(parser)
    parser.add_argument(
        "--plan", metavar="DIGEST", default="",
        help="`plan` of `ci discover`: refuse to run where the jobs would be split otherwise",
    )  # fmt: skip
    parser.add_argument(
        "--report", metavar="DIR", type=Path, default=Path("frictionless-report"),
        help="leave shard-I/results.json and junit.xml here (default: frictionless-report)",
    )  # fmt: skip
    parser.add_argument(
        "--gpu", action="store_true", help="fail where no checkpoint of the shard ran on a GPU"
    )
    parser.add_argument(
        "arguments", metavar="-- PYTEST ARGS", nargs="*", help="more arguments for pytest"
    )


def run(given: Namespace) -> int:
    """Run pytest; its exit status."""
    shard = shard_of(given.shard, os.environ)
    tree = opened()
    plan = planned(given, tree)
    if given.plan and given.plan != plan.digest(shard.total):
        raise ConfigError(
            [f"the checkpoints are split otherwise than `ci discover` did (plan {given.plan}, here "
             f"{plan.digest(shard.total)}): give both the same --changed-since and --durations"]
        )  # fmt: skip
    models = plan.models_of(shard)
    print(f"shard {shard}: {len(models)} of {len(plan.models)} checkpoints", flush=True)
    folder = given.report.absolute() / f"shard-{shard.index}"
    job = Job(tree=tree, shard=shard, models=models, folder=folder, needs_gpu=given.gpu)
    stop, resume = stopped_commands(os.environ)
    print(stop, end="\n" if stop else "", flush=True)
    try:
        status, findings = job.run(given.arguments)
    finally:
        print(resume, end="\n" if resume else "", flush=True)
    for finding in findings:
        print(finding.render(root=tree.root), file=sys.stderr)
    return status


COMMAND = Command(
    name="run", help="test the checkpoints of one shard with pytest --frictionless",
    arguments=arguments, run=run,
)  # fmt: skip
