"""Checkpoints over jobs: balanced, never empty, and nearly unmoved when one is added."""

from __future__ import annotations

import json
import math
import os
import random
import statistics
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.checkout import ONNX, Checkout, pointer

from pytest_frictionless.ci.costs import durations_of, expected_s
from pytest_frictionless.ci.plan import Plan, select
from pytest_frictionless.ci.shards import MOST, ROOM, STEP, assign, plan_of
from pytest_frictionless.cli import main
from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports.results import Shard

if TYPE_CHECKING:
    from pathlib import Path

COSTS = st.dictionaries(
    st.text(min_size=1), st.floats(min_value=0, max_value=1e5), min_size=1, max_size=60
)


def loads_of(costs: dict[str, float], total: int) -> list[float]:
    shards = assign(costs, total)
    return [sum(costs[n] for n in costs if shards[n] == i) for i in range(1, total + 1)]


@given(costs=COSTS, total=st.integers(1, 12))
def test_every_checkpoint_has_one_shard_and_none_is_empty_or_too_full(
    costs: dict[str, float], total: int
) -> None:
    shards = assign(costs, total)
    assert shards.keys() == costs.keys()
    assert len(set(shards.values())) == min(total, len(costs))
    assert set(shards.values()) <= set(range(1, total + 1))
    bound = ROOM * STEP * sum(costs.values()) / total + max(costs.values())
    assert max(loads_of(costs, total)) <= bound * (1 + 1e-9)


@given(costs=COSTS, total=st.integers(1, 12), seed=st.integers())
def test_the_order_in_which_checkpoints_are_found_does_not_matter(
    costs: dict[str, float], total: int, seed: int
) -> None:
    shuffled = list(costs.items())
    random.Random(seed).shuffle(shuffled)
    assert assign(dict(shuffled), total) == assign(costs, total)


def repository(rng: random.Random, models: int) -> dict[str, float]:
    """As sizes are spread in practice: most models small, some ten times as large."""
    return {f"models/{rng.random()}.onnx": 7.5 + math.exp(rng.gauss(2.5, 1)) for _ in range(models)}


@pytest.mark.parametrize(
    ("models", "total", "share"), [(20, 4, 0.25), (100, 4, 0.05), (100, 10, 0.05), (500, 20, 0.02)]
)
def test_one_more_checkpoint_leaves_nearly_all_where_they_are(
    models: int, total: int, share: float
) -> None:
    rng = random.Random(models * total)
    moved = []
    for _ in range(20):
        costs = repository(rng, models)
        before = assign(costs, total)
        after = assign({**costs, "models/new.onnx": rng.choice(list(costs.values()))}, total)
        moved.append(sum(before[name] != after[name] for name in costs) / models)
    assert statistics.mean(moved) <= share
    # Filling shards evenly from the largest down, which is the usual way, moves half of them.


@pytest.mark.parametrize(("models", "total"), [(7, 3), (20, 4), (100, 10), (500, 20)])
def test_the_slowest_job_is_within_a_quarter_of_what_is_possible(models: int, total: int) -> None:
    rng = random.Random(models)
    for _ in range(20):
        costs = repository(rng, models)
        possible = max(sum(costs.values()) / total, *costs.values())
        assert max(loads_of(costs, total)) <= 1.25 * possible


def test_a_plan_is_known_by_its_digest() -> None:
    costs = {"a": 1.0, "b": 2.0, "c\udcff": 3.0}
    assert plan_of(assign(costs, 2)) == plan_of(assign(dict(reversed(costs.items())), 2))
    assert plan_of(assign(costs, 2)) != plan_of(assign({**costs, "d": 1.0}, 2))


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/2/3", "-1/2", "1/0", "²/2"])
def test_a_shard_that_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="takes a part of a whole, as 2/4"):
        Shard.parse(text)


def plan_for(checkout: Checkout) -> Plan:
    tree = checkout.tree()
    return Plan.of(tree, select(tree, "").reasons, {})


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_no_shard_of_a_matrix_is_empty(checkout: Checkout) -> None:
    for name in ("a", "b", "c"):
        checkout.write(f"{name}.onnx")
    plan = plan_for(checkout)
    matrix = plan.matrix(10)
    assert (matrix["count"], matrix["shards"]) == (3, 3)
    assert [line["models"] for line in matrix["matrix"]["include"]] == [1, 1, 1]
    assert {line["plan"] for line in matrix["matrix"]["include"]} == {plan.digest(3)}


