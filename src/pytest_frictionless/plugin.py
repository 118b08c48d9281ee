"""The pytest plugin: options, and nothing else until `--frictionless`. PYTEST_DONT_REWRITE.

Only this module is imported where the flag is not given.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_frictionless.check import Check
    from pytest_frictionless.fixture import Frictionless


class Option(NamedTuple):
    """One setting: `--frictionless-NAME` on the command line, `frictionless_NAME` in the ini file."""

    name: str
    kind: str
    """"string" takes a value, "linelist" several, "bool" is a switch."""
    help: str


OPTIONS = (
    Option("roots", "args", "folders that hold checkpoints (default: what pytest collects from)"),
    Option("config", "string", "configuration file (default: frictionless.yaml in the rootdir)"),
    Option("cache-dir", "string", "where artifacts are kept (default: .frictionless/cache)"),
    Option("timeout", "string", "seconds that one step may take (default: 600)"),
    Option("memory", "string", "MiB that one step may use (default: four fifths of the machine)"),
    Option("results", "string", "write results.json here, beside .frictionless/results.json"),
    Option("shard", "string", "which part of a suite this run is, as 2/4; results.json tells it"),
    Option(
        "changed-since", "string", "git ref that this branch is compared with (default: as CI says)"
    ),
    Option(
        "only", "string", "test these checkpoints alone: a JSON file with a list of their paths"
    ),
    Option("strict", "bool", "warnings fail too"),
    Option("allow-empty", "bool", "do not fail where no checkpoint is found"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the switch and its options."""
    group = parser.getgroup("frictionless", "proof that model checkpoints reach production")
    group.addoption("--frictionless", action="store_true", help="test every model checkpoint")
    for option in OPTIONS:
        flag, ini = f"--frictionless-{option.name}", f"frictionless_{option.name.replace('-', '_')}"
        if option.kind == "bool":
            group.addoption(flag, action="store_true", default=None, dest=ini, help=option.help)
        elif option.kind == "args":
            group.addoption(
                flag, action="append", default=None, dest=ini, metavar="DIR", help=option.help
            )
        else:
            group.addoption(flag, default=None, dest=ini, metavar="VALUE", help=option.help)
        kind: Any = option.kind
        parser.addini(ini, option.help, type=kind, default=None)


class Hooks:
    """Hooks that other plugins implement."""

    def pytest_frictionless_checks(self) -> Iterable[Check]:  # type: ignore[empty-body]
        """Return checks to ask of every checkpoint, beside those of pytest-frictionless."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hook by which other plugins add checks."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the collection and the terminal output, where the flag is given."""
    if config.getoption("frictionless"):
        gc.freeze()  # what pytest has made is not looked through while ours is imported
        from pytest_frictionless._glue.register import register

        register(config)


@pytest.fixture
def frictionless(request: pytest.FixtureRequest) -> Iterator[Frictionless]:
    """Ask checks of a checkpoint in a test of your own; works without `--frictionless` too.

    Example::

        @pytest.mark.parametrize("checkpoint", find_checkpoints("models"), ids=str)
        def test_my_contract(checkpoint, frictionless):
            assert frictionless.workbench(checkpoint).onnx()["opset"] == 18
    """
    from pytest_frictionless.fixture import frictionless_for

    asked = frictionless_for(request.config)
    yield asked
    asked.close()
