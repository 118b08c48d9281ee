"""The templates agree with each other, with the package, and with every include that is shown."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.ci.gitlab import (
    COMPONENT,
    EXAMPLES,
    GPU_TEMPLATE,
    ROOT,
    TEMPLATE,
    documents,
    inputs_of,
    needed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = (TEMPLATE, GPU_TEMPLATE)
TYPES: dict[str, Any] = {
    "string": str, "number": (int, float), "boolean": bool, "array": list,
}  # fmt: skip
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *COMPONENT.glob("*.md"), ROOT / "README.md"])
_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def problems_of(include: dict[str, Any]) -> list[str]:
    """What GitLab would not take of an include of our templates: gitlab-ci-local takes most of it."""
    origin = " ".join(str(include.get(key, "")) for key in ("local", "file", "remote", "component"))
    if "frictionless" not in origin:
        return []
    is_gpu = re.search(r"/frictionless-gpu@", origin)
    declared = inputs_of(GPU_TEMPLATE if is_gpu else TEMPLATE)
    return [
        problem
        for name, value in include.get("inputs", {}).items()
        if (problem := _problem(name, value, declared.get(name)))
    ]


def _problem(name: str, value: Any, spec: dict[str, Any] | None) -> str:
    if spec is None:
        return f"{name} is no input"
    kind = spec.get("type", "string")
    if not isinstance(value, TYPES[kind]) or (kind == "number" and isinstance(value, bool)):
        return f"{name} is of type {kind}, not {value!r}"
    if "options" in spec and value not in spec["options"]:
        return f"{name} takes one of {spec['options']}, not {value!r}"
    if "regex" in spec and not re.search(spec["regex"], value):
        return f"{name} has to match {spec['regex']}, not {value!r}"
    return ""


def _shown() -> Iterator[tuple[str, str]]:
    """Every pipeline that examples and documentation show, with where it stands."""
    for file in [*EXAMPLES.rglob(".gitlab-ci.yml"), COMPONENT / ".gitlab-ci.yml"]:
        yield _name(file), file.read_text()
    for page in DOCS:
        for number, block in enumerate(_FENCE.findall(page.read_text())):
            if re.search(r"(?m)^include:", block):
                yield f"{_name(page)}:{number}", block


SHOWN = dict(_shown())


@pytest.mark.parametrize("where", SHOWN)
def test_includes_use_only_inputs_that_are_declared(where: str) -> None:
    (pipeline,) = documents(SHOWN[where])
    assert [problem for include in pipeline["include"] for problem in problems_of(include)] == []


def test_every_example_is_among_them() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {
        Path(where).parent.name for where in SHOWN if where.startswith(_name(EXAMPLES))
    }


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"shard": 3}, "shard is no input"),
        ({"shards": "3"}, "shards is of type number, not '3'"),
        ({"shards": True}, "shards is of type number, not True"),
        ({"gpu": "yes"}, "gpu is of type boolean, not 'yes'"),
        ({"gpu-tags": "gpu"}, "gpu-tags is of type array, not 'gpu'"),
        ({"job-prefix": "My Job"}, "job-prefix has to match ^[a-z][a-z0-9_-]*$, not 'My Job'"),
    ],
)
def test_bad_input_is_told(inputs: dict[str, Any], told: str) -> None:
    assert problems_of({"local": "ci/frictionless.gitlab-ci.yml", "inputs": inputs}) == [told]


def test_bad_option_of_the_gpu_component_is_told() -> None:
    include = {"component": "$CI_SERVER_FQDN/platform/frictionless/frictionless-gpu@0.1.0"}
    assert problems_of({**include, "inputs": {"mode": "accept"}}) == [
        "mode takes one of ['compare', 'record'], not 'accept'"
    ]
    assert problems_of({**include, "inputs": {"mode": "record"}}) == []


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(pytest.skip.Exception) as skipped:
        needed("a-linter")
    assert "node (https://nodejs.org, 20 or newer)" in str(skipped.value)
    assert "a-linter (pip install -r requirements/ci-tools.txt)" in str(skipped.value)


def test_component_is_a_copy_of_the_template() -> None:
    copy = COMPONENT / "templates" / "frictionless.yml"
    assert copy.read_bytes() == TEMPLATE.read_bytes(), f"run: cp {_name(TEMPLATE)} {_name(copy)}"


def test_licence_is_that_of_the_project() -> None:
    assert (COMPONENT / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("template", TEMPLATES, ids=_name)
def test_release_is_that_of_the_package(template: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert inputs_of(template)["frictionless-version"]["default"] == version


@pytest.mark.parametrize("template", TEMPLATES, ids=_name)
def test_every_input_is_used_and_described(template: Path) -> None:
    inputs = inputs_of(template)
    used = set(re.findall(r"\$\[\[ inputs\.([\w-]+) \]\]", template.read_text()))
    assert used == set(inputs)
    assert [name for name, spec in inputs.items() if not spec.get("description")] == []
    assert [name for name, spec in inputs.items() if "default" not in spec] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=_name)
def test_every_job_is_named_by_the_prefix(template: Path) -> None:
    assert all(
        name.removeprefix(".").startswith("$[[ inputs.job-prefix ]]")
        for name in documents(template.read_text())[1]
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=_name)
def test_no_input_is_written_into_a_script(template: Path) -> None:
    jobs = documents(template.read_text())[1].values()
    lines = [
        line for job in jobs
        for line in chain(job.get("before_script", ()), job.get("script", ()))
    ]  # fmt: skip
    assert lines
    assert [line for line in lines if "$[[" in line] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=_name)
def test_only_the_default_branch_writes_caches(template: Path) -> None:
    text = template.read_text()
    jobs = documents(text)[1].values()
    policies = [cache["policy"] for job in jobs for cache in job.get("cache", ())]
    assert set(policies) == {"$FRICTIONLESS_CACHE_POLICY"}
    values = {
        job["variables"]["FRICTIONLESS_CACHE_POLICY"]
        for job in jobs
        if "FRICTIONLESS_CACHE_POLICY" in job.get("variables", {})
    }
    assert values == {"pull"}
    rules = [
        *(rule for job in jobs if isinstance(job.get("rules"), list) for rule in job["rules"]),
        *inputs_of(template).get("rules", {}).get("default", ()),
    ]
    writing = [rule["if"] for rule in rules if "variables" in rule]
    assert writing
    assert set(writing) == {"$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}
