"""frictionless.yaml on disk: what is read, and what is said of what cannot be."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_frictionless.errors import ConfigError
from pytest_frictionless.settings.read import default_settings, name_of, read_settings
from pytest_frictionless.settings.settings import Settings
from pytest_frictionless.shapes import Profile, Range

FULL = """\
roots: [models]
exclude: ["models/old/**"]
target:
  tensorrt: "10.15"
  tensorrt_rtx: "1.7"
  container: nvcr.io/nvidia/tensorrt:25.10-py3
  compute_capabilities: [8.0, "8.9", 12.0]
opset: {version: 18, reason: "the runtime in production is validated to 18"}
limits: {timeout_s: 30, memory_mib: 4096}
cliffs: {seconds: 60, jump: 0.15}
models:
  resnet50:
    path: models/resnet50.safetensors
    factory: shop.nets:resnet50
    inputs:  {image: "float32[batch, 3, height, width]"}
    profiles:
      online:  {batch: [1, 1, 4],   height: 224, width: 224}
      offline: {batch: [8, 32, 64], height: [224, 256, 512], width: [224, 256, 512]}
    precision: fp16
    tolerance: {rtol: 1e-2, atol: 1e-3}
    ignore: {FR101: "auxiliary head is served too"}
"""


Write = Callable[[str], Path]


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read_settings(path)
    return caught.value.problems


def test_the_example_of_the_documentation(write: Write) -> None:
    read = read_settings(write(FULL))
    assert read.roots == ("models",)
    assert read.target.tensorrt == "10.15"
    assert read.target.compute_capabilities == ("8.0", "8.9", "12.0")
    assert read.opset is not None
    assert read.opset.version == 18
    assert (read.limits.timeout_s, read.limits.memory_mib) == (30, 4096)
    assert (read.cliffs.seconds, read.cliffs.jump) == (60, 0.15)
    assert read.broken_models == {}
    spec = read.models["resnet50"]
    assert str(spec.inputs["image"].tensor) == "float32[batch, 3, height, width]"
    assert spec.shape_profiles == (
        Profile(
            "online",
            {
                "batch": Range(1, 1, 4),
                "height": Range(224, 224, 224),
                "width": Range(224, 224, 224),
            },
        ),
        Profile(
            "offline",
            {
                "batch": Range(8, 32, 64),
                "height": Range(224, 256, 512),
                "width": Range(224, 256, 512),
            },
        ),
    )
    assert spec.tolerance is not None
    assert (spec.tolerance.rtol, spec.tolerance.atol) == (0.01, 0.001)
    assert spec.ignore == {"FR101": "auxiliary head is served too"}


def test_defaults() -> None:
    read = default_settings()
    assert read == Settings()
    assert read.limits.timeout_s == 600
    assert read.limits.memory_mib is None
    assert read.models == {}


def test_a_section_whose_lines_are_commented_out_is_absent(write: Write) -> None:
    assert read_settings(write("roots:\ntarget:\nlimits:\n  timeout_s:\nmodels:\n")) == Settings()


def test_every_problem_at_once_in_the_order_of_the_lines(write: Write) -> None:
    text = """\
        roots: models
        target:
          tensorrt: 10.10
          tensorrtt: "10"
          compute_capabilities: [8.0, 75, sm_80]
        opset: 18
        limits: {timeout_s: "600", memory_mib: 0}
        models:
          a: {precison: fp16}
        """
    assert problems(write(text)) == (
        "frictionless.yaml:1: roots: 'models' is no list: write [...]",
        "frictionless.yaml:3: target.tensorrt: 10.10 is a number, and YAML reads it as 10.1: "
        'write the version in quotes, "10.10"',
        "frictionless.yaml:4: target.tensorrtt: unknown key, did you mean 'tensorrt'?",
        "frictionless.yaml:5: target.compute_capabilities[1]: 75 is no compute capability: "
        "write major and minor with a dot, as 8.0 or 8.9",
        "frictionless.yaml:5: target.compute_capabilities[2]: 'sm_80' is no compute capability: "
        "write major and minor with a dot, as 8.0 or 8.9",
        "frictionless.yaml:6: opset: 18 is no mapping: "
        "it takes the keys version, reason, ir_version",
        "frictionless.yaml:7: limits.memory_mib: 0 is out of range: it takes more than 0",
        "frictionless.yaml:7: limits.timeout_s: '600' is no number",
        "frictionless.yaml:9: models.a.precison: unknown key, did you mean 'precision'?",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("opset: {version: 18}", "opset: the key 'reason' is missing: why this version: "
         "what in production asks for it"),
        ("opset: {version: 18, reason: ' '}", "opset.reason: the text is empty"),
        ("opset: {version: 6, reason: x}", "opset.version: 6 is out of range: it takes at least 7"),
        ("opset: {version: 31, reason: x}", "opset.version: 31 is out of range: it takes at most 30"),
        ("opset: {version: true, reason: x}", "opset.version: true is no whole number"),
        ("opset: {version: 18.0, reason: x}", "opset.version: 18.0 is no whole number"),
        ("opset: {version: 18, reason: 5}", "opset.reason: 5 is no text: write it in quotes"),
        ("cliffs: {seconds: 0}", "cliffs.seconds: 0 is out of range: it takes more than 0"),
        ("cliffs: {jump: 0.01}", "cliffs.jump: 0.01 is out of range: it takes at least 0.05"),
        ("limits: {timeout_s: .inf}", "limits.timeout_s: .inf is no number"),
        ("limits: {timeout_s: true}", "limits.timeout_s: true is no number"),
        ("target: {tensorrt: 10.15}", "target.tensorrt: 10.15 is a number: "
         'write the version in quotes, "10.15"'),
        ("target: {tensorrt: ten}", "target.tensorrt: 'ten' is no version: "
         'write numbers and dots in quotes, as "10.15"'),
        ("baselines: {memory_growth: ten}", "baselines.memory_growth: 'ten' is no number"),
        ("baselines: {memory_growth: 0}",
         "baselines.memory_growth: 0 is out of range: it takes more than 0"),
        ("models: [a]", 'models: ["a"] is no mapping: write a key and a value'),
        ("roots: [../models]", "roots[0]: '../models' is not written from the root of the "
         "repository: leave out '..'"),
        ("rootss: []", "rootss: unknown key, did you mean 'roots'?"),
        ("zzz: 1", "zzz: unknown key: the keys are roots, exclude, target, opset, plugins, limits, latency, cliffs, baselines, manifest, evidence, models"),
        ("target: !cpu {}", "target: the tag !cpu has no meaning here"),
        ("roots: !!binary aGk=", "roots: the tag !!binary has no meaning here"),
        ("roots: [a]\nroots: [b]", "roots: the key is written twice, on lines 1 and 2"),
        ("roots: &x [*x]", "roots[0]: the alias refers to what it is part of"),
        ("target: &x {<<: *x}", "target: << takes another mapping, or a list of mappings"),
        ("[a]: 1", "a mapping or a list is no key"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_sentence(write: Write, text: str, problem: str) -> None:
    said = [line.split(": ", 1)[1] for line in problems(write(text))]
    assert problem in said


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "frictionless.yaml: the file is empty: "
         "delete it, or say for example `roots: [models]`"),
        (b"# nothing\n", "frictionless.yaml: the file is empty: "
         "delete it, or say for example `roots: [models]`"),
        (b"---\n", "frictionless.yaml: the file is empty: "
         "delete it, or say for example `roots: [models]`"),
        (b"- a\n", 'frictionless.yaml:1: ["a"] is no mapping: '
         "it takes the keys roots, exclude, target, opset, plugins, limits, latency, cliffs, baselines, manifest, evidence, models"),
        (b"hello\n", "frictionless.yaml:1: 'hello' is no mapping: "
         "it takes the keys roots, exclude, target, opset, plugins, limits, latency, cliffs, baselines, manifest, evidence, models"),
        (b"roots: []\nexclude: [\xff]\n",
         "frictionless.yaml:2: byte 0xff is not UTF-8: save the file as UTF-8"),
        ("roots: []".encode("utf-16"),
         "frictionless.yaml:1: byte 0xff is not UTF-8: save the file as UTF-8"),
        (b"roots: [\nmodels: {}\n", "frictionless.yaml:3: this is not YAML: while parsing a flow "
         "sequence, expected ',' or ']', but got '<stream end>', begun on line 1"),
        (b"models:\n  a: {inputs: {x: int64[n, 3]}}\n", "frictionless.yaml:2: this is not YAML: "
         "while parsing a flow mapping, expected ',' or '}', but got '[': "
         'write the type in quotes, "int64[n, 3]"'),
        (b"roots: []\n\ttarget: {}\n", "frictionless.yaml:2: this is not YAML: "),
        (b"a: 1\n---\nb: 2\n", "frictionless.yaml:2: this is not YAML: "
         "expected a single document in the stream, but found another document"),
        (b"a: 1\nb: \x07\n", "frictionless.yaml:2: this is not YAML: "),
        (b"a: *nowhere\n", "frictionless.yaml:1: this is not YAML: found undefined alias 'nowhere'"),
        (b"a: " + b"[" * 5000, "frictionless.yaml:1: this is not YAML: it is nested too deeply"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "frictionless.yaml"
    path.write_bytes(content)
    (said,) = problems(path)
    assert said.startswith(problem)
    assert "\n" not in said


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    missing = tmp_path / "frictionless.yaml"
    assert problems(missing) == (f"frictionless.yaml: there is no such file: {missing}",)
    assert problems(tmp_path) == (f"{tmp_path.name}: cannot be read: Is a directory",)
    assert problems(Path("a\0b")) == ("a\0b: cannot be read: embedded null byte",)


def test_messages_name_the_file_as_asked(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"^conf/f\.yaml:1: zzz: unknown key"):
        read_settings(write("zzz: 1"), shown_as="conf/f.yaml")


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "frictionless.yaml"
    path.write_bytes(b"\xef\xbb\xbfroots: [a]\n")
    assert read_settings(path).roots == ("a",)


def test_a_model_without_an_entry_is_called_like_its_file_and_hugging_face_like_its_folder() -> (
    None
):
    assert name_of(PurePath("models/net.v2.pt")) == "net.v2"
    assert name_of(PurePath("models/t5/config.json")) == "t5"
    assert name_of(PurePath("config.json")) == "config"


def test_anchors_and_merge_keys(write: Write) -> None:
    text = """\
        models:
          a: &a
            inputs: {x: "float32[batch]"}
            profiles: {small: &small {batch: 1}, large: {<<: *small, batch: [1, 2, 4]}}
          b:
            <<: *a
            precision: fp16
            profiles: {copied: *small}
        """
    read = read_settings(write(text))
    assert read.broken_models == {}
    assert read.models["a"].profiles == {"small": {"batch": 1}, "large": {"batch": (1, 2, 4)}}
    assert read.models["b"].profiles == {"copied": {"batch": 1}}
    assert str(read.models["b"].inputs["x"].tensor) == "float32[batch]"


@pytest.mark.parametrize("link", ["[*a{0}, *a{0}, *a{0}, *a{0}]", "{{<<: [*a{0}, *a{0}, *a{0}]}}"])
def test_a_bomb_of_aliases_ends(write: Write, link: str) -> None:
    start = "[1]" if link.startswith("[") else "{b: 1}"
    lines = [f"a0: &a0 {start}", *(f"a{i + 1}: &a{i + 1} {link.format(i)}" for i in range(40))]
    said = problems(write("\n".join(lines)))
    assert any("more than 100000 values are too many" in line for line in said)


def test_a_reused_anchor_is_no_warning(write: Write) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_settings(write("roots: [&a x]\nexclude: [&a y, *a]\n"))


def test_keys_that_are_no_text_are_read_as_written(write: Write) -> None:
    read = read_settings(write("models: {1: {skip: x}, 08: {skip: y}, null: {skip: z}}"))
    assert list(read.models) == ["1", "08", "null"]


# Whatever is in the file


_KEYS = st.sampled_from(
    ["models", "roots", "target", "opset", "inputs", "profiles", "path", "a", "tolerance", "ignore",
     "trusted", "outputs", "x", "low", "type", "sample", "FR101", "batch", "limits", "factory"]
)  # fmt: skip
_VALUES = st.recursive(
    st.sampled_from(
        ["", "5", "-1", "1.5", "true", "~", "a:b", "'float32[batch, 3]'", ".nan", "0o9", "1e999",
         "!x y", "2024-01-01", "<<", "=", "[1, 2, 3]", "[3, 2, 1]", "'\\0'", "0b", "0x"]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.lists(st.tuples(_KEYS, inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=25,
)  # fmt: skip


@given(
    st.one_of(
        _VALUES,
        st.lists(st.tuples(_KEYS, _VALUES)).map(
            lambda pairs: "\n".join(f"{key}: {value}" for key, value in pairs)
        ),
        st.text(),
    )
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_no_file_gives_a_traceback(tmp_path: Path, text: str) -> None:
    path = tmp_path / "frictionless.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read = read_settings(path)
    except ConfigError as error:
        said = error.problems
        assert said
    else:
        said = tuple(line for broken in read.broken_models.values() for line in broken.problems)
    for line in said:
        assert line.startswith("frictionless.yaml:")
        assert len(line.splitlines()) == 1
