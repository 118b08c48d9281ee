"""Records of one run or of several become one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shards import RUN, WHOLE, checkpoint, item, later, results

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.reports.merge import merge
from pytest_frictionless.reports.results import Checkpoint, Commit, Item, Made, Results, Shard


@dataclass
class Parts:
    """A way to cut a record up."""

    shares: list[list[Item]]
    order: list[int]


@st.composite
def cuts(draw: st.DrawFn) -> Parts:
    count = draw(st.integers(1, 4))
    shares: list[list[Item]] = [[] for _ in range(count)]
    for each in WHOLE.items:
        for share in draw(st.sets(st.integers(0, count - 1), min_size=1)):
            shares[share].append(each)
    return Parts(shares, draw(st.permutations(range(count))))


class TestMerge:
    """Records of one run or of several become one."""

    @given(cuts())
    def test_any_parts_of_a_run_make_the_whole(self, cut: Parts) -> None:
        parts = [Results.of([RUN], WHOLE.checkpoints, share) for share in cut.shares]
        assert merge(parts[place] for place in cut.order) == WHOLE

    @given(st.permutations(range(3)), st.integers(1, 2))
    def test_neither_order_nor_grouping_of_shards_matters(self, order: list[int], at: int) -> None:
        shards = [
            results(
                *(each for each in WHOLE.items if each.checkpoint == f"{stem}.onnx"),
                run=later(index, shard=Shard(index=index + 1, total=3), seconds=index),
            )
            for index, stem in enumerate("abc")
        ]
        merged = merge(shards)
        mixed = [shards[place] for place in order]
        assert merge([merge(mixed[:at]), merge(mixed[at:])]) == merged
        assert [run.shard.index for run in merged.runs if run.shard] == [1, 2, 3]
        assert [each.run for each in merged.items] == [0, 0, 0, 1, 1, 2]
        assert [replace(each, run=0) for each in merged.items] == list(WHOLE.items)

    def test_what_each_run_knows_of_a_checkpoint_is_kept(self) -> None:
        plan = Made(kind="plan", path="other.plan", sha256="3" * 64)
        bare = Results.of([later(1)], [Checkpoint(path="b.onnx")], [])
        other = Results.of([later(2)], [checkpoint("b", made=(plan,), files={"b.onnx": "4"})], [])
        merged = merge([bare, other, WHOLE]).checkpoints[1]
        assert merged == checkpoint(
            "b", files={"b.onnx": "4"}, made=(*WHOLE.checkpoints[1].made, plan)
        )

    def test_nothing_is_nothing_to_merge(self) -> None:
        with pytest.raises(ConfigError, match="no results to merge"):
            merge([])

    def test_results_of_other_commits_and_other_files_are_refused(self) -> None:
        one = results(item("a", "load"), run=replace(RUN, commit=Commit(sha="aa")))
        other = replace(one, runs=(later(1, commit=Commit(sha="bb")),))
        with pytest.raises(ConfigError, match="different commits: aa, bb"):
            merge([one, other])
        changed = Results.of([later(1)], [checkpoint("a", files={"a.onnx": "9" * 64})], [])
        with pytest.raises(ConfigError, match=r"a\.onnx has other content in one of the runs"):
            merge([WHOLE, changed])

    def test_runs_with_other_settings_are_refused(self) -> None:
        one, other = (
            Results.of([later(day)], [checkpoint("a", settings={"budget": str(day)})], [])
            for day in (1, 2)
        )
        assert merge([one]).checkpoints[0].settings == {"budget": "1"}
        read, other_read = (
            Results.of([later(day)], [checkpoint("a", sources={"own.py": str(day)})], [])
            for day in (1, 2)
        )
        assert merge([read, one]).checkpoints[0].sources == {"own.py": "1"}
        with pytest.raises(ConfigError, match=r"own\.py, read for a\.onnx has other content"):
            merge([read, other_read])
        with pytest.raises(
            ConfigError, match=r"budget of a\.onnx has other content in one of the runs"
        ):
            merge([one, other])

    def test_two_stories_of_one_item_in_one_run_are_refused(self) -> None:
        with pytest.raises(ConfigError, match=r"a\.onnx::load: the results tell differently"):
            merge([WHOLE, results(item("a", "load", "failed"))])
