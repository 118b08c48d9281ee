"""Which checkpoints a changed frictionless.yaml selects, and what its entries name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.changes import EVERYTHING, MADE, OTHER, PLAIN, SETTINGS, Repository
from tests.checkout import ONNX

if TYPE_CHECKING:
    from pathlib import Path


ENTRIES = {
    "another precision": (("precision: fp16", "precision: fp32"), {PLAIN}),
    "another profile": (("[1, 2, 4]", "[1, 2, 8]"), {MADE}),
    "a comment": (("  plain:", "  # weights of May\n  plain:"), set()),
    "another order": ((SETTINGS[SETTINGS.index("  made") :],
                       "  plain: {precision: fp16}\n" + SETTINGS[SETTINGS.index("  made") : SETTINGS.index("  plain")]), set()),
    "an entry gone": (("  plain:\n    precision: fp16\n", ""), {PLAIN}),
    "an entry by path": (("  plain:\n", "  other:\n    path: models/other.onnx\n  plain:\n"), {OTHER}),
    "an entry that cannot be used": (("precision: fp16", "precision: fp17"), {PLAIN}),
    "the target": (('"1.7"', '"1.8"'), EVERYTHING),
    "an opset": (("roots: [models]", "roots: [models]\nopset: {version: 18, reason: x}"), EVERYTHING),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), ENTRIES.values(), ids=list(ENTRIES))
def test_entries_are_compared_as_they_are_meant(
    repository: Repository, change: tuple[str, str], expected: set[str]
) -> None:
    assert change[0] in SETTINGS
    repository.write("frictionless.yaml", SETTINGS.replace(*change))
    assert repository.changed() == expected


def test_settings_that_could_not_be_read_then_select_everything(repository: Repository) -> None:
    repository.write("frictionless.yaml", "roots: [models\n")
    base = repository.commit()
    repository.write("frictionless.yaml", SETTINGS)
    selection = repository.since(base)
    assert set(selection.reasons) == EVERYTHING
    assert selection.reasons[PLAIN] == "frictionless.yaml of that commit cannot be read"


def test_settings_that_are_new_select_what_they_speak_of(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    for name in ("a.onnx", "b.onnx"):
        repository.write(name)
    base = repository.commit()
    repository.write("frictionless.yaml", "models: {a: {precision: fp16}}")
    assert repository.changed(base) == {"a.onnx"}


def test_checkpoints_of_one_entry_are_tested_together(repository: Repository) -> None:
    repository.write("models/a/twin.onnx")
    repository.write("models/b/twin.onnx")
    repository.write("frictionless.yaml", SETTINGS + "  twin: {precision: fp16}\n")
    base = repository.commit()
    repository.write("models/b/twin.onnx", ONNX + b"\x00")
    assert repository.changed(base) == {"models/a/twin.onnx", "models/b/twin.onnx"}


def test_plugins_select_the_models_that_use_them(repository: Repository) -> None:
    repository.write("plugins/p.so", b"\x7fELF")
    repository.write("frictionless.yaml", SETTINGS + "    plugins: [plugins/p.so]\n")
    base = repository.commit()
    repository.write("plugins/p.so", b"\x7fELF2")
    assert repository.changed(base) == {PLAIN}


def test_a_plugin_in_python_imports_who_knows_what(repository: Repository) -> None:
    repository.write("plugins/p.py", "import shop.ops")
    repository.write("frictionless.yaml", SETTINGS + "    plugins: [plugins/p.py]\n")
    base = repository.commit()
    repository.write("shop/ops.py", "")
    repository.git("add", "-A")
    assert repository.changed(base) == {PLAIN, MADE}
