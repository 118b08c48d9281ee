"""What is deployed to: whether the target fits itself, and whether what runs here fits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.knowledge.compatibility import oldest_driver, onnxruntime_reads
from pytest_frictionless.knowledge.containers import contents_of, source_of
from pytest_frictionless.knowledge.gpus import TITLES, support_of
from pytest_frictionless.knowledge.opsets import opset_limits
from pytest_frictionless.stack.comparison import same_release, version_in
from pytest_frictionless.stack.rules.plan import BOUND, BOUND_RTX
from pytest_frictionless.stack.rules.silent import LOWER, TYPED, TYPED_RTX, is_typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_frictionless.settings.settings import Settings
    from pytest_frictionless.settings.target import Target


def target_findings(
    root: Path, settings: Settings, running: Mapping[str, str]
) -> Iterator[Finding]:
    """What does not fit between the target's own words, and between it and this environment."""
    del root
    target = settings.target
    image = (target.container or "").partition("@")[0]
    inside = dict(contents_of(image) or {})
    yield from _container(target, image, inside)
    wanted = {name: getattr(target, name) or inside.get(name) for name in TITLES}
    versions = {name: version for name, version in wanted.items() if version}
    yield from _gpus(target, versions)
    yield from _opset(settings, versions, inside, image)
    yield from _precision(settings, versions)
    yield from _engines(versions, running)
    yield from _machine(target, image, inside, running)


def _container(target: Target, image: str, inside: Mapping[str, str]) -> Iterator[Finding]:
    """FR067: the image and the versions of the target are one thing, told twice."""
    if not image:
        return
    if contents_of(image) is None:
        yield Finding(
            code="FR067", severity=Severity.WARNING,
            message=f"what {image} holds is not in the tables: nothing was compared with it",
            remedy="Name the versions of the target beside the container: tensorrt, or tensorrt_rtx.",
        )  # fmt: skip
        return
    for name, title in TITLES.items():
        wanted, held = getattr(target, name), inside.get(name)
        if wanted and held and not same_release(held, wanted):
            yield Finding(
                code="FR067",
                message=f"{image} holds {title} {held}, and target.{name} is {wanted}",
                evidence=(("source", source_of(image)),),
            )
        elif wanted and not held and name == "tensorrt" and not target.tensorrt_rtx:
            yield Finding(
                code="FR067", severity=Severity.WARNING,
                message=f"which {title} {image} holds is not written down: target.{name} {wanted} was "
                "not compared with it",
                evidence=(("source of what is known", source_of(image)),),
            )  # fmt: skip


def _gpus(target: Target, versions: Mapping[str, str]) -> Iterator[Finding]:
    """FR056 for a GPU that the target's TensorRT does not run on."""
    for name, version in versions.items():
        for capability in target.compute_capabilities:
            known = support_of(name, version)
            if known is not None and known.takes(capability) is False:
                yield Finding(
                    code="FR056",
                    message=f"{TITLES[name]} {version} does not run on compute capability {capability}, "
                    "and both are the target",
                    evidence=(("source", known.source),),
                )


def _opset(
    settings: Settings, versions: Mapping[str, str], inside: Mapping[str, str], image: str
) -> Iterator[Finding]:
    """FR059 for a pinned opset that the target does not read."""
    if settings.opset is None:
        return
    pin = settings.opset.version
    if "tensorrt" in versions:
        yield from _parser(pin, versions["tensorrt"])
    runtime = onnxruntime_reads(inside["onnxruntime"]) if "onnxruntime" in inside else None
    if runtime is not None and pin > runtime.opset:
        yield Finding(
            code="FR059",
            message=f"opset {pin} is pinned, and ONNX Runtime {inside['onnxruntime']} of {image} loads "
            f"{runtime.opset} at most",
            evidence=(("source", runtime.source),),
        )


def _parser(pin: int, version: str) -> Iterator[Finding]:
    known, beyond = opset_limits(version)
    if known is not None and pin <= known.opset:
        return
    row = beyond if beyond is not None and pin > beyond.opset else None
    source = row or known or beyond
    yield Finding(
        code="FR059" if row else "FR069", severity=Severity.ERROR if row else Severity.WARNING,
        message=f"opset {pin} is pinned, and {row.opset} is the newest that TensorRT {row.tensorrt} "
        f"knows; the target is {version}" if row
        else f"whether TensorRT {version} knows opset {pin} is not documented",
        evidence=(("source", source.source),) if source else (),
    )  # fmt: skip


def _precision(settings: Settings, versions: Mapping[str, str]) -> Iterator[Finding]:
    """FR062 once, for all models that ask for what the target's builder does not take."""
    models = [name for name, spec in settings.models.items() if spec.precision in LOWER]
    for name, version in versions.items():
        if models and is_typed(name, version):
            yield Finding(
                code="FR062", severity=Severity.WARNING,
                message=f"{TITLES[name]} {version} of the target has no precision flags: the ONNX "
                f"files of {', '.join(models)} must hold the precision that is asked for",
                evidence=(("source", TYPED_RTX if name == "tensorrt_rtx" else TYPED),),
            )  # fmt: skip


def _engines(versions: Mapping[str, str], running: Mapping[str, str]) -> Iterator[Finding]:
    """FR068: what is built here does not load there."""
    for name, wanted in versions.items():
        here = running.get(name)
        if here and same_release(here, wanted) is False:
            yield Finding(
                code="FR068",
                message=f"{TITLES[name]} {here} runs here and {wanted} is the target: a plan that is "
                "built here does not load there",
                evidence=(("source", BOUND_RTX if name == "tensorrt_rtx" else BOUND),),
            )
    runs = {name: running[name] for name in TITLES if running.get(name)}
    if versions and runs and not versions.keys() & runs.keys():
        yield Finding(
            code="FR068", severity=Severity.WARNING,
            message=f"{_named(runs)} runs here and {_named(versions)} is the target: a plan that is built "
            "here does not load there, and what is refused here may be taken there",
            evidence=(("source", BOUND_RTX),),
        )  # fmt: skip


def _named(versions: Mapping[str, str]) -> str:
    """As "TensorRT 10.14.1"."""
    return " and ".join(
        f"{title} {versions[name]}" for name, title in TITLES.items() if name in versions
    )


def _machine(
    target: Target, image: str, inside: Mapping[str, str], running: Mapping[str, str]
) -> Iterator[Finding]:
    """FR058 where the image does not run here, and FR068 where this is not the target's GPU."""
    cuda, driver = inside.get("cuda_toolkit", ""), version_in(running.get("nvidia_driver", ""))
    needed = oldest_driver(cuda) if cuda else None
    if needed is not None and driver is not None and driver < Version(needed.value):
        yield Finding(
            code="FR058",
            message=f"{image} holds CUDA {cuda}, which needs driver {needed.value} or later, and "
            f"{driver} runs here",
            evidence=(("source", needed.source),),
        )
    capability = running.get("compute_capability")
    if target.compute_capabilities and capability and capability not in target.compute_capabilities:
        gpu = running.get("gpu", "the GPU")
        yield Finding(
            code="FR068", severity=Severity.WARNING,
            message=f"{gpu} here has compute capability {capability}, and the target names "
            f"{', '.join(target.compute_capabilities)}",
        )  # fmt: skip