def test_a_fixed_number_of_jobs_may_leave_some_with_nothing(checkout: Checkout) -> None:
    checkout.write("a.onnx")
    found = [plan_for(checkout).models_of(Shard(index=i, total=3)) for i in (1, 2, 3)]
    assert sorted(map(len, found)) == [0, 0, 1]


def test_shards_are_a_partition(checkout: Checkout) -> None:
    for index in range(23):
        checkout.write(f"models/{index}.onnx", ONNX)
    plan = plan_for(checkout)
    matrix = plan.matrix(5)["matrix"]["include"]
    shards = [plan.models_of(Shard(index=each["shard"], total=5)) for each in matrix]
    assert sorted(m.place for shard in shards for m in shard) == sorted(
        m.place for m in plan.models
    )
    assert [len(shard) for shard in shards] == [each["models"] for each in matrix]


def test_nothing_at_all_is_an_empty_matrix(checkout: Checkout) -> None:
    assert plan_for(checkout).matrix(4) == {
        "count": 0, "shards": 0, "matrix": {"include": []},
    }  # fmt: skip


def test_checkpoints_that_one_entry_fits_by_name_share_a_job(checkout: Checkout) -> None:
    """Else no job could tell that the entry fits both, which is FR113."""
    checkout.write("frictionless.yaml", "models: {net: {precision: fp16}}")
    for name in ("a/net.onnx", "b/net.onnx", "c/net.onnx", "d/other.onnx"):
        checkout.write(name)
    plan = plan_for(checkout)
    assert plan.matrix(8)["shards"] == 2
    sizes = sorted(len(plan.models_of(Shard(index=i, total=2))) for i in (1, 2))
    assert sizes == [1, 3]


def test_a_file_costs_what_its_pointer_says(checkout: Checkout) -> None:
    checkout.write("a.onnx", pointer(oid="0" * 64, size=300_000_000))
    checkout.write("b.onnx")
    checkout.write("b.onnx.data", pointer(oid="1" * 64, size=200_000_000))
    checkout.write("hf/config.json", '{"model_type": "bert"}')
    checkout.write("hf/model.safetensors", pointer(oid="2" * 64, size=100_000_000))
    checkout.write("hf/vocab.txt", "x" * 1000)
    seconds = expected_s(checkout.tree().models, {})
    assert seconds["a.onnx"] == pytest.approx(7.5 + 15)
    assert seconds["b.onnx"] == pytest.approx(7.5 + 10, abs=0.001)
    assert seconds["hf/config.json"] == pytest.approx(7.5 + 5, abs=0.001)


def test_recorded_durations_go_before_sizes(checkout: Checkout) -> None:
    for name in ("a", "b", "c"):
        checkout.write(f"{name}.onnx")
    seconds = expected_s(checkout.tree().models, {"a.onnx": 75.0, "gone.onnx": 1.0})
    assert seconds["a.onnx"] == 75
    assert seconds["b.onnx"] == seconds["c.onnx"] == pytest.approx(75, rel=0.001)


def results(**seconds: list[float]) -> str:
    """results.json of as many runs as there are seconds for each checkpoint."""
    runs = max(map(len, seconds.values()))
    return json.dumps({
        "results": 1,
        "runs": [{"written_by": "x", "started": f"2026-01-0{i + 1}T00:00:00Z", "seconds": 1.0,
                  "exit": 0, "complete": True} for i in range(runs)],
        "checkpoints": [{"path": f"{name}.onnx"} for name in seconds],
        "items": [
            {"id": f"{name}.onnx::{check}", "run": run, "checkpoint": f"{name}.onnx", "check": check,
             "outcome": "passed", "seconds": taken / 2}
            for name, each in seconds.items() for run, taken in enumerate(each)
            for check in ("load", "opset")
        ],
    })  # fmt: skip


