"""A manifest as a bill of materials for machine learning: CycloneDX 1.6, written by its own library."""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING

from pytest_frictionless.errors import MissingDependency
from pytest_frictionless.stack.manifest import COMPONENTS
from pytest_frictionless.stack.manifest_file import to_text
from pytest_frictionless.stack.pins.images import image_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyclonedx.model import HashType, Property
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

    from pytest_frictionless.stack.manifest import Manifest

PYPI = ("torch", "onnxscript", "onnx", "numpy", "simplifier")
"""What comes from one package of PyPI: of the others a manifest does not tell which brought them."""
KINDS = {
    "os": "operating-system", "glibc": "library", "python": "platform", "cuda_toolkit": "platform",
    "nvidia_driver": "device-driver", "gpu": "device", "container": "container",
}  # fmt: skip
"""Types of the components that are no libraries."""
ABOUT = {
    "exporter": "model", "tf32_override": "model", "torch_tf32_override": "model", "cuda_driver": "nvidia_driver", "compute_capability": "gpu",
    "container_digest": "container",
}  # fmt: skip
"""Components that are a property of another one in a bill of materials."""


def to_cyclonedx(manifest: Manifest) -> str:
    """The bill of materials as JSON, the same for the same manifest.

    Raises:
        MissingDependency: cyclonedx-python-lib is not installed.
    """
    try:
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
    except ModuleNotFoundError:
        raise MissingDependency(
            "cyclonedx-python-lib", purpose="a bill of materials", extra="sbom"
        ) from None
    model = Component(
        bom_ref="model", name=manifest.checkpoint, type=ComponentType.MACHINE_LEARNING_MODEL,
        version=manifest.digests.get("checkpoint", "")[:12] or None,
        hashes=_hashes(manifest, "checkpoint"), properties=_properties(_facts(manifest)),
    )  # fmt: skip
    bom = Bom(
        # Of what is written, so that the same manifest gives the same bill.
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, to_text(manifest)),
        components=[*_files(manifest), *_stack(manifest)],
    )
    bom.metadata.component = model
    bom.metadata.timestamp = datetime.datetime.combine(
        manifest.written, datetime.time(), datetime.UTC
    )
    bom.register_dependency(model, bom.components)
    return JsonV1Dot6(bom).output_as_string()


def _stack(manifest: Manifest) -> Iterator[Component]:
    """What the model was made with and runs on, as far as it stands for itself."""
    from cyclonedx.model.component import Component, ComponentType

    for name, text in manifest.components.items():
        if name in ABOUT:
            continue
        title, _, version = text.rpartition(" ")
        if name == "gpu":
            title, version = text, ""
        elif name == "container":
            image = image_from(text)
            title, version = (image.repository, image.tag) if image else (text, "")
        yield Component(
            bom_ref=name, name=title or COMPONENTS.get(name, name), version=version or None,
            type=ComponentType(KINDS.get(name, "library")), properties=_properties(_about(manifest, name)),
            purl=_purl(manifest, name, title, version),
        )  # fmt: skip


def _purl(manifest: Manifest, name: str, title: str, version: str) -> PackageURL | None:
    """The package URL, where the component comes from where these have a type."""
    from packageurl import PackageURL

    if name in PYPI:
        return PackageURL("pypi", name=title or name, version=version)
    digest = manifest.components.get("container_digest")
    if name == "container" and digest:
        # https://github.com/package-url/purl-spec: the version of an image is its digest.
        return PackageURL(
            "oci", name=title.rpartition("/")[2], version=digest,
            qualifiers={"repository_url": title, "tag": version},
        )  # fmt: skip
    return None


def _files(manifest: Manifest) -> Iterator[Component]:
    """What was made of the model: the ONNX file and the plan."""
    from cyclonedx.model.component import Component, ComponentType

    for name, title in (("onnx", "ONNX file"), ("plan", "plan")):
        if name in manifest.digests:
            yield Component(
                bom_ref=f"{name}-file", name=title, type=ComponentType.FILE,
                hashes=_hashes(manifest, name),
            )  # fmt: skip


def _hashes(manifest: Manifest, name: str) -> Iterator[HashType]:
    from cyclonedx.model import HashAlgorithm, HashType

    if name in manifest.digests:
        yield HashType(alg=HashAlgorithm.SHA_256, content=manifest.digests[name])


def _about(manifest: Manifest, name: str) -> dict[str, str]:
    """The components that are told as properties of this one; of the model where theirs is not there."""
    said = manifest.components
    owners = {key: of if of in said else "model" for key, of in ABOUT.items()}
    return {key: said.get(key, "") for key, of in owners.items() if of == name}


def _facts(manifest: Manifest) -> dict[str, str]:
    graph, plan = manifest.graph, manifest.plan
    return {
        **_about(manifest, "model"),
        "opset": str(graph.opset) if graph else "",
        "opset_reason": manifest.opset_reason,
        "ir_version": str(graph.ir_version) if graph else "",
        "producer": graph.producer if graph else "",
        "precision": plan.precision if plan else "",
        "built_for": ", ".join(plan.compute_capabilities) if plan else "",
    }


def _properties(facts: dict[str, str]) -> Iterator[Property]:
    from cyclonedx.model import Property

    for name, text in facts.items():
        if text:
            yield Property(name=f"pytest-frictionless:{name}", value=text)
