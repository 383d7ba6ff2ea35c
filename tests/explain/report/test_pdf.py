"""The report as PDF: it says what the HTML report says, with texts that can be selected and are never interpreted."""

import dataclasses
import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.analysis import AttributeTerm, UnusualThing
from core.disturbance import Disturbance
from core.scored_things import NormalRange
from explain.report._chart import lay_out
from explain.report._facts import explanations, pedigree
from explain.report._sheet import BOTTOM, LEFT, TOP, WIDTH, Sheet, readable, shortened
from explain.report.pdf import Part, gathered, pdf
from tests.explain.report.test_report import NASTY, analysis, explained, kept, standing, thing

WHEN = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext (poppler-utils) is not installed")


def text(data, tmp_path):
    """Return the text of each page, its white space as single blanks."""
    (tmp_path / "report.pdf").write_bytes(data)
    done = subprocess.run(["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    return [" ".join(page.split()).replace(" / ", "/") for page in done.stdout.decode().split("\f")[:-1]]


def many(count):
    causes = [thing("object", "bicycle", 4.0, 0.8, 0.9, (10.0, 10.0, 40.0, 40.0), object="bicycle", action="ride")]
    events = [explained(10 * n + 1, 10 * n + 8, 10 * n + 5, *causes, shown=10 * n + 5) for n in range(count)]
    return analysis(events, frames=10 * count + 10)


@needs_poppler
def test_it_says_what_the_html_report_says(tmp_path):
    one = analysis(warnings=("The clip ends in the middle of a frame.",))
    pages = text(pdf(one, kept, written=WHEN), tmp_path)
    whole = " ".join(pages)
    for event in one.events:
        assert event.summary in whole
    said = ["2 unusual events", "Before you rely on this", *one.warnings, "bicycle", "run/jog", "object; ride"]
    said += [word for term in explanations(one) for word in term] + [value for _, value in pedigree(one)]
    # A checksum takes two lines, which the words beside it part.
    parts = [part for words in said for part in ((words[:48], words[-8:]) if len(words) == 64 else (words,))]
    assert [part for part in parts if part not in whole] == []
    assert "cause is weaker" not in whole and "10 % of the heat lies in no box" in whole


def test_a_score_in_nats_is_explained_as_one():
    told = [dict(explanations(replace(analysis(), unit=unit)))["Score"] for unit in ("nats", "dB")]
    assert "surprisal" in told[0] and "above a typical frame" in told[1]


@needs_poppler
def test_every_page_says_clip_date_and_number_and_none_but_the_last_is_half_empty(tmp_path):
    pages = text(pdf(many(9), kept, written=WHEN), tmp_path)
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert page.endswith(f"gate.mp4 Whycam report of 2026-11-29 at 12:00 UTC {number}/{len(pages)}")
    lines = subprocess.run(["pdftotext", "-bbox", tmp_path / "report.pdf", "-"], capture_output=True, check=True)
    for page in lines.stdout.decode().split("<page ")[1:-1]:
        foot = [float(y) for y in re.findall(r'yMax="([\d.]+)"', page)]
        lowest = max(y for y in foot if y < 283 / 25.4 * 72)
        assert lowest > 0.7 * BOTTOM / 25.4 * 72


@needs_poppler
@pytest.mark.parametrize("name", [NASTY, "{nb} **fett** [x](y).mp4", "Ünï Ω Ж.mp4", "监控 🎥.mp4", "a\x00\u202eb.mp4"])
def test_names_are_only_text(tmp_path, name):
    one = analysis(name=name)
    pages = text(pdf(one, kept, written=WHEN), tmp_path)
    assert " ".join(readable(name).split()) in pages[0]
    assert " ".join(readable(shortened(name)).split()) in pages[-1]


@needs_poppler
def test_what_stands_is_told_by_its_place_and_without_heat(tmp_path):
    one = analysis(events=(standing(), *analysis().events), standing=1.0)
    whole = " ".join(text(pdf(one, kept, written=WHEN), tmp_path))
    said = ["3 unusual events, 2 above the threshold of 0.50 and 1 of what stands or is gone", "2.00 nats",
            "Told by the picture itself", "Box: the place that changed and stayed so.", "bars above: what"]  # fmt: skip
    assert [words for words in said if words not in whole] == []
    assert " nan " not in whole


def test_a_letter_that_the_font_lacks_is_written_as_its_number():
    assert readable("Straße 监.mp4") == "Straße [U+76D1].mp4"
    for script in ("שלום", "مرحبا", "Привет", "Ελλάδα", "Հայ", "ქართ", "Việt"):
        assert readable(script) == script
    assert len(shortened("x" * 500)) <= 41


def test_the_same_report_gives_the_same_bytes_and_the_date_is_that_given():
    first = pdf(analysis(), kept, written=WHEN)
    assert first == pdf(analysis(), kept, written=WHEN)
    assert b"D:20261129120000" in first and first != pdf(analysis(), kept, written=WHEN.replace(hour=13))


def test_pictures_keep_their_resolution_and_the_chart_is_drawn_in_vectors():
    data = pdf(analysis(), kept, written=WHEN)
    sizes = re.findall(rb"/Height (\d+)[^>]*?/Width (\d+)|/Width (\d+)[^>]*?/Height (\d+)", data, re.DOTALL)
    found = {(int(w or b), int(h or a)) for a, b, w, h in sizes}
    assert (160, 90) in found
    assert all(size in {(160, 90), (256, 4)} or size[0] < 160 for size in found), "the chart is no picture"
    assert lay_out(analysis()) is not None


def test_all_that_a_report_may_hold_has_its_place(tmp_path):
    normal = NormalRange(tuple(0.1 * i for i in range(21)), 32059, 90)
    terms = (AttributeTerm("speed", 9.0, 3.0, normal, "person"), AttributeTerm("class", 2.0))
    strange = UnusualThing(1, "person", 45, (0, 0, 9, 9), 40, 60, 0.9, terms)
    causes = [thing("location", "person in an unusual place", 3.0, 0.2, 0.0, None)] * 6
    busy = dataclasses.replace(explained(40, 60, 47, *causes), things=(strange,) * 30)
    fault = Disturbance("moved", 90, 120, 3.6, 4.8, "The camera was moved.")
    one = analysis([busy, explained(100, 140, 120)], disturbances=(fault,))
    assert pdf(one, kept).startswith(b"%PDF-")
    assert pdf(analysis([]), kept).startswith(b"%PDF-")
    assert pdf(analysis([], scores=np.full(9, np.nan, np.float32)), kept).startswith(b"%PDF-")


def test_a_block_that_does_not_fit_begins_a_page():
    class Tall:
        drawn = []

        def height(self, sheet, width):
            return 150.0

        def draw(self, sheet, x, y, width):
            self.drawn.append((sheet.page, x, y, width))

    with closing(Sheet("a.mp4", "a", "b", WHEN)) as sheet:
        sheet.flow([Tall(), Tall()])
    assert Tall.drawn == [(1, LEFT, TOP, WIDTH), (2, LEFT, TOP, WIDTH)]


@needs_poppler
def test_several_clips_are_one_report_that_begins_with_their_events(tmp_path):
    first, second = many(2), many(3)
    reviewed = replace(second.events[0], review="Reviewed: verdict true by Ann, 2026-11-30 09:00 UTC.")
    second = replace(second, clip=replace(second.clip, name="yard.mp4"), events=(reviewed, *second.events[1:]))
    parts = [Part(first, kept), Part(second, kept)]
    pages = text(gathered("North gate", "For the court", parts, written=WHEN), tmp_path)
    whole = " ".join(pages)
    assert pages[0].startswith("Whycam report North gate For the court 5 events in 2 clips.")
    assert whole.count("not reviewed") == 4 and "verdict true by Ann" in pages[0]
    assert whole.count("How to read this report") == 1 and "Provenance: yard.mp4" in whole
    assert all(page.endswith(f"at 12:00 UTC {number}/{len(pages)}") for number, page in enumerate(pages, 1))
    assert any("gate.mp4, yard.mp4 Whycam report of" in page for page in pages)
    assert len(pages) <= sum(len(text(pdf(one, kept, written=WHEN), tmp_path)) for one in (first, second))
