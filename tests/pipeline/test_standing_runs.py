"""What stands in a clip raises an event of its own, from the camera's file to the report and an evaluation."""

import csv
import dataclasses
import json

import numpy as np
import pytest

from core import device, video
from core.analysis import MOVING, STANDING
from core.clock import Clock
from core.equivalence import Channel, Equivalence
from core.errors import InputError
from core.normality import AlarmCurve, StandingAlarms
from core.records import Detections
from detectors.standing import Standing, StandingModel
from pipeline import analyse as stage
from pipeline import camera as cameras
from pipeline import channels, finished_run, run_view
from pipeline.evaluation import evaluate
from pipeline.job import _top_cause
from pipeline.kind_scores import KindScorer, scored_by
from tests.pipeline.clips import Clip
from tests.pipeline.training.test_calibrate_standing import street
from tests.pipeline.training.test_fit_camera import Acts

RUNTIME = device.choose("cpu", "float32")
FPS, COMES, GOES = 10, 8, 26
ALARMS = AlarmCurve(1.0, (0.7, 1.0, 3.0), (10.0, 1.0, 0.1))


class Nobody:
    """An object model that sees nothing, or a person who stands where something stands."""

    name, labels, person = "foreseeable", ("person",), False

    def detect(self, images, first=0):
        box = np.array([[56, 82, 84, 118]] if self.person else np.zeros((0, 4)), np.float32)
        sure, labels = np.full(len(box), 0.9, np.float32), ("person",) * len(box)
        return [Detections(first + i, box, labels, sure, "COCO") for i in range(len(images))]


@pytest.fixture(autouse=True)
def models(monkeypatch):
    monkeypatch.setattr("explain.objects.choose", lambda *_, **__: Nobody())
    monkeypatch.setattr("explain.actions.choose", lambda *_, **__: Acts())


def pictures(stands=(COMES, GOES)):
    return np.repeat(np.repeat(street(32, stands), 2, 1), 2, 2)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = tmp_path_factory.mktemp("clips") / "clip.mp4"
    video.encode(made, pictures(), float(FPS))
    return made


@pytest.fixture
def camera(tiny_camera, tmp_path):
    """A camera whose pixels never raise an event, and at which nothing stands usually."""
    video.encode(tmp_path / "normal.mp4", pictures(None), float(FPS))
    standing = Standing(keep=True)
    for chunk in video.read(tmp_path / "normal.mp4"):
        standing.add(chunk)
    sha256 = StandingModel.fit([standing.passed()]).save(tiny_camera.folder / channels.FILES[channels.STANDING])
    known = StandingAlarms(ALARMS, 1.0, sha256)
    cameras.save(dataclasses.replace(tiny_camera, threshold=60.0, floor=20.0, fps=10.0, standing=known))
    return cameras.load("tiny")


def test_a_thing_left_is_an_event_with_its_place_picture_and_sentence(camera, path, tmp_path):
    analysis = stage.analyse(path, camera, tmp_path / "run", runtime=RUNTIME)
    (one,) = analysis.events
    assert one.kind == STANDING and analysis.of_kind(MOVING) == ()
    assert abs(one.event.first / FPS - COMES) < 2 and abs(one.event.last / FPS - GOES) < 2
    assert np.allclose(one.spot.box, (60, 84, 80, 116), atol=9)
    assert one.causes[0].fine == "something left" and _top_cause(analysis) == "something left"
    assert "something was left and stands" in one.summary and "nothing stood there in the normal footage" in one.summary
    assert one.event.first <= one.shown <= one.event.last
    assert run_view.evidence_of(tmp_path / "run", one.shown).frame == one.shown
    assert np.nanmax(analysis.scores) < camera.threshold
    assert run_view.cut(analysis, 50.0).events == analysis.events


