"""Whether TensorRT still refuses a part of a model, and in the same way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pytest_frictionless.backends.onnx.walk import walk
from pytest_frictionless.backends.tensorrt import installed
from pytest_frictionless.backends.tensorrt.build import run
from pytest_frictionless.backends.tensorrt.network import read
from pytest_frictionless.backends.tensorrt.parse import rejections_in
from pytest_frictionless.backends.tensorrt.words import CRASHED, same_words
from pytest_frictionless.backends.trial import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import onnx

    from pytest_frictionless.backends.reduce.graph import Part
    from pytest_frictionless.backends.trial import Report
    from pytest_frictionless.reproduce.records import FailureRecord

PARSE_S = 5
SHARE = 0.5
"""Of the time that is left, the most that one question may take."""
FEWEST_S = 1


class Engine:
    """Asks the engine about parts; one that is refused for another reason does not count."""

    def __init__(
        self,
        failure: FailureRecord,
        *,
        model: onnx.ModelProto,
        path: str,
        compute_capabilities: Sequence[str],
        deadline: float,
    ) -> None:
        self.failure, self.path, self.deadline = failure, path, deadline
        self.compute_capabilities = compute_capabilities
        graphs = {name for _, _, node in walk(model.graph)
                  for name in (node.name, *node.input, *node.output)}  # fmt: skip
        self._names = graphs | {value.name for value in model.graph.input}
        self._words = same_words(failure["reason"], self._names)

    def fails(self, part: Part) -> bool:
        """Whether this part fails as the whole does."""
        left = self.deadline - time.monotonic()
        ending = ask(
            lambda report: self._try(part, report),
            deadline=time.monotonic() + max(left * SHARE, min(left, FEWEST_S)),
        )
        if self.failure["stage"] == "crash":
            return ending.crash == self.failure["error_code"]
        errors = ending.fields.get("errors", [])
        if ending.crash:
            errors = [f"{installed.engine_name()} {CRASHED}: {ending.crash}"]
        if self.failure["stage"] == "parse":
            return any(self._same(each) for each in ending.fields.get("rejections", []))
        texts = [*errors, " ".join(errors)]
        return bool(errors) and any(same_words(text, self._names) == self._words for text in texts)

    def _same(self, rejection: Mapping[str, Any]) -> bool:
        alike = ("kind", "operator", "error_code")
        return all(rejection[key] == self.failure[key] for key in alike) and (  # type: ignore[literal-required]
            same_words(rejection["reason"], self._names) == self._words
        )

    def _try(self, part: Part, report: Report) -> None:
        if self.failure["stage"] == "parse":
            found = rejections_in(part.model, self.path, budget_s=PARSE_S)
            report({"rejections": found})
            return
        reading = read(part.model.SerializeToString(), self.path)
        if not reading.parsed:
            return
        profile = self.profile_of(part, reading.network)
        attempt = run(
            reading, profiles=[profile] if profile["inputs"] or profile["values"] else [],
            compute_capabilities=self.compute_capabilities,
        )  # fmt: skip
        report({"errors": [] if attempt.plan is not None else attempt.errors})

    def profile_of(self, part: Part, network: Any) -> dict[str, Any]:
        """The profile of a part: values only for what the engine takes for a shape tensor."""
        shapes = {
            network.get_input(i).name for i in range(network.num_inputs)
            if network.get_input(i).is_shape_tensor
        }  # fmt: skip
        return {
            "name": "part",
            "inputs": part.inputs,
            "values": {name: part.values[name] for name in part.values if name in shapes},
        }
