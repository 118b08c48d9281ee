"""Workflows, action and examples keep the rules, agree with each other, and the rules see what breaks them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_frictionless import __version__
from tests.ci import rules
from tests.ci.act import ROOT
from tests.ci.lint import ACTION, CHECKOUT, EXAMPLES, WORKFLOWS
from tests.ci.rules import RULES, jobs_of, read, steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ci.rules import Rule

FILES = {path.relative_to(ROOT).as_posix(): path for path in (*WORKFLOWS, *EXAMPLES, ACTION)}
FRICTIONLESS = ".github/workflows/frictionless.yml"
BASELINE = ".github/workflows/frictionless-baseline.yml"
COMMENT = ".github/workflows/frictionless-comment.yml"
CALLABLE = {FRICTIONLESS, BASELINE, COMMENT, ""}
"""What examples may use of this repository; the action is its root."""

BROKEN = [
    (rules.pinned, FRICTIONLESS, CHECKOUT, CHECKOUT.partition(" #")[0]),
    (rules.pinned, FRICTIONLESS, CHECKOUT, "checkout@v7.0.1 # v7.0.1"),
    (rules.injection, FRICTIONLESS, '--max-shards "$MAX_SHARDS"', "--max-shards ${{ inputs.max-shards }}"),
    (rules.injection, "action.yml", '--shard "$SHARD"', "--shard ${{ inputs.shard }}"),
    (rules.credentials, FRICTIONLESS, "persist-credentials: false", "persist-credentials: true"),
    (rules.permissions, FRICTIONLESS, "permissions: {}", "permissions: write-all"),
    (rules.permissions, FRICTIONLESS, "      contents: read", "      contents: write"),
    (rules.writers, BASELINE, 'install "$PACKAGE" scipy', 'install "$PACKAGE" -r "$REQUIREMENTS"'),
    (rules.limits, FRICTIONLESS, "    timeout-minutes: 10\n", ""),
    (rules.caches, FRICTIONLESS, "if: env.SAVES == 'true'\n", "if: always()\n"),
    (rules.caches, FRICTIONLESS, "actions/cache/restore@", "actions/cache@"),
    (rules.gpus, FRICTIONLESS, "head.repo.full_name == github.repository", "head.repo.full_name != ''"),
    (rules.gpus, BASELINE, "if: github.event_name == 'workflow_dispatch'", "if: always()"),
    (rules.gpus, FRICTIONLESS, "      queue: max\n", ""),
    (rules.secrets, FRICTIONLESS, "${{ github.token }}", "${{ secrets.hf-token }}"),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", FILES)
def test_the_rules_are_kept(rule: Rule, name: str) -> None:
    assert list(rule(FILES[name].read_text())) == []


@pytest.mark.parametrize(("rule", "name", "right", "wrong"), BROKEN)
def test_what_breaks_a_rule_is_seen(rule: Rule, name: str, right: str, wrong: str) -> None:
    text = FILES[name].read_text()
    assert right in text
    assert list(rule(text.replace(right, wrong, 1))) != []


def test_every_rule_is_seen_to_be_broken() -> None:
    assert {rule for rule, *_ in BROKEN} == set(RULES)


def test_the_default_version_is_this_one() -> None:
    for name in (FRICTIONLESS, BASELINE):
        assert inputs_of(name)["frictionless-version"]["default"] == __version__


def test_a_dispatch_takes_what_a_call_takes() -> None:
    events = read(FILES[BASELINE].read_text())["on"]
    assert events["workflow_dispatch"]["inputs"] == events["workflow_call"]["inputs"]
    assert len(events["workflow_dispatch"]["inputs"]) <= 25  # GitHub takes no more


def inputs_of(name: str) -> dict[str, dict[str, Any]]:
    """The inputs that a workflow or the action declares."""
    content = read(FILES[name or "action.yml"].read_text())
    inputs: dict[str, dict[str, Any]] = (
        content["on"]["workflow_call"]["inputs"] if "on" in content else content["inputs"]
    )
    return inputs


def _calls(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an example uses of this repository, with the inputs that it gives."""
    text = path.read_text()
    for user in (*jobs_of(text).values(), *steps_of(text)):
        owner, _, rest = user.get("uses", "").partition("@")[0].partition("pytest-frictionless")
        if owner == "OWNER/":
            yield rest.lstrip("/"), user.get("with", {})


CALLS = [call for path in EXAMPLES for call in _calls(path)]


@pytest.mark.parametrize(("called", "given"), CALLS)
def test_an_example_gives_inputs_that_there_are(called: str, given: dict[str, Any]) -> None:
    declared = inputs_of(called)
    assert set(given) <= set(declared)
    assert {name for name, each in declared.items() if each.get("required")} <= set(given)


def test_an_action_has_one_version_everywhere() -> None:
    used = {
        pin
        for path in FILES.values()
        for pin in re.findall(r"uses: (actions/.*)", path.read_text())
    }
    commits = {(pin.partition("@")[0].split("/")[1], pin.partition("@")[2]) for pin in used}
    assert len(commits) == len({action for action, _ in commits})


def test_every_template_has_an_example() -> None:
    assert {called for called, _ in CALLS} == CALLABLE


PAGE = (ROOT / "docs" / "how-to" / "github-actions.md").read_text()
SHOWN = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_documentation_shows_the_examples() -> None:
    whole = [block for block in SHOWN if block.startswith("on:")]
    examples = [_nameless(path.read_text()) for path in EXAMPLES]
    assert [_nameless(block) in examples for block in whole] == [True, True]
    assert whole[0].count("\n") == 5  # as it promises
    (job,) = [block for block in SHOWN if block.startswith("  comment:")]
    (example,) = [path.read_text() for path in EXAMPLES if path.name == "comment.yml"]
    assert read(job)["comment"] == jobs_of(example)["comment"]


@pytest.mark.parametrize("block", [block for block in SHOWN if block.startswith("    with:")])
def test_the_documentation_gives_inputs_that_there_are(block: str) -> None:
    assert set(read(block)["with"]) <= set(inputs_of(FRICTIONLESS))


def test_every_input_is_used() -> None:
    for name in CALLABLE:
        text = FILES[name or "action.yml"].read_text()
        unused = [
            each for each in inputs_of(name) if not re.search(rf"inputs\.{each}\b(?!-)", text)
        ]
        assert unused == []


def test_inputs_that_the_documentation_names_are_there() -> None:
    known = {each for name in CALLABLE for each in inputs_of(name)}
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)(?:: [^`]*)?`", PAGE))
    assert named - known <= {"frictionless-report", "report-path", "security-events", "pytest-args"}


def _nameless(text: str) -> dict[str, Any]:
    return {key: value for key, value in read(text).items() if key != "name"}
