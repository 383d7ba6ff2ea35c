"""Things of a clip: their scores join those of its pixels, raise events, and are kept in the run."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from core import device, video
from core.clock import Clock
from core.equivalence import Channel, Equivalence
from core.errors import Cancelled, InputError, WeightsError
from core.normality import AlarmCurve
from core.records import Detections
from core.scored_things import ScoredThings
from detectors.attributes import AttributeModel
from explain.backends import read_card
from explain.objects import compact
from pipeline import analyse as stage
from pipeline import camera as cameras
from pipeline import channels, finished_run
from pipeline.evaluation import evaluate
from pipeline.kind_scores import KindScorer, scored_by
from pipeline.thing_scores import CHUNK_FRAMES, observing_model
from tests.detectors.test_attributes import walkers
from tests.pipeline.clips import Clip
from tests.pipeline.training.test_fit_camera import Acts

RUNTIME = device.choose("cpu", "float32")
FRAMES, SIZE = 100, (180, 320)
LAMP = slice(10, 22), slice(10, 22)
ALARMS = AlarmCurve(1.0, (1.0, 20.0), (10.0, 1.0))
CLOCK = Clock.steady(25.0, FRAMES)


class Street:
    """An object model that finds a person, and a truck while a lamp shines."""

    name, labels = "foreseeable", ("person", "truck")

    def detect(self, images, first=0):
        boxes = np.array([[100, 84, 114, 120], [150, 60, 230, 120]], np.float32)
        found = []
        for i, image in enumerate(images):
            count = 2 if image[LAMP].mean() > 150 else 1
            sure = np.full(count, 0.95, np.float32)
            found.append(Detections(first + i, boxes[:count], self.labels[:count], sure, "COCO"))
        return found


@pytest.fixture(autouse=True)
def models(monkeypatch):
    monkeypatch.setattr("explain.objects.choose", lambda *_, **__: Street())
    monkeypatch.setattr("explain.actions.choose", lambda *_, **__: Acts())


def pictures(bright=range(40, 70)):
    still = np.random.default_rng(0).integers(90, 120, (*SIZE, 3), dtype=np.uint8)
    images = np.stack([still] * FRAMES)
    images[bright.start : bright.stop, *LAMP] = 230
    return images


@pytest.fixture
def clip(tmp_path):
    video.encode(tmp_path / "clip.mp4", pictures(), 25.0)
    return tmp_path / "clip.mp4"


@pytest.fixture
def camera(tiny_camera):
    """A camera whose pixels never raise an event, and whose normal things are all persons that walk."""
    path = tiny_camera.folder / channels.FILES[channels.ATTRIBUTES]
    sha256 = AttributeModel.fit([walkers(), walkers(seed=1)]).save(path)
    known = {channels.ATTRIBUTES: Channel(Equivalence((0.5, 1.0), (50.0, 62.0)), ALARMS, sha256, "foreseeable")}
    made = dataclasses.replace(tiny_camera, threshold=20.0, floor=9.0, channels=known)
    cameras.save(made)
    return cameras.load("tiny")


def test_a_camera_keeps_its_channels(camera):
    assert camera.channels[channels.ATTRIBUTES].equivalence(np.array([0.75])).tolist() == [56.0]


def test_a_thing_that_no_normal_footage_shows_raises_an_event_that_pixels_do_not(camera, clip, tmp_path):
    analysis = stage.analyse(clip, camera, tmp_path / "run", runtime=RUNTIME)
    ends = [(one.event.first, one.event.last) for one in analysis.events]
    assert len(ends) == 1 and abs(ends[0][0] - 40) < 15 and abs(ends[0][1] - 69) < 15, ends
    assert analysis.events[0].shown is not None
    kept = finished_run.read(tmp_path / "run")
    assert channels.raised_by(kept.kinds, analysis.events[0].event.peak) == channels.ATTRIBUTES
    things = ScoredThings.load(tmp_path / "run" / channels.THINGS)
    assert set(things.things.labels) == {"person", "truck"}
    pixels = dataclasses.replace(camera, channels={})
    assert stage.analyse(clip, pixels, tmp_path / "other", runtime=RUNTIME).events == ()


def test_things_are_not_observed_again_when_a_stopped_run_goes_on(camera, clip, tmp_path, monkeypatch):
    stage.analyse(clip, camera, tmp_path / "run", runtime=RUNTIME)
    monkeypatch.setattr("pipeline.thing_scores.look", lambda *_: pytest.fail("observed again"))
    assert len(stage.analyse(clip, camera, tmp_path / "run", runtime=RUNTIME).events) == 1


def test_observing_can_be_cancelled(camera, clip, tmp_path):
    calls = iter(range(1000))
    with pytest.raises(Cancelled, match="observed"):
        stage.analyse(clip, camera, tmp_path / "run", runtime=RUNTIME, cancelled=lambda: next(calls) > 0)
    assert not (tmp_path / "run" / channels.KEPT).exists()
    assert FRAMES > 2 * CHUNK_FRAMES


def test_another_object_model_leaves_attributes_out_and_says_so(camera, clip, tmp_path, monkeypatch):
    monkeypatch.setattr(Street, "name", "another")
    analysis = stage.analyse(clip, camera, tmp_path / "run", runtime=RUNTIME)
    assert analysis.events == ()
    assert any("Attributes of things were left out of the scores" in sentence for sentence in analysis.warnings)
    assert analysis.threshold == channels.to_pixels(camera.threshold, camera.channels) > 500.0
    with pytest.raises(InputError, match="train --measure learns them anew"):
        KindScorer.of(camera, RUNTIME).score(np.zeros(FRAMES, np.float32), Clip("one", pictures()), CLOCK)


def test_without_attributes_the_pixels_have_the_threshold_that_costs_as_much(camera, clip, tmp_path, monkeypatch):
    known = {**camera.channels, channels.PIXELS: Channel(Equivalence((0.0, 1.0), (0.0, 1.0)), ALARMS)}
    set_to = {**camera.card, "false_alarms": {"asked_per_hour": 2.0}}
    camera = dataclasses.replace(camera, channels=known, card=set_to)
    monkeypatch.setattr(Street, "name", "another")
    assert stage.analyse(clip, camera, tmp_path / "run", runtime=RUNTIME).threshold == 20.0
    own = stage.analyse(clip, camera, tmp_path / "own", runtime=RUNTIME, threshold=0.75)
    assert own.threshold == 56.0 and own.unit == channels.DECIBELS  # what 0.75 nats are worth


def test_a_camera_that_learnt_things_with_the_compact_model_is_answered_by_it(camera, monkeypatch):
    name = read_card(compact.FOLDER)["name"]
    ours, official = SimpleNamespace(name=name), SimpleNamespace(name="official")
    monkeypatch.setattr("explain.objects.choose", lambda name, runtime: {"compact": ours}[name])
    learnt = dataclasses.replace(camera.channels[channels.ATTRIBUTES], objects=name)
    known = dataclasses.replace(camera, channels={channels.ATTRIBUTES: learnt})
    assert observing_model(known, official, RUNTIME) is ours
    assert observing_model(camera, official, RUNTIME) is official
    assert observing_model(dataclasses.replace(camera, channels={}), official, RUNTIME) is official


@pytest.mark.parametrize("spoil", ["missing", "changed"])
def test_a_file_that_was_changed_is_refused(camera, clip, tmp_path, spoil):
    path = camera.folder / channels.FILES[channels.ATTRIBUTES]
    path.unlink() if spoil == "missing" else path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(WeightsError):
        stage.analyse(clip, camera, tmp_path / "run", runtime=RUNTIME)


@pytest.mark.parametrize("by", [channels.JOINED, channels.ATTRIBUTES, channels.PIXELS])
def test_labelled_clips_are_scored_by_one_kind_or_by_all(camera, by):
    clip = Clip("one", pictures())
    raw, clock = evaluate.raw_scores(camera.build(RUNTIME), clip, FRAMES, RUNTIME)
    found = KindScorer.of(scored_by(camera, by), RUNTIME).score(raw, clip, clock)
    high = np.flatnonzero(np.nan_to_num(found.scores) > 20.0)
    assert (found.located is None) == (by == channels.PIXELS) == (not len(high))
    if len(high):
        assert high.min() >= 30 and high.max() <= 80
        assert set(found.located.frames.tolist()) <= set(range(30, 80))
        assert (found.located.pixels is None) == (by == channels.ATTRIBUTES)


def test_a_kind_of_score_that_a_camera_does_not_have_is_refused(camera):
    with pytest.raises(InputError, match="has no scores by standing; it has: attributes"):
        scored_by(camera, channels.STANDING)
    with pytest.raises(InputError, match="'nonsense'"):
        scored_by(camera, "nonsense")
