"""The documentation says what the code does: generated pages, links, codes and examples."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_frictionless.checks import CHECKS
from pytest_frictionless.codes import CODES
from pytest_frictionless.settings.read import read_settings
from pytest_frictionless.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
        *(page for page in DOCS.rglob("*.md") if page.parent.name != "findings"),
    ]
)
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_ANCHOR = re.compile(r'<a id="([^"]+)"></a>')


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "reference" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _yaml_files() -> Iterator[tuple[str, str]]:
    """Every YAML block that is a whole frictionless.yaml, with where it stands."""
    for page in PAGES:
        text = page.read_text()
        for block in _FENCE.finditer(text):
            keys = re.findall(r"^(\w+):", block["text"], re.MULTILINE)
            if block["language"] == "yaml" and keys and set(keys) <= set(Settings.model_fields):
                line = text.count("\n", 0, block.start()) + 1
                yield f"{_name(page)}:{line}", block["text"]


YAML_FILES = dict(_yaml_files())


@pytest.mark.parametrize("page", sorted(_generator().PAGES))
def test_generated_page_is_up_to_date(page: str) -> None:
    written = (DOCS / "reference" / page).read_text()
    assert written == _generator().PAGES[page](), "run: python docs/reference/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text())
    broken = []
    for match in _LINK.finditer(text):
        target, _, anchor = match["target"].partition("#")
        if re.match(r"\w+:", target):
            continue
        file = page.parent / target if target else page
        is_code = file.suffix == ".md" and anchor.startswith("fr")
        if not file.exists() or (is_code and anchor not in _ANCHOR.findall(file.read_text())):
            broken.append(match["target"])
    assert not broken


@pytest.mark.parametrize("check", [check.name for check in CHECKS])
def test_check_has_a_page_that_is_linked(check: str) -> None:
    page = DOCS / "reference" / "checks" / f"{check}.md"
    assert page.read_text().startswith(f"# `{check}")
    assert f"reference/checks/{check}.md" in (DOCS / "README.md").read_text()


@pytest.mark.parametrize("code", CODES)
def test_code_has_a_page_made_of_its_record(code: str) -> None:
    assert f"[`{code}`](findings/{code}.md)" in (DOCS / "reference" / "findings.md").read_text()
    written = (DOCS / "reference" / "findings" / f"{code}.md").read_text()
    assert written == _generator().finding(code), "run: python docs/reference/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_codes_that_are_named_exist(page: Path) -> None:
    assert set(re.findall(r"\bFR\d{3}\b", page.read_text())) <= set(CODES)


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    linked = {
        (DOCS / match["target"].partition("#")[0]).resolve()
        for match in _LINK.finditer(index.read_text())
    }
    codes = {DOCS / "reference" / "findings" / f"{code}.md" for code in CODES}
    pages = set(DOCS.rglob("*.md"))
    assert codes <= pages
    assert sorted(_name(page) for page in pages - {index, *linked, *codes}) == []


def test_there_are_examples_of_the_configuration() -> None:
    assert len(YAML_FILES) > 10


@pytest.mark.parametrize("where", YAML_FILES)
def test_example_of_the_configuration_is_valid(where: str, tmp_path: Path) -> None:
    path = tmp_path / "frictionless.yaml"
    path.write_text(YAML_FILES[where])
    settings = read_settings(path)
    assert [
        problem for broken in settings.broken_models.values() for problem in broken.problems
    ] == []
