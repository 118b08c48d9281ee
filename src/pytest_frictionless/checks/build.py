"""Does TensorRT build one engine that serves every profile?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_frictionless.check import Check, Context, Scope
from pytest_frictionless.finding import Finding, Severity, quoted
from pytest_frictionless.knowledge.gpus import TITLES, runs_on, what_runs_on
from pytest_frictionless.workbench.reproducer import with_reproducer
from pytest_frictionless.workbench.sizes import impossible_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_frictionless.artifacts.engine import BuildRecord
    from pytest_frictionless.reproduce.records import FailureRecord
    from pytest_frictionless.workbench.store import Artifact

PRECISIONS = {
    "fp16": "float16",
    "bf16": "bfloat16",
    "fp32": "float32",
    "fp8": "float8e4m3fn",
    "int8": "int8",
}


def run(ctx: Context) -> Iterator[Finding]:
    """Validate the profile, build all profiles together, and read back what was delivered."""
    bench = ctx.workbench
    yield from (impossible := list(impossible_sizes(ctx.workbench, ctx.profile)))
    if impossible:
        return
    names = list(bench.profiles)
    joint = bench.build(names)
    ctx.measurements.update(
        engine=joint["engine"], plan_bytes=joint["plan_bytes"], build_s=joint["build_s"],
        peak_mib=joint["peak_rss_mib"], profiles=joint["profiles"],
        compute_capabilities=joint["compute_capabilities"],
    )  # fmt: skip
    yield from (refused := list(_refused_targets(ctx)))
    told = [dict(finding.evidence)["compute capability"] for finding in refused]
    for capability in joint["unavailable_capabilities"]:
        if capability in told:
            continue
        yield Finding(
            code="FR805",
            message=f"compute capability {capability} cannot be targeted by {joint['engine']} on this "
            "machine: not proved here",
            severity=Severity.WARNING,
        )
    if ctx.profile_name in joint["dropped_profiles"]:
        yield _failure(ctx, joint, "FR802", "drops the profile")
    elif not joint["built"]:
        yield from _blame_profile(ctx, joint, names)
    elif joint["profiles"] < len(names):
        yield _failure(ctx, joint, "FR802", f"kept {joint['profiles']} of {len(names)} profiles")
    else:
        yield from _precision(ctx)


def _refused_targets(ctx: Context) -> Iterator[Finding]:
    """Compute capabilities of the target that its own TensorRT is known to refuse."""
    target = ctx.workbench.shop.settings.target
    named = {"tensorrt": target.tensorrt, "tensorrt_rtx": target.tensorrt_rtx}
    asked = {flavour: version for flavour, version in named.items() if version}
    for capability in target.compute_capabilities if asked else ():
        if any(runs_on(*each, capability) is not False for each in asked.items()):
            continue
        names = " and ".join(f"{TITLES[flavour]} {version}" for flavour, version in asked.items())
        better = what_runs_on(capability)
        yield Finding(
            code="FR917",
            message=f"the target names compute capability {capability}, and {names} does not run on it"
            + (f": {better} does" if better else ""),
            evidence=(("compute capability", capability),),
        )


def _blame_profile(ctx: Context, joint: BuildRecord, names: list[str]) -> Iterator[Finding]:
    """Build each profile alone: the ones that fail alone are to blame, else the combination is."""
    if len(names) == 1:
        yield _reproduced(ctx, joint, _failure(ctx, joint, "FR801", "gives no engine"))
        return
    alone = {name: ctx.workbench.build([name]) for name in names}
    culprits = [name for name, record in alone.items() if not record["built"]]
    if ctx.profile_name in culprits:
        own = alone[ctx.profile_name]
        finding = _failure(ctx, own, "FR801", "gives no engine for this profile alone")
        yield _reproduced(ctx, own, finding)
    elif not culprits:
        yield _failure(ctx, joint, "FR801", "builds each profile alone and not all together")
    else:
        ctx.notes.append(
            f"the engine with all profiles fails because of {', '.join(culprits)}; this one builds"
        )


def _failure(ctx: Context, record: BuildRecord, code: str, verb: str) -> Finding:
    message = f"{record['engine']} {verb} ({ctx.profile})"
    message, cause = quoted(message, "\n".join(record["errors"][:8]))
    return Finding(code=code, message=message, cause=cause)


def _reproduced(ctx: Context, record: BuildRecord, finding: Finding) -> Finding:
    """The finding with a small model for which the builder gives no engine either."""
    failure: FailureRecord = {
        "stage": "build", "kind": "profile" if record.get("profile_errors") else "builder",
        "operator": "", "node": "", "stack": [], "reason": next(iter(record["errors"]), ""),
        "error_code": "",
    }  # fmt: skip

    def make(seconds: float) -> Artifact:
        return ctx.workbench.reproducer(failure, profile=ctx.profile_name, seconds=seconds)

    place = f"build-{ctx.profile_name}"
    return with_reproducer(ctx.workbench, finding, make, question=place, notes=ctx.notes)


def _precision(ctx: Context) -> Iterator[Finding]:
    """What the network computes in, against what was asked for."""
    parsed = ctx.workbench.parsed()
    asked = ctx.workbench.spec.precision
    if asked is None or asked == "fp32":
        return
    floating = {name: n for name, n in parsed["layer_types"].items() if "float" in name}
    wanted = PRECISIONS[asked]
    if not floating.get(wanted) and parsed["layer_types"].get(wanted, 0) == 0:
        kinds = ", ".join(f"{n} {name}" for name, n in sorted(parsed["layer_types"].items()))
        yield Finding(
            code="FR804",
            message=f"precision {asked} is asked for, and no layer of the network computes in {wanted}",
            cause=f"layers by type: {kinds}",
        )


CHECK = Check(
    name="build", scope=Scope.PROFILE, run=run, after=("load", "export", "operators"),
    yields_to=("graph", "dynamic"),
    title="does TensorRT build one engine that serves every profile?",
)  # fmt: skip
