"""Events of a report held against those of the truth: hit, named, false."""

import numpy as np
import pytest

from benchmarks import plaza_events
from benchmarks._plaza_truth import ClipTruth, TrueEvent
from benchmarks.plaza_events import Found, Row, compared_with_truth
from core.analysis import Analysis, Cause, ExplainedEvent
from core.clock import Clock
from core.errors import InputError
from core.records import Clip, Event
from pipeline.evaluation.difference import Calm
from pipeline.evaluation.distortion import DistortedClip, Distortion
from tests.benchmarks.test_sentences import clip, track
from tests.pipeline.clips import Clip as Drawn

RIDE = (("object", "bicycle"), ("action", "ride"))
TRUE = TrueEvent("bicycle", 100, 199, RIDE)


def cause(truth, coarse="object", fine="bicycle", size=1.0, aside=0.0, frames=range(120, 160)):
    boxes = [tuple(np.array(truth.tracks[0].box_in(frame)) * size + aside) for frame in frames]
    return Cause(coarse, fine, 1.0, 0.5, 0.9, boxes[0], frames[0], frames[-1], tuple(zip(frames, boxes, strict=True)))


def analysis(*events):
    made = tuple(
        ExplainedEvent(Event(first, last, first, 9.0), causes, 0.1, "", causes[0].first if causes else None)
        for first, last, causes in events
    )
    return Analysis(
        Clip("c", "0", 25.0, 640, 360, 300), "plaza", "d", {}, 1.0, np.zeros(300, np.float32),
        Clock.steady(25, 300), made,
    )  # fmt: skip


@pytest.fixture
def truth():
    return clip(track(), track(3.0, "person", number=8), events=(TRUE,))


@pytest.mark.parametrize(
    ("named", "right"),
    [({}, True), ({"coarse": "action", "fine": "ride"}, True), ({"fine": "car"}, False), ({"aside": 200.0}, False),
     ({"coarse": "action", "fine": "run / jog"}, False), ({"frames": range(220, 230)}, False)],
)  # fmt: skip
def test_a_first_cause_lies_on_what_is_unusual_and_names_it(truth, named, right):
    if "frames" in named:
        named = {**named, "frames": range(101, 103)}
        truth = ClipTruth(truth.tracks, (TrueEvent("bicycle", 150, 199, RIDE),), truth.clock)
    found = compared_with_truth("c", analysis((120, 180, (cause(truth, **named),))), truth, Distortion())
    assert (found.found[0].hit, found.found[0].right, found.false) == (True, right, 0)


def test_half_the_size_and_every_second_frame_are_the_same_event(truth):
    half = Distortion(size=0.5, every=2)
    small = cause(truth, size=0.5, frames=range(120, 160, 2))
    halved = tuple((frame // 2, box) for frame, box in small.tube)
    small = Cause("object", "bicycle", 1.0, 0.5, 0.9, halved[0][1], 60, 79, halved)
    found = compared_with_truth("c", analysis((60, 79, (small,))), truth, half)
    assert found.found == (Found("c", "bicycle", True, True, "object bicycle"),)
    late = compared_with_truth("c", analysis((110, 140, (small,))), truth, half)
    assert (late.found[0].hit, late.false) == (False, 1)


def test_what_is_missed_or_false_is_counted(truth):
    found = compared_with_truth("c", analysis((10, 40, ()), (220, 240, ())), truth, Distortion())
    assert (found.found[0].hit, found.false) == (False, 2)
    assert found.normal_seconds == pytest.approx(8.0)
    row = Row("", "plaza", found.found, 2, 8.0).table()
    assert (row["events hit"], row["first cause right"], row["missed"]) == ("0 of 1", "0 of 1", "bicycle (c)")
    none = Row("rain=heavy", "frame difference", (Found("c", "bicycle", True, None),), 0, 8.0).table()
    assert (none["events hit"], none["first cause right"], none["named otherwise"]) == ("1 of 1", "–", "")


def test_the_frame_difference_names_nothing(truth):
    images = np.full((300, 48, 64, 3), 90, np.uint8)
    images[120:180:2, 10:30, 20:40] = 220
    seen = plaza_events._compared(DistortedClip(Drawn("c", images), Distortion()), Calm(0.0, 5.0), truth)
    assert (seen.found, seen.false) == ((Found("c", "bicycle", True, None),), 0)
    assert not plaza_events._compared(Drawn("c", images), Calm(), truth).found[0].hit


def test_an_unknown_distortion_is_refused_before_anything_is_rendered(tmp_path):
    with pytest.raises(InputError, match="no distortion"):
        plaza_events.measure("cpu", lambda line: None, ["fog=1"])
