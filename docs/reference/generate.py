"""Writes the pages of the reference that follow from the code: `python docs/reference/generate.py`."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from pytest_frictionless.codes import CODES
from pytest_frictionless.knowledge.gpus import FILE as GPUS
from pytest_frictionless.knowledge.gpus import TITLES as GPU_TITLES
from pytest_frictionless.knowledge.gpus import support
from pytest_frictionless.knowledge.reading import read_csv, read_json
from pytest_frictionless.plugin import OPTIONS
from pytest_frictionless.reports.formats import FORMATS
from pytest_frictionless.reports.measured import QUANTITIES
from pytest_frictionless.schemas import RESULTS, SETTINGS
from pytest_frictionless.stack.differences import TITLES
from pytest_frictionless.stack.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_frictionless.reports.format import Format

HERE = Path(__file__).parent
NOTE = "<!-- Written by generate.py: change the code, not this page. -->"

GROUPS = {
    "00": ("The run itself", "Any check can give these: they say that a step did not end."),
    "01": (
        "The run as a whole",
        "FR010 to FR012 are told of in [results.json](results.md); FR017 to FR019 are given by items that "
        "need a GPU where there is none, and [evidence](../how-to/gpu-evidence.md) is asked.",
    ),
    "0": (
        "The stack",
        "Given by [`manifest`](checks/manifest.md) and by `pytest-frictionless stack`: what was "
        "recorded, what is deployed to and what runs do not fit.",
    ),
    "086": ("Beside the checkpoints", "Told of in [results.json](results.md)."),
    "1": ("Load", "Given by [`load`](checks/load.md)."),
    "2": ("Export", "Given by [`export`](checks/export.md)."),
    "3": ("Opset", "Given by [`opset`](checks/opset.md)."),
    "4": (
        "Graph",
        "Given by [`graph`](checks/graph.md), and by [`simplify`](../how-to/simplify.md).",
    ),
    "5": ("Operators", "Given by [`operators`](checks/operators.md)."),
    "6": ("Dynamic dimensions", "Given by [`dynamic`](checks/dynamic.md)."),
    "7": ("Parity", "Given by [`parity`](checks/parity.md)."),
    "8": ("Build", "Given by [`build`](checks/build.md)."),
    "9": (
        "On a GPU",
        "Given by [`run`](checks/run.md), [`latency`](checks/latency.md), [`memory`](checks/memory.md) and "
        "[`cliffs`](checks/cliffs.md); FR917 by [`build`](checks/build.md).",
    ),
}
"""Heading and first sentence of the codes whose numbers begin so; the longest beginning counts."""

SECTIONS = {
    "": "The whole file",
    "Target": "`target`",
    "Opset": "`opset`",
    "Limits": "`limits`",
    "Baselines": "`baselines`",
    "Latency": "`latency`",
    "Cliffs": "`cliffs`",
    "Manifests": "`manifest`",
    "Evidence": "`evidence`",
    "ModelSpec": "`models.<name>`",
    "InputSpec": "`models.<name>.inputs.<input>`",
    "Tolerance": "`models.<name>.tolerance`",
    "Budget": "`models.<name>.budget`",
    "PointBudget": "`models.<name>.budget.points.<profile>-<point>`",
    "Bounds": "`models.<name>.tolerance.outputs.<output>`",
}
"""Heading of each definition of the schema, in the order of the page."""

PARTS = {
    "": "The whole record", "Run": "A run", "Shard": "A shard", "Commit": "A commit",
    "Checkpoint": "A checkpoint", "Made": "A file that was made", "Item": "An item",
    "Ignored": "A suppressed finding", "Finding": "A finding", "Place": "A place",
}  # fmt: skip
"""Heading of each part of results.json, in the order of the page."""

RESULTS_EXAMPLE = """\
```console
$ jq -r '.items[] | select(.outcome == "failed") | "\\(.id): \\(.findings[0].message)"' .frictionless/results.json
models/det.onnx::operators: Det is rejected by TensorRT-RTX 1.7.1.116
```"""

RESULTS_NOTES = [
    "## Outcomes", "",
    "`failed` has findings against the model. `error` ended without an answer, and says why with FR010. "
    "`xfailed` and `xpassed` are items that a mark of your own expects to fail. A skipped item says why in "
    "`skip`; where another item failed first, `blocked_by` names it and the findings are there, so that one "
    "cause is told once.", "",
    "## Several runs", "",
    "`pytest-frictionless report summary RESULTS...` puts records together, those of shards and those of "
    "machines with and without a GPU, prints the table with the worst first, and ends with 1 where anything "
    "failed or is missing. `report json` writes them as one record.", "",
    "Nothing is dropped: an item that two runs asked is there twice, and `run` tells them apart. Of its "
    "answers the worst counts, and any answer before a skip; of equal ones that of the later run. So the "
    "skip of a machine without a GPU does not hide what one with a GPU found, and no run hides the failure "
    "of another: where a job was repeated, give the records of the last attempt alone. A run that is not "
    "`complete`, and a shard that left no record, fail with FR011, and records in which no item was answered "
    "with FR016. Records of different commits, or in which a checkpoint has other content, are refused.", "",
    "With pytest-xdist the workers' answers come with their reports, and the record is that of a run "
    "without it. A worker that is lost leaves an `error` for the item that it was asking.", "",
]  # fmt: skip

EXAMPLE = """\
```yaml
roots: [models]
exclude: ["*/old/*"]
target:
  tensorrt: "10.15"
  tensorrt_rtx: "1.7"
  container: nvcr.io/nvidia/tensorrt:25.10-py3
  compute_capabilities: [8.0, 8.9]
opset: {version: 18, reason: "the runtime in production is validated to 18"}
limits: {timeout_s: 300, memory_mib: 8000}
cliffs: {seconds: 60, jump: 0.15}
baselines: {folder: baselines, runs: "s3://shop-ci/latency", require: true, expire_days: 90}
evidence: {require: true, max_age_days: 90}
models:
  resnet50:
    path: models/resnet50.safetensors
    factory: shop.nets:resnet50
    inputs:
      image: {type: "float32[batch, 3, height, width]", low: 0, high: 1}
    outputs: [scores]
    profiles:
      online:  {batch: [1, 1, 4],   height: 224, width: 224}
      offline: {batch: [8, 32, 64], height: [224, 256, 512], width: [224, 256, 512]}
    precision: fp32
    tolerance: {rtol: 1.0e-3, outputs: {scores: {atol: 1.0e-5}}}
    ignore: {FR114: "the auxiliary head is for training only"}
```"""


def _page(lines: list[str]) -> str:
    """The page, with paragraphs in lines of the length of the other pages."""
    return "\n".join(
        line
        if line.startswith("|") or "\n" in line
        else textwrap.fill(line, 118, break_long_words=False, break_on_hyphens=False)
        for line in lines
    )


def findings() -> str:
    """The index of finding codes."""
    lines = [
        NOTE, "# Findings", "",
        "Every finding has a code. A code keeps its meaning from version to version: it can be searched "
        "for, and named in [`ignore`](../how-to/suppress-a-finding.md). The remedy is what a failure "
        "prints as `next:`, where the case at hand has no better one. Each code has a page with an "
        "example that raises it and what mends it; `pytest-frictionless explain FR202` prints it.", "",
    ]  # fmt: skip
    for group, (title, sentence) in GROUPS.items():
        lines += [f"## {title}", "", sentence, "", "| code | title | meaning | remedy |",
                  "|---|---|---|---|"]  # fmt: skip
        lines += [
            f'| <a id="{code.id.lower()}"></a>[`{code.id}`](findings/{code.id}.md) | {_cell(code.title)} '
            f"| {_cell(code.meaning)} | {_cell(code.remedy)} |"
            for code in CODES.values()
            if group == max((each for each in GROUPS if code.id[2:].startswith(each)), key=len)
        ]
        lines.append("")
    return _page(lines)


def options() -> str:
    """The page of the command line and of the ini file."""
    lines = [
        NOTE, "# Options", "",
        "`--frictionless` is the switch: without it nothing is collected, and one module is imported. "
        "It has no ini name; write `addopts = --frictionless` to have it always.", "",
        "The command line counts before the ini file, and both before "
        "[frictionless.yaml](frictionless-yaml.md).", "",
        "| command line | ini file | value | what it does |", "|---|---|---|---|",
    ]  # fmt: skip
    values = {"args": "a folder; may be given several times", "string": "one value", "bool": "none"}
    inis = {"args": "several words", "string": "one value", "bool": "`true` or `false`"}
    for option in OPTIONS:
        ini = f"frictionless_{option.name.replace('-', '_')}"
        value = f"{values[option.kind]}; ini: {inis[option.kind]}"
        lines.append(
            f"| `--frictionless-{option.name}` | `{ini}` | {value} | {_cell(option.help)} |"
        )
    lines += [
        "", "## Markers", "",
        "Every item has the marker `frictionless`, and one of its check: `frictionless_load`, "
        "`frictionless_build`. So `-m frictionless_build` asks for builds alone.", "",
        "## Environment", "",
        "| variable | what it does |", "|---|---|",
        "| `PYTEST_FRICTIONLESS_TENSORRT` | `rtx` or `tensorrt`: which of the two is asked, where both "
        "are installed. Default: `rtx`. |", "",
        "## Exit status", "",
        "pytest's own: 0 where every item passed or was skipped, 1 where one failed, 4 for a wrong "
        "frictionless.yaml or option. A run that was sent to look for checkpoints and found none ends "
        "with 1, unless `--frictionless-allow-empty` is given.", "",
    ]  # fmt: skip
    return _page(lines)


def frictionless_yaml() -> str:
    """The page of the configuration file."""
    schema = SETTINGS.content()
    definitions = {"": schema, **schema["$defs"]}
    unknown = set(definitions) - set(SECTIONS)
    if unknown:
        raise ValueError(f"sections without a heading here: {sorted(unknown)}")
    lines = [
        NOTE, "# frictionless.yaml", "",
        "The file lies in pytest's rootdir; `--frictionless-config` names another. All of it is "
        "optional. Unknown keys are errors. A mistake in one model's entry fails that model alone "
        "(FR006); any other mistake ends the run with every problem of the file, each with its line.",
        "", "The same as a JSON Schema, for editors, is "
        "[frictionless.schema.json](../../src/pytest_frictionless/settings/frictionless.schema.json).",
        "", EXAMPLE, "",
    ]  # fmt: skip
    for name, title in SECTIONS.items():
        lines += _section(title, definitions[name])
    lines += [
        "## What `exclude` leaves out", "",
        "A pattern is compared with the name of each file and folder, and with its path from the root of "
        "the repository, whatever `roots` say; what is in a folder that fits is left out too. `*` fits "
        "slashes as well, `?` one character, `[ab]` one of these; upper and lower case differ. pytest, every "
        "command and the jobs of CI read it alike, and so does the search for [lock files](lock-files.md).", "",
        "| pattern | leaves out |", "|---|---|",
        "| `models/old` | that folder, with everything in it |",
        "| `old` | every file and folder of this name |",
        "| `*_draft.onnx` | files whose names end so, anywhere |",
        "| `models/*.pt` | such files in `models`, and in the folders below |",
        "| `*/old/*` | what is in any folder of this name, one at the root included |", "",
        "## Tensor types", "",
        "`float32[batch, 3, 2*height, seq+1]`: an element type, and the axes. An axis is a size, or a "
        "symbol, or a symbol times a number plus a number. One symbol has one size in all inputs. "
        "`int64[]` is a scalar.", "",
        "## Profiles", "",
        "A profile gives each symbol `[min, opt, max]`, or one number for a fixed size. Its name takes "
        "a-z, 0-9 and _: it is part of the item's id. Without profiles one called `default` is assumed, "
        "and findings about sizes say that it was.", "",
    ]  # fmt: skip
    return _page(lines)


TABLES = {
    "tensorrt.csv": "TensorRT and TensorRT-RTX: major versions of CUDA they are built for, Python",
    "cuda_families.csv": "The oldest driver that runs a CUDA by minor version compatibility",
    "cuda.csv": "The driver that comes with each CUDA toolkit, Linux: a driver serves every CUDA up to it",
    "onnx.csv": "Releases of onnx: the IR version and the opset they describe",
    "onnxruntime.csv": "Releases of ONNX Runtime: the newest opset and IR version they load",
    "torch.csv": "Releases of torch: what `torch.onnx.export` does by default, and what its wheel on PyPI "
    "is built for",
    "containers.csv": "NVIDIA's images on NGC: what is inside of each tag, and the oldest driver it names",
}
"""Tables of the compatibility page, with what each is about."""


def compatibility() -> str:
    """The rules that judge a difference, and the tables they ask."""
    lines = [
        NOTE, "# Compatibility", "",
        "`pytest-frictionless stack` and the `manifest` check compare versions by the rules and tables of "
        "this page. Every row was read where it says, or measured; an empty cell, or no row at all, means "
        "that nobody wrote it down where we looked: that is a warning, and never a pass. [What a version "
        "mismatch does](../explanation/what-a-version-mismatch-does.md) says why.", "",
        "| a difference is | when | and then |", "|---|---|---|",
        "| identical | nothing differs | |",
        "| patch | the minor version is the same | |",
        "| compatible | a source says that it fits | it is listed, and makes no finding |",
        "| unknown | no source says anything | a warning, FR069 |",
        "| breaking | a source says that it does not fit | an error, with the code of the rule |", "",
        "## Rules", "",
        "Of several that break something on one component, the first makes the finding: what is silent "
        "stands before what is loud. A component without a rule of its own is unknown beyond a patch.", "",
        "| component | what is asked |", "|---|---|",
    ]  # fmt: skip
    for name, rules in RULES.items():
        asked = " ".join(str(rule.__doc__).partition("\n")[0] for rule in rules)
        lines.append(f"| {TITLES[name]} | {_cell(asked)} |")
    lines.append("")
    lines += _table(
        "The newest ONNX opset that a TensorRT is documented for", read_json("opsets.json")
    )
    lines += _table("The GPUs that each TensorRT runs on, as far as somebody says so", _gpus())
    for table, title in TABLES.items():
        lines += _table(title, read_csv(table))
    return _page(lines)


def _gpus() -> Iterator[dict[str, str]]:
    for row in support():
        listed = ", ".join(row.runs_on)
        runs_on = f"{row.oldest} to {listed}" if row.oldest else listed
        others = ["all others"] if row.only else row.refuses
        yield {
            "release": str(row), "runs on": f"{runs_on}, all newer" if row.newer else runs_on,
            "refuses": ", ".join(others), "source": row.source,
        }  # fmt: skip
    for gone in read_json(GPUS)["removed"]:
        yield {
            "release": f"{GPU_TITLES[gone['flavour']]} {gone['since']} and later", "runs on": "",
            "refuses": gone["capability"], "source": gone["source"],
        }  # fmt: skip


def _table(title: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    rows = list(rows)
    names = [str(name).replace("_", " ") for name in rows[0]]
    lines = [f"## {title}", "", f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    return [
        *lines,
        *(f"| {' | '.join(_cell(str(cell)) for cell in row.values())} |" for row in rows),
        "",
    ]


def _section(title: str, definition: dict[str, Any]) -> list[str]:
    mapping = definition
    lines = [f"## {title}", "", str(definition.get("description", "")), ""]
    if "properties" not in definition:  # either a word or a mapping: the mapping has the keys
        mapping = next(each for each in definition["anyOf"] if "properties" in each)
        lines += ["A text alone is the `type`.", ""]
    required = set(mapping.get("required", ()))
    lines += ["| key | takes | meaning |", "|---|---|---|"]
    for key, field in mapping["properties"].items():
        takes = _takes(field) + (", required" if key in required else "")
        said = str(field.get("description", ""))
        if "default" in field:
            said += f" Default: {_default(field['default'])}."
        lines.append(f"| `{key}` | {takes} | {_cell(said)} |")
    return [*lines, ""]


def _default(value: Any) -> str:
    """A default as YAML spells it."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def _takes(field: dict[str, Any]) -> str:
    """What a key takes, in words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return {"InputSpec": "a tensor type, or a mapping"}.get(name, "a mapping")
    if "enum" in field:
        return " or ".join(f"`{each}`" for each in field["enum"])
    if "const" in field:
        return f"`{str(field['const']).lower()}`"
    if "anyOf" in field:
        kinds = [_takes(each) for each in field["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if field.get("type") == "array":
        if "prefixItems" in field:
            return "`[min, opt, max]`"
        return f"a list: {_takes(field['items'])}"
    if field.get("type") == "object":
        values = field.get("additionalProperties")
        if isinstance(values, dict):
            return f"a mapping to {_takes(values)}"
        return "`{reason: ...}`" if list(field["properties"]) == ["reason"] else "a mapping"
    words = {
        "string": "text", "integer": "a whole number", "number": "a number",
        "boolean": "`true` or `false`",
    }  # fmt: skip
    return words[field["type"]] + _bounds(field)


def _bounds(field: dict[str, Any]) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    if low is not None and "exclusiveMaximum" not in field:
        return f", {low:g} or more"
    return ", more than 0" if field.get("exclusiveMinimum") == 0 else ""


def results() -> str:
    """The page of results.json."""
    schema = RESULTS.content()
    definitions = {"": schema, **schema["$defs"]}
    unknown = {name for name in set(definitions) - set(PARTS) if "enum" not in definitions[name]}
    if unknown:
        raise ValueError(f"parts without a heading here: {sorted(unknown)}")
    lines = [
        NOTE, "# results.json", "",
        "Every run of `pytest --frictionless` leaves one record, `.frictionless/results.json` in the "
        "rootdir, of all that it found, measured and made; `--frictionless-results PATH` has it written "
        "to another place as well. All reports are made from it. A run takes the record of the run before "
        "away when it starts, so that a run that was killed leaves none. `--collect-only` leaves it alone.",
        "", RESULTS_EXAMPLE, "",
        "Each run, checkpoint and item is a line. All fields are always there; the same as a JSON Schema is "
        "[results.schema.json](../../src/pytest_frictionless/reports/results.schema.json). `results` is the "
        "version of the format: a reader refuses one that is newer than itself, and a field that it does "
        "not know.", "",
        "Paths are posix, from the rootdir where they are below it; `runs[].root` is the rootdir as seen "
        "from the top of the git repository.", "",
    ]  # fmt: skip
    for name, title in PARTS.items():
        definition = definitions[name]
        lines += [f"## {title}", "", definition["description"], ""]
        lines += ["| field | holds | meaning |", "|---|---|---|"]
        lines += [
            f"| `{field}` | {_holds(value, definitions)} | {_cell(value['description'])} |"
            for field, value in definition["properties"].items()
        ]
        lines.append("")
    lines += [*RESULTS_NOTES, *_formats(), *_quantities()]
    return _page(lines)


def _formats() -> list[str]:
    """The table of what a record can be told in."""
    rows = [f"| `{each.name}` | {_file(each)} | {each.help} |" for each in FORMATS]
    return [
        "## Formats", "",
        "`pytest-frictionless report FORMAT RESULTS... [-o FILE]` writes one, `pytest-frictionless ci report DIR` all "
        "that have a file: [what they are for](../how-to/reports.md).", "",
        "| format | file of `ci report` | what it is |", "|---|---|---|", *rows, "",
    ]  # fmt: skip


def _file(form: Format) -> str:
    return f"`{form.file}`" if form.file else ""


def _quantities() -> list[str]:
    """The table of numbers that reports tell."""
    rows = [
        f"| `{each.check}` | `{each.key}` | {each.title} | `{each.metric}` | {'yes' if each.tracked else ''} |"
        for each in QUANTITIES
    ]
    return [
        "## Numbers", "",
        "What reports take from `measurements`. Metrics are in seconds and bytes and have the labels `checkpoint`, "
        "`profile` and `point`; of a list its length is told.", "",
        "| check | key | meaning | metric | in `benchmark.json` |", "|---|---|---|---|---|", *rows, "",
    ]  # fmt: skip


def _holds(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    """What a field of the record holds, in words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        if "enum" in definitions[name]:
            return _takes(definitions[name])
        return f"[{PARTS[name].lower()}](#{PARTS[name].lower().replace(' ', '-')})"
    if "anyOf" in field:
        return " or ".join(_holds(each, definitions) for each in field["anyOf"])
    if field.get("type") == "null":
        return "null"
    if field.get("format") == "date-time":
        return "date and time"
    if field.get("type") == "array" and "prefixItems" not in field:
        return f"a list: {_holds(field['items'], definitions)}"
    if field.get("type") == "array":
        return "a name and a text"
    if field.get("additionalProperties") is True:
        return "a mapping to anything"
    return _takes(field)


