"""What a user has to replace is told in one place, and nothing else has to be replaced."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.consumer import EXAMPLE
from tests.ci.gitlab import COMPONENT, ROOT, TEMPLATES, Repository, outer_environment
from tests.ci.tools import needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECTION = "ci.md#names-to-put-in"
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", COMPONENT / "README.md"])
FILES = sorted(
    path
    for folder in (TEMPLATES, ROOT / ".github")
    for path in [*folder.rglob("*.yml"), *folder.rglob("*.yaml")]
)
REFERENCE = re.compile(
    r"(?m)^ *(?:- )?(?:uses|repo|component|project|remote|image): (?P<to>[^\s{\"][^\s]*/[^\s]*)"
)
"""What a file of CI fetches from elsewhere."""
ZEROS = "0" * 40
PLACEHOLDERS = {
    "OWNER": rf"(https://github\.com/)?OWNER/pytest-frictionless(/\.github/workflows/[\w-]+\.yml)?(@{ZEROS})?",
    "platform/frictionless": r"\$CI_SERVER_FQDN/platform/frictionless/frictionless(-gpu)?@0\.1\.0",
    "platform/ci-templates": r"platform/ci-templates",
    "https://git.example.com/": r"https://git\.example\.com/\S+",
    "registry.example.com/shop/": r"registry\.example\.com/shop/\S+",
}
"""How each name that has to be replaced is written in a reference."""
THERE = re.compile(
    r"actions/[\w/-]+@[0-9a-f]{40}|\./\S*|\$CI_SERVER_FQDN/\$CI_PROJECT_PATH/\S+@\$CI_COMMIT_SHA"
    r"|nvcr\.io/nvidia/\S+|registry\.gitlab\.com/gitlab-org/cli:\S+"
)
"""What can be fetched as it is written."""


def _shown(path: Path) -> Iterator[str]:
    """The blocks of a page, or the whole of a file."""
    text = path.read_text()
    yield from re.findall(r"(?ms)^```\w*\n(.*?)^```$", text) if path.suffix == ".md" else [text]


def _references(path: Path) -> list[str]:
    return [match["to"] for block in _shown(path) for match in REFERENCE.finditer(block)]


def _placeholders(path: Path) -> set[str]:
    return {
        name
        for name, pattern in PLACEHOLDERS.items()
        for reference in _references(path)
        if re.fullmatch(pattern, reference)
    }


def _told() -> set[str]:
    """First column of the table."""
    text = (ROOT / "docs/how-to/ci.md").read_text()
    (section,) = re.findall(r"(?ms)^## Names to put in\n(.*?)^## ", text)
    return set(re.findall(r"(?m)^\| `([^`]+)` \|", section))


def test_the_table_has_every_name_that_is_in_use_and_no_other() -> None:
    used = {name for path in (*PAGES, *FILES) for name in _placeholders(path)}
    assert used == set(PLACEHOLDERS)
    assert _told() == {*PLACEHOLDERS, ZEROS}


@pytest.mark.parametrize("path", [*PAGES, *FILES], ids=lambda path: path.name)
def test_no_other_name_slips_in(path: Path) -> None:
    patterns = [THERE.pattern, *PLACEHOLDERS.values()]
    assert [
        reference for reference in _references(path)
        if not any(re.fullmatch(pattern, reference) for pattern in patterns)
    ] == []  # fmt: skip


def test_a_name_that_slips_in_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```yaml\n    uses: your-org/pytest-frictionless/x.yml@v1\n```\n")
    with pytest.raises(AssertionError, match="your-org"):
        test_no_other_name_slips_in(page)


@pytest.mark.parametrize("path", [each for each in PAGES if _placeholders(each)], ids=lambda path: path.name)  # fmt: skip
def test_a_page_that_shows_one_leads_to_the_table(path: Path) -> None:
    """The README leads to a page that does; the project of the component is made elsewhere, and tells itself."""
    text = path.read_text()
    if path.name == "README.md":
        assert "how-to/github-actions.md" in text or "put the path of yours" in text
    else:
        assert SECTION in text


@needs("git")
def test_the_commands_write_them_into_the_files(tmp_path: Path) -> None:
    """A release whose tag is an object of its own, and so not the commit."""
    release = Repository(tmp_path / "acme" / "pytest-frictionless")
    release.write("README.md", "a copy")
    commit = release.commit()
    release.git("tag", "--annotate", "--message", "release", "v0.1.0")
    here = tmp_path / "here"
    shutil.copytree(EXAMPLE / ".github", here / ".github")
    page = (ROOT / "docs/how-to/other-ci.md").read_text()
    (hook,) = re.findall(r"(?ms)^```yaml\n(repos:.*?)^```$", page)
    (here / ".pre-commit-config.yaml").write_text(hook)
    (shown,) = re.findall(
        r"(?ms)^```sh\n(COMMIT=.*?)^```$", (ROOT / "docs/how-to/ci.md").read_text()
    )
    settings = {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }  # fmt: skip
    subprocess.run(
        ["sh", "-ec", shown], cwd=here, env=outer_environment() | settings | {"OWNER": "acme"}, check=True
    )  # fmt: skip
    written = [*here.glob(".github/workflows/*.yml"), here / ".pre-commit-config.yaml"]
    ours = [
        reference for path in written for reference in _references(path) if "frictionless" in reference
    ]  # fmt: skip
    assert len(ours) > 5
    for reference in ours:
        assert reference.removeprefix("https://github.com/").startswith("acme/pytest-frictionless")
        assert "github.com" in reference or reference.endswith(f"@{commit}")