def test_durations_are_read_from_results_and_from_a_committed_file(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = checkout.write("one/results.json", results(a=[10.0, 0.5], b=[2.0]))
    other = checkout.write("two/results.json", results(b=[4.0]))
    assert durations_of([run, other]) == {"a.onnx": 10.0, "b.onnx": 4.0}
    monkeypatch.chdir(checkout.root)
    assert main(["ci", "durations", str(run), str(other)]) == 0
    said = capsys.readouterr().out
    assert json.loads(said) == {"a.onnx": 10.0, "b.onnx": 4.0}
    for name in ("a", "b"):
        checkout.write(f"{name}.onnx")
    checkout.write("frictionless-durations.json", said)
    assert main(["ci", "discover", "--max-shards", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["matrix"]["include"][0]["cost"] == 14


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": "b"}', '{"a": -1}', '{"a": true}'])
def test_what_holds_no_durations_is_refused(checkout: Checkout, content: str) -> None:
    file = checkout.write("durations.json", content)
    with pytest.raises(ConfigError, match="holds no durations"):
        durations_of([file])


class Command:
    def __init__(self, checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
        self.checkout = checkout
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        status = main(["ci", "discover", *arguments])
        return status, *self._capsys.readouterr()

    def matrix(self, *arguments: str) -> dict[str, Any]:
        status, out, _ = self(*arguments)
        assert status == 0
        found: dict[str, Any] = json.loads(out)
        return found


@pytest.fixture
def discover(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    for name in ("GITHUB_OUTPUT", "GITHUB_ACTIONS", "CI_NODE_INDEX", "CI_NODE_TOTAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(checkout.root)
    return Command(checkout, capsys)


def test_the_matrix_goes_to_the_output_of_the_step_and_to_a_file(
    discover: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    discover.checkout.write("$(touch x)\n::error::.onnx")
    step = discover.checkout.write("step-output", "before=1\n")
    monkeypatch.setenv("GITHUB_OUTPUT", str(step))
    matrix = discover.matrix("--output", "made/here.json")
    assert json.loads((discover.checkout.root / "made/here.json").read_text()) == matrix
    lines = dict(line.split("=", 1) for line in step.read_text().splitlines())
    assert lines.keys() == {"before", "count", "shards", "matrix"}
    assert (lines["count"], json.loads(lines["matrix"])) == ("1", matrix["matrix"])
    assert "touch" not in step.read_text()


def test_the_command_leaves_no_trace_in_the_tree(discover: Command) -> None:
    discover.checkout.write("a.onnx")
    discover.matrix()
    assert [path.name for path in discover.checkout.root.iterdir()] == ["a.onnx"]


def test_none_where_none_is_named_is_fine_and_none_where_some_are_is_not(discover: Command) -> None:
    assert discover.matrix()["count"] == 0
    discover.checkout.write("frictionless.yaml", "roots: [models]")
    (discover.checkout.root / "models").mkdir()
    status, out, err = discover()
    assert (status, json.loads(out)["count"]) == (1, 0)
    assert "no checkpoint was found in models" in err
    assert discover.matrix("--allow-empty")["matrix"] == {"include": []}


def test_a_root_that_is_gone_is_an_error(discover: Command) -> None:
    discover.checkout.write("frictionless.yaml", "roots: [moved]")
    status, _, err = discover()
    assert status == 2
    assert "moved does not exist" in err


@pytest.mark.parametrize("count", ["0", str(MOST + 1), "-1", "many"])
def test_more_jobs_than_a_matrix_takes_are_refused(discover: Command, count: str) -> None:
    with pytest.raises(SystemExit) as ended:
        discover(f"--max-shards={count}")
    assert ended.value.code == 2


def test_256_jobs_are_the_most(discover: Command) -> None:
    for index in range(300):
        discover.checkout.write(f"models/{index}.onnx")
    include = discover.matrix("--max-shards", "256")["matrix"]["include"]
    assert len(include) == 256
    assert min(line["models"] for line in include) == 1
    assert sum(line["models"] for line in include) == 300


def test_a_thousand_checkpoints_are_split_in_less_than_three_seconds(discover: Command) -> None:
    """Of the processor, by this process and by git; with what changed in a commit of its own."""
    discover.checkout.init()
    for index in range(1000):
        discover.checkout.write(f"models/{index // 100}/{index}.onnx")
    discover.checkout.commit()
    discover.checkout.write("models/new.onnx")
    discover.checkout.commit()
    begun = os.times()
    assert discover.matrix("--max-shards", "16")["count"] == 1001
    assert discover.matrix("--max-shards", "16", "--changed-since", "HEAD~1")["count"] == 1
    used = sum(os.times()[:4]) - sum(begun[:4])
    assert used < 2 * 3


def test_what_pytest_would_not_collect_is_not_split_either(discover: Command) -> None:
    discover.checkout.write("frictionless.yaml", "roots: [models]\nexclude: ['models/old/*']")
    for name in ("models/a.onnx", "models/old/b.onnx", "models/dist/c.onnx", "elsewhere/d.onnx"):
        discover.checkout.write(name)
    assert [model.place for model in discover.checkout.tree().models] == ["models/a.onnx"]