def _cell(text: str) -> str:
    """A text as it can stand in a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


GITHUB = {
    "The workflow `frictionless.yml`": ".github/workflows/frictionless.yml",
    "The workflow `frictionless-comment.yml`": ".github/workflows/frictionless-comment.yml",
    "The workflow `frictionless-baseline.yml`": ".github/workflows/frictionless-baseline.yml",
    "The action": "action.yml",
}
"""What others use on GitHub, by what it is called."""


def github_inputs() -> str:
    """Inputs, outputs and secrets of the workflows and of the action, as they declare them."""
    lines = [NOTE, "# Inputs of the workflows and of the action", ""]
    lines += ["How they are used is in [Run it on GitHub](../how-to/github-actions.md).", ""]
    for title, name in GITHUB.items():
        content = YAML(typ="safe", pure=True).load(HERE.parents[1] / name)
        declared = content["on"]["workflow_call"] if "on" in content else content
        lines += [f"## {title}", "", "| input | type | default | meaning |", "|---|---|---|---|"]
        lines += [_input(name, each) for name, each in declared["inputs"].items()]
        for kind in ("outputs", "secrets"):
            if kind in declared:
                lines += ["", f"| {kind.removesuffix('s')} | meaning |", "|---|---|"]
                lines += [
                    f"| `{name}` | {_cell(each['description'])} |" for name, each in declared[kind].items()
                ]  # fmt: skip
        lines.append("")
    return "\n".join(lines)


GITLAB = {
    "The template, and the component `frictionless`": "gitlab/frictionless.gitlab-ci.yml",
    "The component `frictionless-gpu`": "gitlab-component/templates/frictionless-gpu/template.yml",
}
"""The templates for GitLab, below ci-templates, by what they are called."""


def gitlab_inputs() -> str:
    """The inputs of each template for GitLab, as it declares them."""
    lines = [NOTE, "# Inputs of the GitLab templates", ""]
    lines += ["How they are included is in [Run it in GitLab](../how-to/gitlab.md).", ""]
    for title, name in GITLAB.items():
        text = (HERE.parents[1] / "ci-templates" / name).read_text(encoding="utf-8")
        header = next(iter(YAML(typ="safe").load_all(text)))
        lines += [f"## {title}", "", "| input | type | default | meaning |", "|---|---|---|---|"]
        lines += [_input(name, spec) for name, spec in header["spec"]["inputs"].items()]
        lines.append("")
    return "\n".join(lines)


def _input(name: str, spec: Mapping[str, Any]) -> str:
    """A row: name, type or choices, default and meaning of an input."""
    kind = " or ".join(f"`{each}`" for each in spec.get("options", ()))
    default = spec.get("default")
    told = default if default and isinstance(default, str) else json.dumps(default)
    shown = "**required**" if spec.get("required") else f"`{told}`"
    if isinstance(default, list) and any(isinstance(each, dict) for each in default):
        shown = "one pipeline for each commit"
    return f"| `{name}` | {kind or spec.get('type', 'string')} | {_cell(shown)} | {_cell(spec['description'])} |"


PAGES = {
    "github-inputs.md": github_inputs,
    "results.md": results,
    "findings.md": findings,
    "options.md": options,
    "frictionless-yaml.md": frictionless_yaml,
    "compatibility.md": compatibility,
    "gitlab-inputs.md": gitlab_inputs,
}
"""Every page that is written, with what writes it."""


def finding(name: str) -> str:
    """The page of one finding code: its record."""
    return f"{NOTE.replace('generate.py', 'generate.py from the record of the code')}\n{CODES[name].page}"


def main() -> None:
    """Write every page anew."""
    folder = HERE / "findings"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("FR*.md"):
        old.unlink()
    for name in CODES:
        (folder / f"{name}.md").write_text(finding(name), encoding="utf-8")
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
