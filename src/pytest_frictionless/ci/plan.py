"""Which checkpoints are tested, and by which job: a pure function of the tree and of durations."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_frictionless.ci.changed import Selection, changed_since
from pytest_frictionless.ci.costs import expected_s
from pytest_frictionless.ci.shards import assign, plan_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from pytest_frictionless.ci.tree import Model, Tree
    from pytest_frictionless.reports.results import Shard


def select(tree: Tree, ref: str) -> Selection:
    """What changed since a commit; without one, everything."""
    if ref:
        return changed_since(tree, ref)
    return Selection(
        reasons=dict.fromkeys((model.place for model in tree.models), "all are tested")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The checkpoints to test, in groups that one job takes whole, and what each group costs."""

    groups: Mapping[str, tuple[Model, ...]]
    costs: Mapping[str, float]
    """Expected seconds, by the name of the group."""

    @classmethod
    def of(cls, tree: Tree, places: Container[str], durations: Mapping[str, float]) -> Plan:
        """The plan for these checkpoints of a tree."""
        seconds = expected_s(tree.models, durations)
        groups = tree.groups(model for model in tree.models if model.place in places)
        return cls(
            groups=groups,
            costs={
                name: sum(seconds[model.place] for model in group) for name, group in groups.items()
            },
        )

    @property
    def models(self) -> tuple[Model, ...]:
        """Every checkpoint that is tested."""
        return tuple(model for group in self.groups.values() for model in group)

    def models_of(self, shard: Shard) -> tuple[Model, ...]:
        """Those that one job tests; none where there are more jobs than checkpoints."""
        shards = assign(self.costs, shard.total)
        names = (name for name in self.groups if shards[name] == shard.index)
        return tuple(model for name in names for model in self.groups[name])

    def digest(self, total: int) -> str:
        """Short digest of the assignment: equal where every job computes the same."""
        return plan_of(assign(self.costs, total))

    def matrix(self, most: int) -> dict[str, Any]:
        """The jobs: as many as there are groups, at most `most`, and none of them empty."""
        total = min(most, len(self.groups))
        shards = assign(self.costs, total) if total else {}
        models: defaultdict[int, int] = defaultdict(int)
        cost: defaultdict[int, float] = defaultdict(float)
        for name, index in shards.items():
            models[index] += len(self.groups[name])
            cost[index] += self.costs[name]
        include = [
            {"shard": index, "total": total, "models": models[index], "cost": round(cost[index], 1),
             "plan": plan_of(shards)}
            for index in range(1, total + 1)
        ]  # fmt: skip
        return {"count": len(self.models), "shards": total, "matrix": {"include": include}}
