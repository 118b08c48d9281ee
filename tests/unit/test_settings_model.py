"""What one model entry may say."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import TYPE_CHECKING, Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.settings.read import read_settings
from pytest_frictionless.settings.settings import Settings
from pytest_frictionless.settings.tolerance import Bounds, Tolerance
from pytest_frictionless.shapes import Profile, Range

if TYPE_CHECKING:
    from pathlib import Path


Read = Callable[[str], Any]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read one model entry: the spec, or the list of what is wrong, each from its key path."""

    def read(entry: str) -> ModelSpec | list[str]:
        path = tmp_path / "frictionless.yaml"
        path.write_text(f"models:\n  m:\n{indent(entry, '    ')}\n")
        settings = read_settings(path)
        if "m" in settings.models:
            return settings.models["m"]
        said = settings.broken_models["m"].problems
        return [line.split(": ", 1)[1].removeprefix("models.m.") for line in said]

    return read


IMAGE = 'factory: a:b\ninputs: {image: "float32[batch, 3, height, width]", mask: "bool[batch]"}\n'


@pytest.mark.parametrize(
    ("profiles", "problems"),
    [
        ("online: {batch: 1, height: 8}",
         ["profiles.online: symbol 'width' of input image has no range in profile online"]),
        ("online: {batch: 1, height: 8, widht: 8}",
         ["profiles.online.widht: symbol 'widht' is in no input, did you mean 'width'?",
          "profiles.online: symbol 'width' of input image has no range in profile online"]),
        ("online: {batch: 1, height: 8, width: 8, zzz: 1}",
         ["profiles.online.zzz: symbol 'zzz' is in no input: the symbols are batch, height, width"]),
        ("on-line: {batch: 1, height: 8, width: 8}",
         ["profiles.on-line: 'on-line' is no profile name: it takes a-z, 0-9 and _ and no dash, "
          "as item ids read <check>-<profile>-<point>"]),
        ("a: {batch: [4, 1, 2], height: 8, width: 8}",
         ["profiles.a.batch: [4, 1, 2] is no range: "
          "it takes [min, opt, max] with 0 <= min <= opt <= max"]),
        ("a: {batch: [1, 2], height: 8, width: 8}",
         ["profiles.a.batch: [1, 2] is no range: "
          "it takes [min, opt, max], or one whole number for a fixed size"]),
        ("a: {batch: true, height: 8, width: 8}",
         ["profiles.a.batch: true is no range: "
          "it takes [min, opt, max], or one whole number for a fixed size"]),
        ("a: {batch: [1, 2.5, 4], height: 8, width: 8}",
         ["profiles.a.batch: [1, 2.5, 4] is no range: "
          "it takes [min, opt, max], or one whole number for a fixed size"]),
        ("a: {batch: -1, height: 8, width: 8}", ["profiles.a.batch: -1 is no size: it takes 0 or more"]),
        ("a: 5", ["profiles.a: 5 is no profile: it takes a range for each symbol"]),
        ("a:", ["profiles.a: null is no profile: it takes a range for each symbol"]),
    ],
)  # fmt: skip
def test_an_impossible_profile(read: Read, profiles: str, problems: list[str]) -> None:
    assert sorted(read(f"{IMAGE}profiles:\n  {profiles}")) == sorted(problems)


def test_a_profile_under_which_an_axis_is_negative(read: Read) -> None:
    entry = 'inputs: {x: "float32[seq-4]"}\nprofiles: {a: {seq: [2, 8, 16]}}'
    assert read(entry) == ["profiles.a: axis seq-4 of input x is -2 at the min of profile a"]


def test_symbols_are_not_known_without_inputs(read: Read) -> None:
    assert read("profiles: {a: {anything: 3}}").shape_profiles == (
        Profile("a", {"anything": Range(3, 3, 3)}),
    )


def test_a_file_may_declare_further_inputs(read: Read) -> None:
    """Without a factory the file has its own inputs, and `inputs` may refine some of them."""
    entry = 'inputs: {x: "float32[batch]"}\nprofiles: {a: {batch: 1, seq: 8}}'
    assert read(entry).profiles == {"a": {"batch": 1, "seq": 8}}


def test_profiles_are_checked_beside_other_mistakes(read: Read) -> None:
    problems = read(f"{IMAGE}precision: fp61\nprofiles: {{a: {{batch: 1, height: 1}}}}")
    assert problems == [
        "precision: 'fp61' is none of fp32, fp16, bf16, int8, fp8, did you mean 'fp16'?",
        "profiles.a: symbol 'width' of input image has no range in profile a",
    ]


