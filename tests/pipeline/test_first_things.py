"""Events by things alone, told while a clip's things are observed: a camera whose pixels never raise an event."""

import numpy as np
import pytest

from core import device, video
from pipeline import first_results, first_things, plan, scoring
from pipeline.analyse import analyse
from pipeline.finished_run import things_of
from tests.pipeline import test_thing_scores
from tests.pipeline.watched import Watched

RUNTIME = device.choose("cpu", "float32")
models, camera = test_thing_scores.models, test_thing_scores.camera


@pytest.fixture
def clip(tmp_path):
    """A truck in the middle, and more than the gap between two events behind it."""
    video.encode(tmp_path / "clip.mp4", test_thing_scores.pictures(range(15, 40)), 25.0)
    return tmp_path / "clip.mp4"


@pytest.fixture(autouse=True)
def _told_at_once(monkeypatch):
    monkeypatch.setattr(first_things, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(first_things, "COST", 1e9)
    monkeypatch.setattr(scoring, "AHEAD_SECONDS", 0.0)


def test_an_event_is_told_with_its_picture_while_things_are_observed(camera, clip, tmp_path):
    watched = Watched(tmp_path / "run")
    pictures = set()

    def look(progress):
        watched(progress)
        if watched.seen:
            pictures.update(one.picture(watched.folder).read_bytes()[:2] for one in watched.seen[-1][1].ahead)

    result = analyse(clip, camera, watched.folder, runtime=RUNTIME, progress=look)
    during = [found for found in watched.of(plan.OBSERVING) if found.ahead]
    assert during, "before a frame was scored"
    told, (event,) = during[-1].ahead[0], result.events
    assert during[0].run is None and during[0].facts.unit == "nats"
    assert told.name == "truck" and "truck" in told.told and pictures == {b"\xff\xd8"}
    assert told.peak == event.event.peak and abs(told.last - event.event.last) <= 3
    assert 0 <= told.box[0] < told.box[2] <= 1 and 0 <= told.box[1] < told.box[3] <= 1


def test_scores_and_events_so_far_are_those_of_the_end(camera, clip, tmp_path):
    watched = Watched(tmp_path / "run")
    explained = []

    def look(progress):
        watched(progress)
        for event in watched.seen[-1][1].events if watched.seen else ():
            things = things_of(watched.folder)
            explained.append(first_results.explained(watched.seen[-1][1], watched.folder, event, things))

    result = analyse(clip, camera, watched.folder, runtime=RUNTIME, progress=look)
    scored = [found for found in watched.of(plan.SCORING) if found.run]
    assert scored and [len(found.clock) for found in scored] == sorted(len(found.clock) for found in scored)
    for found in scored:
        np.testing.assert_array_equal(found.scores, result.scores[: len(found.scores)])
    assert explained[-1].causes[0].fine == result.events[0].causes[0].fine
    assert not (watched.folder / first_results.FOLDER).exists() and first_results.read(watched.folder) is None


def test_what_is_told_before_changes_nothing(camera, clip, tmp_path, monkeypatch):
    told = analyse(clip, camera, tmp_path / "told", runtime=RUNTIME)
    monkeypatch.setattr(first_things.FirstThings, "update", lambda *_, **__: None)
    untold = analyse(clip, camera, tmp_path / "untold", runtime=RUNTIME)
    np.testing.assert_array_equal(told.scores, untold.scores)
    assert told.events == untold.events
    names = [sorted(p.name for p in (tmp_path / place / "evidence").iterdir()) for place in ("told", "untold")]
    assert names[0] == names[1]
