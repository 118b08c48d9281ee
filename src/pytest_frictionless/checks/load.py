"""Is the checkpoint readable, safe, complete and finite?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Place, Severity
from pytest_frictionless.settings.model import ModelSpec
from pytest_frictionless.settings.read import name_of
from pytest_frictionless.workbench.suggestion import is_unknown, suggested_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.artifacts.checkpoint import UnshapedRecord


def run(ctx: Context) -> Iterator[Finding]:
    """Read the checkpoint without running code from it, and look at every weight."""
    bench = ctx.workbench
    if bench.checkpoint.problem is not None:
        yield bench.checkpoint.problem
        if bench.checkpoint.problem.severity is Severity.ERROR:
            return
    weights = bench.weights()
    ctx.measurements.update(
        digest=bench.file_digest, format=str(bench.checkpoint.format),
        parameters=weights["parameters"], dtypes=weights["dtypes"],
    )  # fmt: skip
    ctx.notes.extend(weights["notes"])
    if is_unknown(bench):
        yield _unknown_model(ctx)
        return
    if values := weights.get("unshaped"):
        yield _unshaped(ctx, values)
        return
    if bound := weights.get("bound"):
        yield _bound(bound)
    yield from _mismatches(ctx)
    if names := weights["not_finite"]:
        halves = all("float16" in name and "NaN" not in name for name in names)
        yield Finding(
            code="FR108",
            message=f"{names[0]} holds NaN or infinity"
            if len(names) == 1
            else f"{len(names)} tensors hold NaN or infinity, first {names[0]}",
            cause="float16 ends at 65504: larger weights became infinite when they were cast."
            if halves
            else "",
            remedy="Save them as float32 or bfloat16." if halves else "",
            evidence=tuple(("tensor", name) for name in names),
        )
    for profile in bench.profiles.values():
        if profile.assumed and profile.ranges:
            ctx.notes.append(
                f"assumed profile {profile}; say the real one with `profiles` in frictionless.yaml"
            )


def _mismatches(ctx: Context) -> Iterator[Finding]:
    """Weights that only one of the two has; a renamed one is on both lists and said once."""
    weights, spec = ctx.workbench.weights(), ctx.workbench.spec
    missing, unexpected = weights["missing"], weights["unexpected"]
    source = f"factory {spec.factory}" if spec.factory else "the network"
    if unread := weights.get("unread", []):
        yield Finding(
            code="FR115",
            message=f"beside the weights there are objects of {_listed(unread)}: not made",
            severity=Severity.WARNING,
        )
    if missing:
        renamed = {each[0]: each[1] for each in weights.get("renamed", [])}
        total = weights["tensors"] - len(unexpected) + len(missing)
        lost = "none of the" if len(missing) == total else f"{len(missing)} of"
        yield Finding(
            code="FR107",
            message=f"{lost} {total} weights of the network are in the file"
            if lost.startswith("none")
            else f"{lost} {total} weights of the network are not in the file: {_listed(missing)}",
            cause="They keep the random values they were initialised with.",
            remedy=_remedy_of_missing(source, renamed, len(missing)),
            evidence=tuple(
                ("missing", name + (f"   <- {renamed[name]}?" if name in renamed else ""))
                for name in missing[:10]
            )
            + tuple(
                ("only in the file", name)
                for name in unexpected[:10]
                if name not in renamed.values()
            ),
        )
    elif unexpected:
        yield Finding(
            code="FR114",
            message=f"{_counted(len(unexpected))} in the file and not in the network: {_listed(unexpected)}",
            cause=f"{source} builds a network without them: every other weight was found.",
            remedy="Let the factory build them if they are served; leave them out of the file; or\n"
            f"say in frictionless.yaml, below models.{ctx.workbench.name}:\n"
            '  ignore: {FR114: "why they are not served"}',
            evidence=tuple(("only in the file", name) for name in unexpected[:10]),
            severity=Severity.WARNING,
        )


def _remedy_of_missing(source: str, renamed: dict[str, str], count: int) -> str:
    changes = {_renaming(name, was) for name, was in renamed.items()}
    if len(renamed) == count and len(changes) == 1:
        now, was = changes.pop()
        return (
            f"The file has them as {was}: call it so in the network, or write the file anew with the keys\n"
            f"  {{re.sub({'^' + was!r}, {now!r}, k): v for k, v in state.items()}}"
        )
    return f"Let {source} build the network of the file, or train and save the one it builds."


def _renaming(name: str, was: str) -> tuple[str, str]:
    """The beginnings in which two names differ: `head.weight`, `fc.weight` -> `head`, `fc`."""
    ours, theirs = name.split("."), was.split(".")
    while len(ours) > 1 and len(theirs) > 1 and ours[-1] == theirs[-1]:
        ours.pop()
        theirs.pop()
    return ".".join(ours), ".".join(theirs)


def _counted(count: int) -> str:
    return "1 weight is" if count == 1 else f"{count} weights are"


def _listed(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _bound(lines: list[dict[str, Any]]) -> Finding:
    first = lines[0]
    count = f"{len(lines)} lines of the program name" if len(lines) > 1 else "the program names"
    return Finding(
        code="FR117",
        message=f"{count} the device {first['device']}: it runs on a GPU only",
        place=Place(file=first["file"], line=first["line"], text=first["text"]),
        evidence=tuple(
            (f"{each['file']}:{each['line']}", each["text"].strip()) for each in lines[1:5]
        ),
        severity=Severity.WARNING,
    )


def _unknown_model(ctx: Context) -> Finding:
    """What to paste into frictionless.yaml, with every input that could be guessed filled in."""
    bench = ctx.workbench
    weights, entry = bench.weights(), suggested_model(bench, name_of(bench.checkpoint.path))
    what = "weights only" if not weights["runnable"] else "a model without a word on its inputs"
    needed = "the network and its inputs" if not weights["runnable"] else "its inputs"
    guess = f" ({entry.guess})" if entry.guess else ""
    # Where there is an entry, it is completed by hand.
    command = ", or run `pytest-frictionless init --add`" if bench.spec == ModelSpec() else ""
    return Finding(
        code="FR105",
        message=f"the file holds {what} ({weights['tensors']} tensors): {needed} must be named",
        remedy=f"Add to frictionless.yaml{command}{guess}:\n{entry.text}",
    )


def _unshaped(ctx: Context, values: list[UnshapedRecord]) -> Finding:
    path = ctx.workbench.relative_path
    first = values[0]
    shapes: dict[str, list[int | str]] = {
        each["name"]: each["shape"] or ["batch", 3, 224, 224]
        for each in values
        if each["role"] == "input"
    }
    guessed = any(each["role"] == "input" and not each["shape"] for each in values)
    others = dict.fromkeys(each["name"] for each in values[1:] if each["name"] != first["name"])
    lines = [
        "import onnx",
        f"model = onnx.load({path!r})",
        f"shapes = {shapes}" + ("  # write the real axes" if guessed else ""),
        "for value in model.graph.input:",
        "    if value.name in shapes:",
        "        kind = value.type.tensor_type.elem_type",
        "        shaped = onnx.helper.make_tensor_value_info(value.name, kind, shapes[value.name])",
        "        value.CopyFrom(shaped)",
        "for value in model.graph.output:",
        "    value.type.tensor_type.ClearField('shape')",
        f"onnx.save(onnx.shape_inference.infer_shapes(model), {path!r})",
    ]
    return Finding(
        code="FR116",
        message=f"{first['role']} {first['name']} has {first['what']}"
        + (f"; {', '.join(others)} likewise" if others else ""),
        cause="onnx.checker refuses the file, and a profile needs the axes of every input.",
        remedy="Write the shapes into the file, once:\n" + "\n".join(f"  {line}" for line in lines),
        evidence=tuple((f"{each['role']} {each['name']}", each["what"]) for each in values[:10]),
    )


CHECK = Check(
    name="load", scope=Scope.CHECKPOINT, run=run,
    title="is the checkpoint readable, safe, complete and finite?",
)  # fmt: skip
