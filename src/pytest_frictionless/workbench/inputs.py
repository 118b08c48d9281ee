"""Which inputs and profiles a model has: the user's word first, then the file's, then a guess."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pytest_frictionless.errors import StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.shapes import Profile, Range, TensorType, symbols_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_frictionless.artifacts.checkpoint import InputRecord, WeightsRecord
    from pytest_frictionless.settings.inputs import InputSpec
    from pytest_frictionless.settings.model import ModelSpec

DEFAULT_PROFILE = "default"
ASSUMED_BATCH = (1, 4, 8)
ASSUMED_SIZE = (16, 64, 128)


def resolve_inputs(spec: ModelSpec, weights: WeightsRecord) -> list[InputRecord]:
    """Inputs in the order the model takes them; raises StepFailed FR204 for a name it has not.

    A Hugging Face model takes more than its config tells, as `position_ids`: the user may name them.
    """
    given = {name: _input_record(name, each) for name, each in spec.inputs.items()}
    if not weights["declared"]:
        return list(given.values())
    declared = {each["name"]: each for each in weights["inputs"]}
    more = weights["format"] == "huggingface"
    for name in given:
        if name not in declared and not more:
            near = difflib.get_close_matches(name, declared, 1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            finding = Finding(
                code="FR204",
                message=f"the model has no input {name!r}{hint}",
                evidence=tuple((each["name"], each["type"]) for each in declared.values()),
            )
            raise StepFailed(finding)
    return list((declared | given).values())


def is_tensor(record: InputRecord) -> bool:
    """Whether an input is a tensor of a known rank and type."""
    try:
        TensorType.parse(record["type"])
    except ValueError:
        return False
    return True


def _input_record(name: str, spec: InputSpec) -> InputRecord:
    record: InputRecord = {"name": name, "type": str(spec.tensor)}
    if spec.low is not None:
        record["low"] = spec.low
    if spec.high is not None:
        record["high"] = spec.high
    if spec.sample is not None:
        record["sample"] = spec.sample
    if spec.make is not None:
        record["make"] = spec.make
    return record


def resolve_profiles(
    profiles: Sequence[Profile],
    inputs: Sequence[InputRecord],
    ranges: Mapping[str, Sequence[int | None]],
) -> dict[str, Profile]:
    """The user's profiles, or one assumed from what the file says of its sizes.

    Raises StepFailed FR803 where a profile leaves out a symbol of the inputs.
    """
    types = [TensorType.parse(each["type"]) for each in inputs if is_tensor(each)]
    symbols = symbols_of(types)
    if not profiles:
        leading = {each.dims[0].symbol for each in types if each.dims}
        spans = {s: assumed_range(s in leading, ranges.get(s, (None, None))) for s in symbols}
        return {DEFAULT_PROFILE: Profile(DEFAULT_PROFILE, spans, assumed=True)}
    for profile in profiles:
        left_out = [symbol for symbol in symbols if symbol not in profile.ranges]
        if left_out:
            names = ", ".join(left_out)
            finding = Finding(
                code="FR803",
                message=f"profile {profile.name} gives no range for {names}",
                cause="; ".join(f"{each['name']}: {each['type']}" for each in inputs),
                remedy=f"Add to the profile, for example: {left_out[0]}: [1, 4, 8]",
            )
            raise StepFailed(finding)
    return {
        profile.name: Profile(profile.name, {s: profile.ranges[s] for s in symbols})
        for profile in profiles
    }


def assumed_range(leading: bool, bounds: Sequence[int | None]) -> Range:
    """A range for a symbol nobody spoke of: small, and inside what the file allows."""
    lower, upper = bounds
    low = max(lower or 1, 1)
    sizes = [max(size, low) for size in (ASSUMED_BATCH if leading else ASSUMED_SIZE)]
    if upper is not None:
        sizes = [min(size, upper) for size in sizes]
    if leading:
        sizes[0] = low
    return Range(*sizes)
