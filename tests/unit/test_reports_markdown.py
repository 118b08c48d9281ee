"""Summary and comment: what they tell, how much, and that no text of a model acts in them."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from tests.reported import HOSTILE, NO_DET, ODD, RUN, WHOLE, hostile, item, many, results

from pytest_frictionless.finding import Finding, Severity
from pytest_frictionless.reports import comment, markdown, summary
from pytest_frictionless.reports.marked import Section, code, document, fenced
from pytest_frictionless.reports.printable import one_line
from pytest_frictionless.reports.results import Checkpoint, Results

if TYPE_CHECKING:
    from pytest_frictionless.reports.format import Format


class Page(HTMLParser):
    """HTML as GitHub's own parser makes it of Markdown: tags, attributes, and what each cell holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.rows: list[list[str]] = []
        self.code: list[str] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(attrs)
        if tag != "wbr":
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "code":
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data
        if "code" in self._open:
            self.code[-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


OURS = {
    "h2", "h3", "h4", "p", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul", "li", "wbr",
}  # fmt: skip


def test_it_tells_each_failure_with_where_cause_and_next_step() -> None:
    text = markdown.render(WHOLE)
    assert text.startswith(
        "## ❌ pytest --frictionless: 2 of 5 checkpoints failed\n\n"
        "13 items: 1 error, 1 failed, 1 xfailed, 8 passed, 2 skipped\n"
    )
    blocks = Page(text).code
    shown = next(block for block in blocks if block.startswith("FR501"))
    assert shown.startswith(
        "FR501 Det is rejected by TensorRT-RTX 1.7.1\n"
        "  where:  /head/Det (Det) in head at src/nets.py:12\n"
        "              return x.det()\n"
        "  cause:  no layer for it\n"
        "    by  TensorRT-RTX\n"
        "  next:   Take the product of the eigenvalues.\n"
    )
    assert blocks.index("models/lost.onnx::load") < blocks.index("models/det.onnx::operators")


def test_the_table_has_the_worst_first_and_a_cell_for_each_check() -> None:
    rows = Page(markdown.render(WHOLE)).rows
    assert rows[:6] == [
        ["checkpoint", "load", "opset", "build", "latency", "memory", "cliffs", "operators"],
        ["models/lost.onnx", "💥 error", "", "", "", "", "", ""],
        ["models/det.onnx", "✅", "", "–", "", "", "", "❌ fail"],
        ["models/a.onnx", "✅", "⚠️ warn", "✅", "✅", "✅", "✅", ""],
        ["models/known.onnx", "", "", "", "", "", "", "xfail"],
        ["models/plugin.onnx", "", "", "", "", "", "", "✅"],
    ]


def test_numbers_of_training_and_of_deployment_and_the_versions_are_there() -> None:
    rows = Page(markdown.render(WHOLE)).rows
    assert ["checkpoint", "parameters", "opset", "plan", "build"] in rows
    assert ["models/a.onnx", "1,234,567", "18", "3 MiB", "500 ms"] in rows
    assert [
        "models/a.onnx::latency-online-opt", "1.25 ms", "1.5 ms", "2 ms", "800", "UNCHANGED", "batch 4",
        "TensorRT-RTX 1.6.1", "NVIDIA H200",
    ] in rows  # fmt: skip
    assert [
        "models/a.onnx::memory-online", "812.5 MiB", "900 MiB", "TensorRT-RTX 1.6.1", "",
    ] in rows  # fmt: skip
    assert ["models/a.onnx::cliffs-online", "batch 32", "batch 33", "+40 %"] in rows
    assert ["torch", "2.13.0"] in rows
    assert ["engine", "TensorRT-RTX 1.7.1, TensorRT-RTX 1.6.1"] in rows


def test_warnings_and_what_was_not_asked_are_told() -> None:
    text = markdown.render(WHOLE)
    assert "<summary>Warnings (1)</summary>" in text
    told = Page(text).code
    assert "warning: models/a.onnx::opset: FR303 no opset is pinned" in told
    assert "not asked: run: no GPU here" in told


@pytest.mark.parametrize(
    ("severity", "strict", "title"),
    [
        (Severity.ERROR, False, "### What failed"),
        (Severity.WARNING, True, "### What failed"),
        (Severity.WARNING, False, "<summary>Warnings (1)</summary>"),
        (Severity.SKIP, False, "<summary>Not asked (1)</summary>"),
    ],
)
def test_what_the_run_says_of_itself_stands_where_it_counts(
    severity: Severity, strict: bool, title: str
) -> None:
    said = Finding(code="FR080", message="several components changed", severity=severity)
    run = replace(RUN, exit=0, strict=strict, findings=(said,))
    text = markdown.render(results(item("a", "load"), run=run))
    titles = ("### What failed", "Warnings (1)", "Not asked (1)")
    assert [each for each in titles if each in text] == [each for each in titles if each in title]
    assert "FR080 several components changed" in text


@pytest.mark.parametrize(
    ("record", "heading"),
    [
        (results(item("a", "load"), run=replace(RUN, exit=0)), "## ✅ pytest --frictionless: 1 checkpoints, none failed"),
        (results(item("a", "load")), "## ❌ pytest --frictionless: the run failed"),
        (results(item("a", "load"), run=replace(RUN, exit=2, complete=False)), "## ❌ pytest --frictionless: the run failed"),
        (results(item("a", "load", "skipped"), run=replace(RUN, exit=0)), "## ❌ pytest --frictionless: the run failed"),
        (results(run=replace(RUN, exit=0)), "## ✅ pytest --frictionless: 0 checkpoints, none failed"),
    ],
)  # fmt: skip
def test_the_heading_is_the_verdict(record: Results, heading: str) -> None:
    text = markdown.render(record)
    assert text.splitlines()[0] == heading
    assert ("### What failed" in text) == ("❌" in heading)


def test_a_green_record_says_how_much_was_left_out() -> None:
    found = [Checkpoint(path=f"models/{stem}.onnx", items=("load", "opset")) for stem in "ab"]
    record = Results.of([replace(RUN, exit=0)], found, [item("a", "load")])
    assert "1 items: 1 passed, 3 more were not asked; 1 checkpoints were asked" in markdown.render(
        record
    )
    assert summary.render(record).endswith("2 checkpoints: 1 passed, 3 not asked\n")


def test_a_failure_without_a_finding_is_told() -> None:
    text = markdown.render(results(item("a", "load", "failed")))
    assert "FR010 load failed, and no finding says why" in text


@pytest.mark.parametrize("form", [markdown.FORMAT, comment.FORMAT], ids=lambda form: form.name)
def test_nothing_of_a_hostile_text_becomes_markup(form: Format) -> None:
    text = form.render(hostile())
    page = Page(text)
    assert page.tags <= OURS
    assert page.attributes <= {("lang", "text")}
    assert page.comments == ([] if form is markdown.FORMAT else [" pytest-frictionless: . "])
    assert all(c.isprintable() or c == "\n" for c in text)
    for row in page.rows:
        assert len(row) in {len(each) for each in page.rows if each[0] in ("checkpoint", "item", "component")}  # fmt: skip
    names = [f"models/{one_line(text)}.onnx" for text in HOSTILE if len(text) < 100]
    cells = {row[0] for row in page.rows}
    assert [name for name in names if name not in cells] == []


def test_a_block_is_ended_by_no_backticks_and_a_name_by_no_pipe() -> None:
    assert Page(fenced("a\n````\n# b")).code == ["a\n````\n# b\n"]
    assert Page(f"{code('`a` | <b> &amp; _c_')}\n").code == ["`a` | <b> &amp; _c_"]
    assert code("x" * 200) == f"<code>…{'x' * 159}</code>"


class TestRoom:
    """GitHub takes 1 MiB of a summary, and 65,536 characters of a comment."""

    def test_what_does_not_fit_is_counted(self) -> None:
        blocks = [f"{number}\n" for number in range(1000)]
        text = document("# x\n", [Section(title="a", blocks=blocks)], room=200)
        kept = re.findall(r"^(\d+)$", text, re.MULTILINE)
        assert len(text.encode()) <= 200
        assert 0 < len(kept) < 100
        assert f"{1000 - len(kept)} more" in text
        assert "more" not in document("", [Section(title="a", blocks=blocks)], room=9000)

    def test_what_one_section_leaves_the_next_may_take(self) -> None:
        wide = Section(title="b", blocks=["y" * 50 + "\n"] * 10)
        text = document("", [Section(title="a", blocks=["x\n"]), wide], room=620)
        assert text.count("y" * 50) == 10

    @pytest.mark.parametrize(
        ("form", "room"),
        [(markdown.FORMAT, 2**20), (comment.FORMAT, 60 * 1024)],
        ids=["summary", "comment"],
    )
    def test_thousands_of_failures_fit(self, form: Format, room: int) -> None:
        text = form.render(many(2100)[0])
        assert room * 0.7 < len(text.encode()) <= room
        failed = len(re.findall("^#### ", text, re.MULTILINE))
        assert f"\n{700 * 13 - failed:,} more\n" in text
        Page(text)  # every element that is opened is closed

    def test_a_text_without_end_is_cut(self) -> None:
        endless = replace(NO_DET, message="m" * 10**6)
        text = markdown.render(results(item("a", "load", "failed", findings=(endless,) * 3)))
        assert len(text) < 20_000


class TestComment:
    """One comment for a pull request."""

    def test_its_first_line_tells_which_comment_it_replaces(self) -> None:
        first = comment.render(WHOLE).splitlines()[0]
        assert first == "<!-- pytest-frictionless: . -->"
        assert comment.marker("services/shop") == "<!-- pytest-frictionless: services/shop -->"
        assert Page(comment.marker("a --> <b>")).tags == set()

    def test_it_leaves_out_what_has_no_flaw(self) -> None:
        cells = [row[0] for row in Page(comment.render(WHOLE)).rows]
        assert "models/det.onnx" in cells
        assert "models/plugin.onnx" not in cells
        green = results(item("a", "load"), run=replace(RUN, exit=0))
        assert "### Checkpoints" not in comment.render(green)
        assert "### Checkpoints" in markdown.render(green)


def test_a_summary_without_results_says_what_is_wrong() -> None:
    text = markdown.of_findings([Finding(code="FR016", message="no results.json is below x")])
    assert "no verdict" in text.splitlines()[0]
    assert "FR016 no results.json is below x\n  next:   Look at the jobs" in text
    assert "no checkpoint was to be tested" in markdown.of_findings([])


def test_a_warning_fails_where_the_run_was_strict() -> None:
    strict = replace(RUN, strict=True, findings=(ODD,), exit=0)
    assert "### What failed" in markdown.render(results(item("a", "load"), run=strict))
