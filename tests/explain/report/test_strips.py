"""Attributes in the report: words, strips, numbers, and nothing of all that where none was unusual."""

import csv
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis import AttributeTerm, UnusualThing
from core.scored_things import NormalRange
from explain.report.strips import BARS, MARGIN, WIDTH, as_picture, attribute_rows, strip
from tests.explain.report.test_report import NASTY, analysis, explained, thing, written

RANGE = NormalRange(tuple(np.linspace(0.0, 2.0, 21).tolist()), 32059, 12)
SVG = "{http://www.w3.org/2000/svg}"


def unusual(label="person", names=("speed", "width"), track=3, nats=(20.0, 5.0), **more):
    terms = [AttributeTerm(name, size, 5.2, RANGE, label) for name, size in zip(names, nats, strict=True)]
    terms.append(AttributeTerm("class", 1.0))
    return UnusualThing(track, label, 44, (10.0, 10.0, 40.0, 40.0), 40, 60, 0.9, tuple(terms), **more)


def event(*things, cause="bicycle"):
    best = thing("object", cause, 4.0, 0.8, 0.9, (10.0, 10.0, 40.0, 40.0), nats_share=0.75)
    return replace(explained(40, 60, 47, best), things=things)


def test_the_report_lists_attributes_in_words_with_strips(tmp_path):
    page, content, _ = written(tmp_path / "out", analysis([event(unusual(glides=True), unusual("car", track=4))]))
    text = " ".join(" ".join(page.text).split())
    assert "Unusual attributes, strangest thing first" in text
    assert "faster than all of 32,059 boxes) with legs still: riding" in text
    assert "is wider for its height than cars usually are here" in text
    assert "Its attributes" in text and "75 %" in text and "add up to the thing's score" in text
    assert page.tags.count("path") == 5  # one mark a strip, and the chart's line
    first = content["events"][0]["things"][0]
    assert first["nats"] == pytest.approx(26.0) and first["glides"] and first["at_s"] == pytest.approx(1.76)
    assert [term["name"] for term in first["terms"]] == ["speed", "width", "class"]
    assert first["terms"][0]["normal"]["of"] == "person" and first["terms"][2]["normal"] is None
    assert first["terms"][2]["value"] is None
    assert content["events"][0]["causes"][0]["nats_share"] == 0.75


def test_no_csv_of_attributes_is_left_of_a_report_that_had_some(tmp_path):
    written(tmp_path / "out", analysis([event(unusual())]))
    written(tmp_path / "out", analysis([event()]))
    assert not (tmp_path / "out" / "attributes.csv").exists()


def test_the_csv_has_a_line_for_each_attribute(tmp_path):
    nasty = 'a, "b"\n=1'
    written(tmp_path / "out", analysis([event(unusual(nasty), unusual("car", track=4))]))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "attributes.csv").read_text(encoding="utf-8"))))
    assert [row["attribute"] for row in rows] == ["speed", "width", "class"] * 2
    assert [row["thing"] for row in rows] == [nasty] * 3 + ["car"] * 3
    first = rows[0]
    assert (first["event"], first["frame"], first["seconds"]) == ("1", "44", "1.760000")
    assert (first["nats"], first["value"], first["usual"]) == ("20", "5.2", "1")
    assert (rows[2]["value"], rows[2]["usual"]) == ("", "") and "hardly ever" in rows[5]["words"]


def test_a_report_without_attributes_says_nothing_of_them(tmp_path):
    page, content, _ = written(tmp_path / "out", analysis())
    assert "attributes" not in " ".join(page.text).lower()
    assert "things" not in content["events"][0] and "nats_share" not in content["events"][0]["causes"][0]


@pytest.mark.parametrize("nasty", [NASTY, "'\"><img src=x onerror=alert(1)>&{{ 7 * 7 }}\x00"])
def test_hostile_names_stay_text(nasty, tmp_path):
    of = event(unusual(nasty, ("speed", nasty)), cause=nasty)
    page, _, _ = written(tmp_path / "out", analysis([of]))
    plain, _, _ = written(tmp_path / "plain", analysis([event(unusual(), cause="bicycle")]))
    assert sorted(page.tags) == sorted(plain.tags)
    assert "49" not in re.sub(r"[\d,. ]*49[\d,. ]+", "", "".join(page.text).split("Unusual attributes")[1][:900])
    for row in attribute_rows(of.things[0]):
        if row.strip:
            ElementTree.fromstring(row.strip)


def test_only_things_worth_a_row_are_shown(tmp_path):
    weak = unusual("dog", ("speed",), 9, (0.1,))
    page, content, _ = written(tmp_path / "out", analysis([event(unusual(), replace(weak, terms=weak.terms[:1]))]))
    text = " ".join(page.text)
    assert "1 less unusual thing in report.json" in text and "dog" not in text
    assert len(content["events"][0]["things"]) == 2


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60),
    st.floats(-1e7, 1e7) | st.just(float("nan")),
)
@settings(max_examples=150, deadline=None)
def test_a_strip_is_within_its_frame_and_has_all_normal_values(values, value):
    levels = tuple(np.quantile(values, np.linspace(0, 1, 21)).tolist())
    drawn = strip(AttributeTerm("speed", 4.0, value, NormalRange(levels, len(values), 1)), "words")
    if not drawn:
        assert np.isnan(value) or value == levels[0] == levels[-1]
        return
    picture = ElementTree.fromstring(drawn)
    bars = [(float(bar.get("x")), float(bar.get("height"))) for bar in picture.iter(f"{SVG}rect")]
    assert 1 <= len(bars) <= BARS
    assert all(MARGIN - 0.1 <= x <= WIDTH - MARGIN and 0 < tall <= 20.1 for x, tall in bars)
    mark = float(re.match(r"M(-?[\d.]+) ", picture.find(f"{SVG}path").get("d")).group(1)) + 4
    assert MARGIN - 0.1 <= mark <= WIDTH - MARGIN + 0.1
    assert as_picture(drawn).startswith("data:image/svg+xml;base64,")


def test_bars_are_highest_where_values_are_densest():
    levels = tuple([0.0, *np.linspace(1.0, 1.2, 19), 4.0])
    drawn = ElementTree.fromstring(strip(AttributeTerm("speed", 4.0, 4.0, NormalRange(levels, 9, 1)), ""))
    bars = [(float(bar.get("x")), float(bar.get("height"))) for bar in drawn.iter(f"{SVG}rect")]
    top = max(bars, key=lambda bar: bar[1])[0]
    assert 0.2 < (top - MARGIN) / (WIDTH - 2 * MARGIN) < 0.35
