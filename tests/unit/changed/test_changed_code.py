"""What code of the repository may read, where nobody can tell that it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.changes import MADE, OTHER, PLAIN, SETTINGS, Repository

if TYPE_CHECKING:
    from pathlib import Path

FACTORY = "    factory: shop.nets:made\n"


def reasons(repository: Repository, ref: str = "main") -> dict[str, str]:
    repository.git("add", "-A")
    return repository.since(ref).reasons


def test_the_reason_says_what_cannot_be_told(repository: Repository) -> None:
    repository.write("assets/words.vec", "changed")
    assert reasons(repository) == {MADE: "assets/words.vec changed, and its code may read it"}
    repository.write("tools/any.py", "changed")
    assert reasons(repository) == {MADE: "tools/any.py changed"}


@pytest.mark.parametrize("name", ["assets/words.vec", "shop/nets.py"])
def test_an_entry_that_cannot_be_used_may_name_any_code(repository: Repository, name: str) -> None:
    repository.write("frictionless.yaml", SETTINGS.replace(FACTORY, "    factory: nothing\n"))
    base = repository.commit()
    repository.write("README.md", "changed")
    assert reasons(repository, base) == {}
    repository.write(name, "changed")
    assert reasons(repository, base) == {
        MADE: f"{name} changed, and an entry in frictionless.yaml that cannot be used may name it"
    }


def test_where_it_cannot_be_told_whose_entry_it_is_all_without_one_are_tested(
    repository: Repository,
) -> None:
    settings = SETTINGS.replace("  made:\n", "  net:\n    path: 3\n")
    repository.write("frictionless.yaml", settings)
    base = repository.commit()
    repository.write("shop/nets.py", "changed")
    assert set(reasons(repository, base)) == {MADE, OTHER}


def test_a_factory_that_is_found_nowhere_may_read_whatever_changed(repository: Repository) -> None:
    repository.write("frictionless.yaml", SETTINGS.replace("shop.nets", "shpo.nets"))
    base = repository.commit()
    assert reasons(repository, base) == {}
    repository.write("shop/nets.py", "changed")
    assert set(reasons(repository, base)) == {MADE}


def test_a_module_beside_the_settings_is_one_though_it_is_not_added_yet(
    repository: Repository,
) -> None:
    repository.write("frictionless.yaml", SETTINGS.replace("shop.nets", "nets"))
    base = repository.commit()
    repository.write("nets.py", "")
    assert repository.changed(base) == {MADE}


@pytest.mark.parametrize("folder", ["", "src/"])
def test_a_factory_that_git_ignores_is_always_tested(repository: Repository, folder: str) -> None:
    repository.write(".gitignore", "generated/\n")
    repository.write("frictionless.yaml", SETTINGS.replace("shop.nets", "generated.nets"))
    base = repository.commit()
    assert repository.changed(base) == set()
    repository.write(f"{folder}generated/nets.py", "")
    assert reasons(repository, base) == {MADE: f"git does not know {folder}generated/nets.py"}


def test_code_in_a_submodule_that_moved_on_selects_who_may_import_it(
    repository: Repository, tmp_path: Path
) -> None:
    inner = Repository(tmp_path / "inner")
    inner.write("layers.py", "")
    inner.commit()
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.top), "libs"
    )
    base = repository.commit()
    assert repository.changed(base) == set()
    inside = Repository(repository.top / "libs")
    inside.write("layers.py", "changed")
    inside.commit()
    assert repository.changed(base) == {MADE}


def test_what_is_told_to_be_of_another_model_is_read_by_no_code(repository: Repository) -> None:
    repository.write("models/old.onnx")
    base = repository.commit()
    repository.write("models/plain.onnx.data", "weights")
    (repository.root / "models/old.onnx").unlink()
    assert set(reasons(repository, base)) == {PLAIN}
