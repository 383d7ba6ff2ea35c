"""The page of a run at work shows its score so far and the events that have ended, and calls them provisional."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from core import files
from pipeline import first_results
from pipeline.first_results import ThingEvent
from tests.pipeline.first import at_work
from tests.ui import made
from tests.ui.test_pages import fine, html, show


@pytest.fixture
def run():
    return made.running("street.mp4")


def cards(at):
    return [body for body in (element.proto.body for element in at.get("html")) if 'class="event first"' in body]


def test_before_anything_is_known_there_is_progress_alone(run):
    at = show("run", run=run.id)
    assert not at.get("plotly_chart") and not cards(at)


def test_a_run_at_work_shows_its_curve_and_its_events_with_a_picture_and_a_first_cause(run):
    first_results.begin(run.folder, at_work(run.folder, "street.mp4"))
    at = show("run", run=run.id)
    assert "Provisional: scored up to 0:12.0 of 0:20.0." in html(at)
    assert len(at.get("plotly_chart")) == 1
    (card,) = cards(at)
    assert "bicycle" in card and "data:image/jpeg" in card and "peak <b>9." in card


def test_what_things_say_is_shown_before_a_frame_is_scored(run):
    facts = at_work(made.draft().folder, "street.mp4")
    first_results.begin(run.folder, facts)
    place = run.folder / first_results.FOLDER
    told = ThingEvent(120, 180, 150, 4.8, 7.24, 9.5, "truck", "a truck: <b>", 150, (0.1, 0.2, 0.5, 0.6))
    files.write_json(place / first_results.EVENTS, [dataclasses.asdict(told)])
    np.savez(place / first_results.CURVE, seconds=np.arange(250) / made.FPS, nats=np.ones(250))
    Image.fromarray(made.evidence(150, 9.5, "truck").image).save(told.picture(run.folder))
    at = show("run", run=run.id)
    assert "Provisional: things observed up to 0:10.0 of 0:20.0." in html(at)
    (card,) = cards(at)
    assert "by things alone: a truck: &lt;b&gt;" in card and "data:image/jpeg" in card


def test_what_is_damaged_while_it_is_written_is_left_out_until_the_next_look(run):
    first_results.begin(run.folder, at_work(run.folder, "street.mp4"))
    (run.folder / first_results.FOLDER / first_results.FACTS).write_text("{")
    at = show("run", run=run.id)
    assert not cards(at) and "at work" in html(fine(at))