@given(st.lists(st.integers(-2, 9), min_size=3, max_size=3))
def test_a_range_is_read_where_it_ascends(sizes: list[int]) -> None:
    profiles = {"a": {"n": sizes}}
    if 0 <= sizes[0] <= sizes[1] <= sizes[2]:
        (profile,) = ModelSpec(profiles=profiles).shape_profiles
        assert profile.ranges["n"] == Range(*sizes)
    else:
        with pytest.raises(pydantic.ValidationError, match="is no range"):
            ModelSpec(profiles=profiles)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("float32[", "'float32[' is no tensor type: write an element type and the axes in brackets, "
         "for example float32[batch, 3, 224, 224]"),
        ("{type: 'int64[n]', low: 5, high: 4}", "low 5 is above high 4"),
        ("{type: 'int64[n]', low: 5, high: 5}", "no integer is from 5 to below 5: high is exclusive"),
        ("{type: 'int64[n]', low: 0.5}", "low 0.5 is no whole number, as int64 needs"),
        ("{type: 'uint8[n]', low: -1}",
         "uint8 holds no such values: low is at least 0, high at most 256"),
        ("{type: 'int8[n]', low: 0, high: 129}",
         "int8 holds no such values: low is at least -128, high at most 128"),
        ("{type: 'int8[n]', low: 0, make: a:b}",
         "low and high and make exclude each other: values have one origin"),
        ("{type: 'int8[n]', sample: a.npz, make: a:b}",
         "sample and make exclude each other: values have one origin"),
        ("{type: 'int8[n]', sample: a.txt}", "'a.txt' is no sample: it takes a .npz or .npy file"),
        ("{type: 'int8[n]', make: a.b}", "'a.b' is no callable: write package.module:callable, "
         "did you mean 'a:b'?"),
        ("{tpe: 'int8[n]'}", "unknown key, did you mean 'type'?"),
        ("{low: 1}", "the key 'type' is missing: element type and axes: sizes, symbols, or "
         "2*symbol+1, as float32[batch, 3, height, width]"),
        ("5", "5 is no mapping: it takes the keys type, low, high, sample, make"),
    ],
)  # fmt: skip
def test_a_wrong_input(read: Read, spec: str, problem: str) -> None:
    if spec.startswith("float"):
        spec = f"'{spec}'"
    said = read(f"inputs:\n  x: {spec}")
    assert problem in [line.split(": ", 1)[1] for line in said]
    assert all(line.startswith("inputs.x") for line in said)


@pytest.mark.parametrize(
    "spec",
    ["{type: 'int64[n]', low: 0, high: 30522}", "{type: 'uint8[n]', high: 256}",
     "{type: 'float32[n]', low: 1, high: 1}", "{type: 'float32[n]', low: -0.5}",
     "{type: 'int64[n]', sample: data/a.npz}", "{type: 'int64[n]', make: 'a.b:c.d'}",
     "{type: 'int64[]', low: , high: }"],
)  # fmt: skip
def test_a_right_input(read: Read, spec: str) -> None:
    assert isinstance(read(f"inputs:\n  x: {spec}"), ModelSpec)


def test_an_input_is_its_type_or_a_mapping() -> None:
    alone = ModelSpec(inputs={"x": " float32[ batch,3 ]"})
    mapping = ModelSpec(inputs={"x": {"type": "float32[batch, 3]"}})
    assert alone == mapping
    assert alone.inputs["x"].type == "float32[batch, 3]"


@pytest.mark.parametrize(
    ("given", "reason"),
    [('"ours"', "ours"), ('{reason: "ours"}', "ours"), ("false", None), ("", None)],
)
@pytest.mark.parametrize("key", ["trusted", "skip"])
def test_a_switch_with_its_reason(read: Read, key: str, given: str, reason: str | None) -> None:
    assert getattr(read(f"{key}: {given}"), key) == reason


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("true", 'trusted: true is not enough, a reason is needed: {reason: "..."}'),
        ("{}", 'trusted: a reason is needed: {reason: "..."}'),
        ("{reason: }", 'trusted: a reason is needed: {reason: "..."}'),
        ("{reason: ''}", "trusted: the text is empty"),
        ("''", "trusted: the text is empty"),
        ("{raeson: x}", "trusted.raeson: unknown key, did you mean 'reason'?"),
        ("{zzz: x}", "trusted.zzz: unknown key, the only key is reason"),
        ("5", "trusted: 5 is no text: write it in quotes"),
    ],
)
def test_a_switch_without_its_reason(read: Read, given: str, problem: str) -> None:
    assert read(f"trusted: {given}") == [problem]


