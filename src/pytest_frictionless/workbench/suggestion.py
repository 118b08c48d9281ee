"""The entry of frictionless.yaml that a checkpoint lacks, with all that can be guessed filled in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_frictionless.checkpoint.discovery import Format
from pytest_frictionless.settings.scaffold import scaffold
from pytest_frictionless.shapes import TensorType, symbols_of
from pytest_frictionless.workbench.inputs import assumed_range
from pytest_frictionless.workbench.networks import Network, networks_with

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_frictionless.artifacts.checkpoint import InputRecord, WeightsRecord
    from pytest_frictionless.shapes import Range
    from pytest_frictionless.workbench.workbench import Workbench


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A `models:` block with one entry."""

    text: str
    guess: str = ""
    """Where a guess comes from, and what is to be done with it."""
    blanks: tuple[str, ...] = ()
    """Keys of the entry that only the user can fill in."""


def suggested(bench: Workbench, name: str) -> Suggestion | None:
    """An entry for a checkpoint, called `name`; None where its file tells everything.

    Raises StepFailed where it cannot be read, and MissingDependency where nothing here reads it.
    """
    if is_unknown(bench):
        return suggested_model(bench, name)
    ranges = next(iter(bench.profiles.values())).ranges
    return suggested_profile(bench, name, ranges) if ranges else None


def is_unknown(bench: Workbench) -> bool:
    """Whether nothing tells the network, or the inputs it takes."""
    weights = bench.weights()
    return not weights["runnable"] or not (weights["declared"] or bench.spec.inputs)


def suggested_model(bench: Workbench, name: str) -> Suggestion:
    """An entry with factory and inputs, as far as weights and sources of the repository tell."""
    weights = bench.weights()
    guessed, factory, guess = weights["inputs"], bench.spec.factory, ""
    likely = None if weights["runnable"] else _likely(bench, weights)
    if likely and not likely.needs:
        factory = likely.factory
        guess = f"{factory} has all the layers of the file; correct the inputs, a guess"
        guessed = _renamed_inputs(guessed, likely.inputs)
    elif likely:
        guess = (
            f"{likely.factory} has all the layers of the file, and needs "
            f"{', '.join(likely.needs)}: write a function that calls it"
        )
    elif guessed:
        guess = "the inputs are a guess from the first weights"
    types = {each["name"]: TensorType.parse(each["type"]) for each in guessed}
    values = {
        each["name"]: (int(each.get("low", 0)), int(each["high"]))
        for each in guessed
        if "high" in each
    }
    leading = {each.dims[0].symbol for each in types.values() if each.dims}
    ranges = {
        symbol: assumed_range(symbol in leading, weights["ranges"].get(symbol, (None, None)))
        for symbol in symbols_of(types.values())
    }
    needs_factory = not weights["runnable"] or factory is not None
    text = scaffold(
        name=name, path=bench.relative_path, factory=factory, needs_factory=needs_factory,
        inputs=types, ranges=_spans(ranges), values=values,
    )  # fmt: skip
    blanks = [*["factory"] * (needs_factory and not factory), *["inputs"] * (not types)]
    return Suggestion(text=text, guess=guess, blanks=tuple(blanks))


def suggested_profile(bench: Workbench, name: str, ranges: Mapping[str, Range]) -> Suggestion:
    """An entry with the sizes that are assumed as long as nobody says others."""
    path = PurePosixPath(bench.relative_path)
    if bench.checkpoint.format is Format.HUGGINGFACE and path.parent.name:
        path = path.parent
    text = scaffold(
        name=name, path=str(path), factory=None, needs_factory=False, inputs=None,
        ranges=_spans(ranges),
    )  # fmt: skip
    return Suggestion(text=text, guess="these sizes are assumed; correct them")


def suggested_blank(bench: Workbench, name: str) -> Suggestion | None:
    """An entry for what nothing here can read, by its format alone; None where it may need none."""
    if bench.checkpoint.format not in (Format.PICKLE, Format.SAFETENSORS, Format.TORCHSCRIPT):
        return None
    needs_factory = bench.checkpoint.format is not Format.TORCHSCRIPT
    text = scaffold(
        name=name, path=bench.relative_path, factory=None, needs_factory=needs_factory, inputs={},
        ranges={},
    )  # fmt: skip
    return Suggestion(text=text, blanks=(*["factory"] * needs_factory, "inputs"))


def _spans(ranges: Mapping[str, Range]) -> dict[str, tuple[int, int, int]]:
    return {symbol: (span.min, span.opt, span.max) for symbol, span in ranges.items()}


def _likely(bench: Workbench, weights: WeightsRecord) -> Network | None:
    """The likeliest class of the repository that has the layers of the file."""
    stem = bench.checkpoint.path.stem
    for depth in reversed(weights.get("layers", [])):
        if found := networks_with(depth, bench.shop.root, stem=stem):
            return found[0]
    return None


def _renamed_inputs(guessed: list[InputRecord], names: tuple[str, ...]) -> list[InputRecord]:
    """The guessed inputs under the names of forward()'s arguments."""
    unknown: InputRecord = {"name": "", "type": "float32[batch]"}
    return [
        {**(guessed[index] if index < len(guessed) else unknown), "name": name}
        for index, name in enumerate(names)
    ] or guessed
