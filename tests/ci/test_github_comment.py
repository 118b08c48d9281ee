"""The one comment on a pull request: the example, executed push by push against comments that are kept."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci.consumer import CALLER, EXAMPLE, PUSH, Consumer, pull_request
from tests.ci.rules import jobs_of
from tests.ci.tools import needs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ci.act import Ran

pytestmark = [
    pytest.mark.real,
    needs("act", "git", "hatchling"),
    needs("jq", install="apt-get install jq"),
]

COMMENT = ".github/workflows/comment.yml"
OURS = {"login": "github-actions[bot]"}
OTHERS = [
    {"id": 1, "user": {"login": "ada"}, "body": "<!-- pytest-frictionless: . -->\nnot by the workflow"},
    {"id": 2, "user": OURS, "body": "<!-- pytest-frictionless: vision -->\nof another suite"},
    {"id": 3, "user": OURS, "body": "coverage"},
]  # fmt: skip
"""What else is said on the pull request; a person may copy the marker."""


def _comments(consumer: Consumer) -> list[dict[str, Any]]:
    comments: list[dict[str, Any]] = json.loads((consumer.github / "comments.json").read_text())
    return comments


@pytest.fixture(scope="module")
def pushed(
    tmp_path_factory: pytest.TempPathFactory, published: Path
) -> list[tuple[Ran, list[dict[str, Any]]]]:
    """A pull request with one model, and a second push that adds another; each with the comments after it."""
    consumer = Consumer(tmp_path_factory.mktemp("comment") / "consumer", published)
    consumer.write("README.md", "the base")
    shutil.copytree(EXAMPLE / ".github", consumer.root / ".github")
    consumer.commit()
    consumer.github.mkdir()
    (consumer.github / "comments.json").write_text(json.dumps(OTHERS))
    pushes = []
    for name in ("net", "new"):
        consumer.onnx(f"models/{name}.onnx")
        ran = consumer.act(
            "pull_request", workflow=COMMENT, payload=pull_request(), environment={"PYTEST_ADDOPTS": "-k load"}
        )  # fmt: skip
        pushes.append((ran, _comments(consumer)))
    return pushes


def test_the_first_push_writes_a_comment(pushed: list[tuple[Ran, list[dict[str, Any]]]]) -> None:
    ran, comments = pushed[0]
    assert ran.code == 0, ran.told()
    assert ran.jobs["comment"] == "success"
    assert comments[:3] == OTHERS
    (ours,) = comments[3:]
    assert ours["body"].startswith("<!-- pytest-frictionless: . -->\n## ✅")
    assert ours["user"] == OURS


def test_the_second_push_renews_it(pushed: list[tuple[Ran, list[dict[str, Any]]]]) -> None:
    (_, first), (ran, comments) = pushed
    assert ran.code == 0, ran.told()
    assert [each["id"] for each in comments] == [each["id"] for each in first]
    assert comments[:3] == OTHERS
    assert "models/new.onnx" not in first[3]["body"]
    assert "models/new.onnx" in comments[3]["body"]


@pytest.mark.parametrize(
    ("report", "comments"),
    [("", OTHERS), ("## coverage\n", OTHERS), ("<!-- pytest-frictionless: . -->\n", "no JSON")],
    ids=["no marker", "another comment", "no list of comments"],
)
def test_nothing_is_written_where_nobody_knows_which_comment_is_meant(
    consumer: Consumer, report: str, comments: Any
) -> None:
    """The report comes from a job that runs code of the pull request."""
    known = consumer.github / "comments.json"
    known.parent.mkdir()
    known.write_text(json.dumps(comments) if isinstance(comments, list) else comments)
    before = known.read_text()
    consumer.call("frictionless-comment")
    caller = json.loads((consumer.root / CALLER).read_text())
    copy = 'cd "$ACT_ARTIFACTS"; mkdir frictionless-report; printf %s "$REPORT" > frictionless-report/comment.md'
    steps = [{"run": copy, "env": {"REPORT": report}}]
    caller["jobs"]["report"] = {"runs-on": "ubuntu-latest", "steps": steps}
    caller["jobs"]["models"]["needs"] = "report"
    consumer.write(CALLER, json.dumps(caller))
    ran = consumer.act("pull_request", payload=pull_request())
    assert ran.jobs == {"report": "success", "comment": "failure"}, ran.told()
    asked = consumer.github / "gh.txt"
    assert known.read_text() == before
    assert len(asked.read_text().splitlines() if asked.exists() else []) == (
        0 if comments == OTHERS else 1
    )


def test_it_is_renewed_where_the_models_fail_too() -> None:
    """Read and not executed: act ends where a called workflow has failed."""
    job = jobs_of((EXAMPLE / COMMENT).read_text())["comment"]
    assert (job["needs"], job["if"]) == ("models", "${{ !cancelled() }}")


@pytest.mark.parametrize(
    ("event", "payload"),
    [("pull_request", pull_request(head="mallory/shop")), ("push", PUSH)],
    ids=["fork", "push"],
)
def test_nothing_is_written_where_nothing_may_be(
    consumer: Consumer, event: str, payload: dict[str, Any]
) -> None:
    consumer.call("frictionless-comment")
    ran = consumer.act(event, payload=payload)
    assert ran.code == 0, ran.told()
    assert ran.jobs == {}
    assert not (ran.folder / "gh.txt").exists()
