"""`pytest-frictionless ci cache-key`: under which name a cache of CI is stored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_frictionless.ci.cache_key import KINDS
from pytest_frictionless.ci.provider import set_outputs, shard_of
from pytest_frictionless.cli.ci_discover import choose, opened, planned
from pytest_frictionless.cli.command import Command

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    """Declare which cache, and of which checkpoints."""
    parser.add_argument("--kind", choices=tuple(KINDS), default="artifacts",
                        help="what is cached (default: artifacts, which is .frictionless/cache)")  # fmt: skip
    parser.add_argument("--shard", metavar="I/N", help="only of the checkpoints of this shard")
    choose(parser)


def run(given: Namespace) -> int:
    """Print the key; on GitHub set the outputs `key` and `restore`."""
    tree = opened()
    models = tree.models
    if given.shard:
        models = planned(given, tree).models_of(shard_of(given.shard, os.environ))
    key = KINDS[given.kind](tree, models)
    print(key.exact)
    set_outputs(os.environ, {"key": key.exact, "restore": key.restore})
    return 0


COMMAND = Command(
    name="cache-key", help="tell the key of a cache", arguments=arguments, run=run
)  # fmt: skip