@pytest.mark.parametrize(
    ("ignore", "problems"),
    [
        ("{FR2002: x}", ["ignore.FR2002: 'FR2002' is no finding code, did you mean 'FR202'?"]),
        ("{fr101: x}", ["ignore.fr101: 'fr101' is no finding code, did you mean 'FR101'?"]),
        ("{FR101: }", ['ignore.FR101: a reason is needed: say why, as "served by another model"']),
        ("{FR101: ''}", ["ignore.FR101: the text is empty"]),
        ("[FR101]", ['ignore: ["FR101"] is no mapping: write a key and a value']),
        ("{FR102: true}", ["ignore.FR102: true is no text: write it in quotes"]),
    ],
)
def test_a_suppression_needs_a_known_code_and_a_reason(
    read: Read, ignore: str, problems: list[str]
) -> None:
    assert read(f"ignore: {ignore}") == problems


@pytest.mark.parametrize(
    ("factory", "problem"),
    [
        ("package.module:callable",
         "'package.module:callable' is still the placeholder: name your own function"),
        ("shop.nets.resnet50", "'shop.nets.resnet50' is no callable: write "
         "package.module:callable, did you mean 'shop.nets:resnet50'?"),
        ("shop/nets.py:resnet50",
         "'shop/nets.py:resnet50' is no callable: write package.module:callable"),
        ("a:b()", "'a:b()' is no callable: write package.module:callable"),
    ],
)  # fmt: skip
def test_a_wrong_factory(read: Read, factory: str, problem: str) -> None:
    assert read(f"factory: {factory}") == [f"factory: {problem}"]


@pytest.mark.parametrize(
    ("given", "normal"),
    [("./models//x.pt", "models/x.pt"), ("models/", "models"), ("/mnt/x.pt", "/mnt/x.pt")],
)
def test_paths_are_normalised(given: str, normal: str) -> None:
    assert ModelSpec(path=given).path == normal


@pytest.mark.parametrize("path", ["''", "' '", "../x.pt", "a/../../x", "'a\\b'"])
def test_a_wrong_path(read: Read, path: str) -> None:
    (problem,) = read(f"path: {path}")
    assert problem.startswith("path: ")


def test_tolerance_of_one_output_completes_itself_from_the_general_one() -> None:
    tolerance = Tolerance(rtol=0.1, atol=0.2, outputs={"a": {"rtol": 0.5}, "b": {}})
    assert tolerance.outputs == {"a": Bounds(rtol=0.5, atol=0.2), "b": Bounds(rtol=0.1, atol=0.2)}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("tolerance: {rtol: -1}", "tolerance.rtol: -1 is out of range: it takes at least 0"),
        ("tolerance: {rtol: .nan}", "tolerance.rtol: .nan is no number"),
        ("tolerance: {rtoll: 1}", "tolerance.rtoll: unknown key, did you mean 'rtol'?"),
        ("outputs: [logits]\ntolerance: {outputs: {logit: {rtol: 1}}}",
         "tolerance.outputs.logit: 'logit' is none of the outputs, did you mean 'logits'?"),
        ("outputs: [a, a]", "outputs[1]: output 'a' is named twice"),
        ("zzz: {}", "zzz: unknown key: the keys are path, factory, inputs, outputs, profiles, "
         "precision, tolerance, budget, ignore, trusted, skip, opset, plugins"),
        ("profiles: {online: {batch: 1}}\nbudget: {points: {onlin-opt: {latency_ms: 2}}}",
         "budget.points.onlin-opt: there is no profile for 'onlin-opt', did you mean 'online'?"),
        ("budget: {points: {default: {latency_ms: 2}}}",
         "budget.points.default: 'default' is no <profile>-<point>: a point is min, opt, max"),
    ],
)  # fmt: skip
def test_other_mistakes(read: Read, entry: str, problem: str) -> None:
    assert read(entry) == [problem]


def test_nothing_changes_after_reading() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        Settings().roots = ("a",)  # type: ignore[misc]


@given(st.floats() | st.integers() | st.text())
def test_a_capability_is_major_and_minor_or_refused(value: object) -> None:
    try:
        (text,) = Settings.model_validate(
            {"target": {"compute_capabilities": [value]}}
        ).target.compute_capabilities
    except pydantic.ValidationError:
        return
    major, minor = text.split(".")
    assert 5 <= int(major) < 20
    assert 0 <= int(minor) <= 9
