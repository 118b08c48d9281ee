"""The JSON Schema that is shipped."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from pytest_frictionless.schemas import SETTINGS
from pytest_frictionless.settings.document import parse
from pytest_frictionless.settings.settings import Settings


def test_it_names_itself() -> None:
    schema = SETTINGS.content()
    assert schema["$id"] == "urn:pytest-frictionless:frictionless.yaml"
    assert schema["title"] == "frictionless.yaml"
    assert schema["description"]
    assert list(schema["properties"]) == list(Settings.model_fields)


def _properties(schema: Any) -> list[tuple[str, Any]]:
    if isinstance(schema, list):
        return [found for each in schema for found in _properties(each)]
    if not isinstance(schema, dict):
        return []
    own = [
        (name, field)
        for name, field in schema.get("properties", {}).items()
        if schema["properties"].keys() != {"reason"}
    ]
    return own + [found for each in schema.values() for found in _properties(each)]


def test_every_key_is_described() -> None:
    properties = _properties(SETTINGS.content())
    assert len(properties) > 25
    assert [name for name, field in properties if not field.get("description")] == []


_VALID = (
    "roots: [models]\nexclude: [models/old/*]\nlimits: {timeout_s: 30, memory_mib: 4096}",
    "target: {tensorrt: '10.15', tensorrt_rtx: '1.7', container: a/b:c}",
    "opset: {version: 18, reason: validated, ir_version: 10}",
    "models: {a: {path: a.pt, factory: 'a:b', outputs: [y], precision: fp16}}",
    "roots:\nmodels:\ntarget:\n",
    "models: {a: {inputs: {x: 'int64[n]', y: {type: 'int64[n]', low: 0, high: 5}}}}",
    "models: {a: {trusted: {reason: x}, skip: y}, b: {trusted: z, skip: false}}",
    "models: {a: {profiles: {p: {n: 3, m: [1, 2, 3]}}}}",
    "models: {a: {tolerance: {rtol: 0, outputs: {y: {atol: 1.5}}}, ignore: {FR101: why}}}",
    "target: {compute_capabilities: [8, 8.9, '12.0']}",
    "baselines: {require: true, memory_growth: 0.25}",
    "models: {a: {inputs: {x: {type: 'int64[n]', low: , make: 'a:b'}}, opset: }}",
)
_INVALID = (
    "zzz: 1",
    "target: {tensorrt: 10.15}",
    "baselines: {memory_growth: 0}",
    "opset: {version: 18}",
    "models: {a: {profiles: {on-line: {n: 1}}}}",
    "models: {a: {profiles: {p: {n: [1, 2]}}}}",
    "models: {a: {trusted: true}}",
    "models: {a: {ignore: {FR999: x}}}",
    "models: {a: {inputs: {x: 'floaty[1]'}}}",
    "models: {a: {precision: fp61}}",
    "models: {a: }",
)


@pytest.mark.parametrize("text", _VALID)
def test_what_is_read_is_valid_in_the_schema(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = parse(text)
    assert document is not None
    Settings.model_validate(document.value)
    jsonschema.Draft202012Validator.check_schema(SETTINGS.content())
    jsonschema.Draft202012Validator(SETTINGS.content()).validate(document.value)


@pytest.mark.parametrize("text", _INVALID)
def test_the_schema_refuses_what_is_refused(text: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = parse(text)
    assert document is not None
    with pytest.raises(ValueError, match="validation error"):
        Settings.model_validate(document.value)
    assert not jsonschema.Draft202012Validator(SETTINGS.content()).is_valid(document.value)


def test_settings_import_nothing_heavy() -> None:
    code = (
        "import sys, pytest_frictionless.settings.read, pytest_frictionless.settings.scaffold\n"
        "heavy = {'torch', 'onnx', 'onnxruntime', 'numpy', 'pytest', '_pytest', 'jsonschema'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