def test_the_files_of_a_run_tell_the_kind_of_its_event(camera, path, tmp_path):
    folder = tmp_path / "run"
    one = stage.analyse(path, camera, folder, runtime=RUNTIME).events[0]
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    (event,) = told["events"]
    assert (event["kind"], told["threshold_standing"], event["unexplained_share"]) == ("standing", 1.0, None)
    assert event["spot"]["known_frame"] == one.spot.known(1.0) > event["first_frame"]
    assert (event["causes"][0]["coarse"], event["causes"][0]["fine"]) == ("standing", "something left")
    rows = list(csv.DictReader((folder / "scores.csv").read_text(encoding="utf-8").splitlines()))
    marked = [int(row["frame"]) for row in rows if row["standing"] == "1"]
    assert marked == list(range(event["first_frame"], event["last_frame"] + 1))
    assert not any(row["event"] for row in rows)
    assert (folder / "causes.csv").read_text(encoding="utf-8").count("\n") == 1
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "1 of what stands or is gone" in page and 'class="event standing"' in page and "something left" in page


def test_a_person_who_stands_is_no_thing_left(camera, path, tmp_path, monkeypatch):
    monkeypatch.setattr(Nobody, "person", True)
    (one,) = stage.analyse(path, camera, tmp_path / "run", runtime=RUNTIME).events
    assert one.causes[0].fine == "person stands" and "a person stands" in one.summary and "left and" not in one.summary


def test_a_clip_in_which_nothing_stands_and_a_higher_threshold_have_no_event(camera, path, tmp_path):
    video.encode(tmp_path / "calm.mp4", pictures(None), float(FPS))
    assert stage.analyse(tmp_path / "calm.mp4", camera, tmp_path / "calm", runtime=RUNTIME).events == ()
    strict = dataclasses.replace(camera, standing=dataclasses.replace(camera.standing, threshold=6.0))
    assert stage.analyse(path, strict, tmp_path / "strict", runtime=RUNTIME).events == ()


def test_a_run_that_stopped_goes_on_without_watching_again(camera, path, tmp_path, monkeypatch):
    stage.analyse(path, camera, tmp_path / "run", runtime=RUNTIME)
    monkeypatch.setattr("pipeline.thing_scores.look", lambda *_: pytest.fail("watched again"))
    assert len(stage.analyse(path, camera, tmp_path / "run", runtime=RUNTIME).events) == 1


def test_a_camera_that_joined_what_stands_says_that_it_is_left_out(camera, path, tmp_path):
    joined = {channels.STANDING: Channel(Equivalence((0.1, 1.0), (50.0, 90.0)), ALARMS, "0" * 64)}
    old = dataclasses.replace(camera, standing=None, channels=joined)
    analysis = stage.analyse(path, old, tmp_path / "run", runtime=RUNTIME)
    assert analysis.events == () and analysis.standing is None
    assert any("What stands was left out" in one and "train --measure" in one for one in analysis.warnings)
    assert finished_run.read(tmp_path / "run").facts.channels == {}
    with pytest.raises(InputError, match="train --measure learns it anew"):
        KindScorer.of(old, RUNTIME).score(np.zeros(320, np.float32), Clip("one", pictures()), Clock.steady(FPS, 320))


def test_an_evaluation_flags_frames_from_when_it_could_be_known_and_leaves_the_scores(camera):
    clip = Clip("one", pictures())
    raw, clock = evaluate.raw_scores(camera.build(RUNTIME), clip, 320, RUNTIME)
    both, pixels = (
        KindScorer.of(scored_by(camera, by), RUNTIME).score(raw, clip, clock)
        for by in (channels.JOINED, channels.PIXELS)
    )
    assert np.array_equal(both.scores, pixels.scores, equal_nan=True) and not pixels.flagged.any()
    frames = np.flatnonzero(both.flagged)
    assert COMES * FPS + 20 < frames[0] < 180 and abs(frames[-1] / FPS - GOES) < 2
    alone = KindScorer.of(scored_by(camera, channels.STANDING), RUNTIME).score(raw, clip, clock)
    assert np.array_equal(alone.flagged, both.flagged) and alone.scores.max() > 1.0
