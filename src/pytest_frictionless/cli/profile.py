"""`pytest-frictionless profile MODEL`: the slowest layers of its engine at one shape point."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from pytest_frictionless.cli.command import Command
from pytest_frictionless.cli.project import open_model
from pytest_frictionless.cliffs.layers import title
from pytest_frictionless.errors import ConfigError, StepFailed
from pytest_frictionless.finding import Finding
from pytest_frictionless.settings.section import nearest
from pytest_frictionless.shapes import POINTS
from pytest_frictionless.workbench.gpu import gpu_of, plan_path
from pytest_frictionless.workbench.scanning import profiled

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_frictionless.cliffs.record import ProfiledRecord
    from pytest_frictionless.shapes import ShapePoint
    from pytest_frictionless.workbench.workbench import Workbench


def arguments(parser: ArgumentParser) -> None:
    """Declare the model, the profile, the point and the form of the answer."""
    parser.add_argument("model", help="path of a checkpoint, or its name in frictionless.yaml")
    parser.add_argument("--profile", metavar="NAME", help="optimization profile; the first without")
    parser.add_argument("--point", choices=POINTS, default="opt", help="shape point (opt)")
    parser.add_argument("--top", type=int, default=15, metavar="N", help="layers to show (15)")
    parser.add_argument("--json", action="store_true", help="every layer, as JSON")


def run(given: Namespace) -> int:
    """Time every layer on this GPU, and say what to go on with."""
    if given.top < 1:
        raise ConfigError([f"--top takes a number above zero, not {given.top}"])
    with open_model(given.model) as bench:
        name = given.profile or next(iter(bench.profiles))
        if name not in bench.profiles:
            hint = nearest(name, bench.profiles)
            known = ", ".join(bench.profiles)
            raise ConfigError([f"{given.model} has no profile {name!r}{hint}: it has {known}"])
        gpu_of(bench)
        built = bench.build(list(bench.profiles))
        if not built["built"]:
            message = f"there is no engine to profile: {'; '.join(built['errors'])}"
            raise StepFailed(Finding(code="FR801", message=message))
        point = bench.profiles[name].at(given.point)
        record = profiled(bench, name, point.sizes)
        if given.json:
            print(json.dumps(record, indent=2))
        else:
            _show(record, f"{bench.name}, {name}-{point}", given.top)
            _show_next_steps(bench, name, point)
    return 0


def _show(record: ProfiledRecord, where: str, top: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if Console().is_terminal else 160, highlight=False, markup=False)
    layers = sorted(record["layers"], key=lambda each: -each["ms"])
    whole = sum(each["ms"] for each in layers) or 1.0
    console.print(
        f"{where}: {record['ms']:.4g} ms an inference; {record['engine']}, {record['gpu']}"
    )
    table = Table("ms", "share", "layer", "kind", "kernel", box=None, pad_edge=False)
    for each in layers[:top]:
        share = f"{each['ms'] / whole:.1%}".replace("%", " %")
        table.add_row(f"{each['ms']:.4g}", share, title(each), each["kind"], each["kernel"])
    console.print(table)
    more = f"; {len(layers) - top} layers below these" if len(layers) > top else ""
    console.print(
        f"the {len(layers)} layers take {whole:.4g} ms one by one, launched plainly{more}"
    )
    if not any(each["kernel"] for each in layers):
        console.print("this TensorRT does not tell which kernels run: the nsys command below does")


def _show_next_steps(bench: Workbench, name: str, point: ShapePoint) -> None:
    index = list(bench.profiles).index(name)
    shapes = {each: tensor.shape(point.sizes) for each, tensor in bench.tensors.items()}
    engine = bench.build(list(bench.profiles))["engine"]
    baseline = baseline_command(engine, plan_path(bench), index, shapes)
    report = shlex.quote(f"{bench.name}-{name}-{point.name}")
    print(f"\nbaseline: {baseline}")
    print(
        f"timeline: nsys profile --trace=cuda,nvtx --cuda-graph-trace=node -o {report} {baseline}"
    )


def baseline_command(
    engine: str, plan: Path, profile: int, shapes: Mapping[str, tuple[int, ...]]
) -> str:
    """The command of NVIDIA's own tool that times this engine at these shapes.

    The options are those of `trtexec` of TensorRT 10 and 11, and of `tensorrt_rtx`, its counterpart.
    """
    rtx = "RTX" in engine
    spelled = ",".join(
        f"{name}:{'x'.join(map(str, shape))}" for name, shape in shapes.items() if shape
    )
    words = [
        "tensorrt_rtx" if rtx else "trtexec", f"--loadEngine={plan}",
        *([f"--shapes={spelled}"] if spelled else []),
        f"--useProfile={profile}", "--noDataTransfers", "--useSpinWait",
        "--rtxCudaGraphStrategy=wholeGraph" if rtx else "--useCudaGraph",
    ]  # fmt: skip
    return shlex.join(words)


COMMAND = Command(
    name="profile", help="the slowest layers of an engine at one shape point, on this GPU",
    arguments=arguments, run=run,
)  # fmt: skip
