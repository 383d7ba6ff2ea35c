"""Every figure of a page has a help from the glossary: columns of tables, and what a chart shows."""

import re

import pytest

from pipeline.evaluation import contamination, export
from pipeline.training import losses
from tests.ui import made, test_evaluation_page, test_why
from tests.ui.test_pages import html, show
from ui import helps
from ui.helps import FIGURES, headed, plain, terms

NAMES = {
    "system", "distortion", "data", "labels", "protocol", "smoothing", "normalisation", "unanswered", "class", "name",
    "video", "figure", "method", "measure", "from", "taken for", "Method", "Attribute", "What it is like", "sequence",
}  # fmt: skip
"""Columns that name something."""


def heads(text):
    """Return the columns of each table of figures in some HTML, with their helps; a matrix is named by its heading."""
    tables = re.findall(r'<div class="(?:figures|figures low|card why|card attributes)"><table>(.*?)</table>', text,
                        re.DOTALL)  # fmt: skip
    found = [re.findall(r"<th>(.*?)</th>", re.search(r"<tr>(.*?)</tr>", table)[1]) for table in tables]
    return [head for table in found if "frames of" not in table for head in table]


def check(at, charts):
    for head in heads(html(at)):
        assert "data-help=" in head or head in NAMES, head
    drawn, told = 0, ""
    for node in at.main:
        if getattr(node, "type", "") == "markdown" and node.value.startswith("**"):
            told = node.proto.help
        if getattr(node, "type", "") == "plotly_chart":
            drawn += 1
            assert told in PLAIN, f"chart {drawn} of the page has no help"
    assert drawn == charts


PLAIN = {plain(term) for term in terms()}


def test_every_figure_is_explained_by_a_term_that_there_is():
    assert set(FIGURES.values()) <= set(terms())
    for name in (*export.FIGURES, *export.XMAN, *export._further()):
        assert name in FIGURES, name


def test_a_help_is_plain_short_and_read_by_screen_readers():
    shown = headed("Deletion ↓")
    assert 'tabindex="0"' in shown and "are taken away first; lower is better" in shown
    assert headed("<b>") == "&lt;b&gt;"
    assert all(len(said) < 240 and said.endswith(".") for said in PLAIN)


def test_a_glossary_that_is_gone_leaves_the_name(monkeypatch, tmp_path):
    monkeypatch.setattr(helps, "GLOSSARY", tmp_path / "gone.md")
    helps._first_sentences.cache_clear()
    assert headed("AUC") == "AUC"
    helps._first_sentences.cache_clear()


def test_the_run_page():
    at = show("run", run=made.done().id)
    check(at, charts=1)
    assert "data-help=" in html(at).split("Unexplained")[0]


@pytest.mark.parametrize(("part", "charts"), [("Threshold", 2), ("What it learnt", 3), ("Training", 1), ("Drift", 1)])
def test_a_cameras_page(part, charts):
    if part in ("Training", "Drift"):
        losses.write(made.camera().folder, ["a"], [{"x": 1.0}])
        made.done(camera="street")
        check(show("cameras", camera="street", part=part), charts)
    else:
        check(show("cameras", camera="plaza", part=part), charts)


def test_the_page_of_explanations():
    run = made.done()
    test_why.explained(run)
    check(test_why.show(run, at=str(test_why.FRAME)), charts=0)


def test_the_page_of_evaluations(monkeypatch, tmp_path):
    monkeypatch.setattr(contamination, "RESULTS", tmp_path / "none")
    test_evaluation_page.detection(1, "first.csv", threshold=0.5)
    check(test_evaluation_page.show(), charts=4)
    test_evaluation_page.explanation(2)
    check(test_evaluation_page.show(), charts=2)
