"""When an area of a camera's picture changed: typed corners, heat and things that were there, and the way to them."""

import json

import pytest

from tests.pipeline.test_when_changed import kept_heat
from tests.ui import made
from tests.ui.test_camera_view import captions, view
from tests.ui.test_pages import fine, html

PART, BOX = "When did this change?", "25,25 75,25 75,75 25,75"


@pytest.fixture
def run():
    made.camera()
    run = made.done("monday.mp4", camera="street")
    kept_heat(run.folder, {frame: (27, 48) for frame in range(120, 181)})
    return run


def links(at):
    return [link.proto for link in at.get("page_link") if link.proto.label.startswith("Open frame")]


def test_a_camera_without_runs_says_what_to_do():
    made.camera()
    at = view("street", PART)
    assert "there is nothing to search" in " ".join(m.value for m in at.markdown) and at.text_input.len == 0


def test_typed_corners_find_when_heat_was_there_with_its_picture_and_the_way(run):
    at = view("street", PART)
    assert "Draw an area of three corners or more" in captions(at)
    at.text_input[0].set_value(BOX)
    fine(at.run())
    (link,) = links(at)
    assert link.label == "Open frame 120" and f"run={run.id}" in link.query_string and "at=120" in link.query_string
    assert "<b>heat</b> 0:04.8 – 0:07.2" in html(at) and "monday.mp4 · up to 246 × normal heat" in html(at)
    assert "data:image/jpeg;base64," in html(at)
    at.select_slider[0].set_value(100.0)
    fine(at.run())
    assert at.selectbox[0].options == ["anything", "heat"] and len(links(at)) == 1
    at.text_input[0].set_value("1,1 4,1 4,4")
    fine(at.run())
    assert links(at) == [] and "No time in 1 clip" in " ".join(m.value for m in at.markdown)


def test_what_is_no_area_is_said(run):
    at = view("street", PART)
    at.text_input[0].set_value("10,20 <b>")
    fine(at.run())
    assert "An area needs 3 to 60 corners" in html(at) and "<b>&gt;" not in html(at)


def test_the_editor_is_given_the_picture_and_the_corners(run):
    at = view("street", PART)
    at.text_input[0].set_value(BOX)
    fine(at.run())
    data = json.loads(at.get("bidi_component")[0].proto.json)
    assert data["picture"].startswith("data:image/jpeg;base64,") and len(data["points"]) == 4
    assert data["points"][0] == [0.25, 0.25]
