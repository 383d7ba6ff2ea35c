"""The numbers of sentences on a rendered clip, held against its truth; and how errors are counted."""

import math
from dataclasses import replace
from itertools import takewhile

import numpy as np
import pytest

from benchmarks import sentences
from benchmarks._plaza_truth import ClipTruth, TrueEvent, TrueNormal, TrueTrack, passed
from benchmarks.sentences import CLOSE, Statement
from core import device, video
from core.analysis import Analysis, Cause, ExplainedEvent
from core.clock import Clock
from core.records import Clip, Event
from explain import objects
from explain.causes.terms import unusual_things
from pipeline.camera import load
from pipeline.channels import ATTRIBUTES
from pipeline.store import DEMO
from pipeline.thing_scores import Models, look, observing_model

LAST = 221
"""Frame of the demo at which its first event, a bicycle, is over."""


@pytest.fixture(scope="module")
def truth():
    return ClipTruth.read(DEMO)


@pytest.fixture(scope="module")
def normal(truth):
    return TrueNormal.of([truth])


@pytest.fixture(scope="module")
def strangest():
    """What the plaza's camera tells of the first event of the demo by attributes, strangest first."""
    runtime, camera = device.choose("cpu"), load("plaza")
    model = observing_model(camera, objects.choose("auto", runtime), runtime)
    chunks = takewhile(lambda chunk: chunk.first <= LAST, video.read(DEMO, 16))
    seen = look(chunks, Models.of(camera, model.name, (ATTRIBUTES,)), model, 25.0)
    return unusual_things(seen.things, 57, LAST, seen.clock)


def of(thing, truth, normal):
    return list(sentences.of_thing("demo", 1, thing, truth, normal))


def test_what_is_said_of_the_bicycle_and_its_rider_is_true(strangest, truth, normal):
    """Each number is within a fifth of what the renderer knows."""
    told = [one for thing in strangest[:2] for one in of(thing, truth, normal)]
    assert {thing.label for thing in strangest[:2]} == {"bicycle", "person"}
    assert {"speed", "speed over usual", "share slower"} <= {one.kind for one in told}
    assert [one for one in told if one.error > CLOSE] == []


def test_a_wrong_number_would_be_seen(strangest, truth, normal):
    slow = replace(truth, clock=Clock.steady(12.5, len(truth.clock)))
    errors = {one.kind: one.error for one in of(strangest[0], slow, normal)}
    assert errors["speed"] > CLOSE and errors["speed over usual"] > CLOSE
    nowhere = replace(truth, tracks=())
    assert {one.error for one in of(strangest[0], nowhere, normal)} == {math.inf}


def track(speed=3.0, label="bicycle", frames=range(100, 200), tall=40, wide=30, number=7, anomalous=True, y=100.0):
    frames = np.array(frames)
    left = 20.0 + speed * tall * (frames - frames[0]) / 25
    boxes = np.stack([left, np.full(len(frames), y), left + wide, np.full(len(frames), y + tall)], axis=1)
    return TrueTrack(number, label, frames, boxes.astype(np.float32), np.ones(len(frames)), anomalous, (640, 360))


def clip(*tracks, events=()):
    return ClipTruth(tracks, events, Clock.steady(25, 300))


def test_the_truth_measures_what_it_is_made_of():
    walkers = [track(1.0, "person", number=i, anomalous=False, wide=16, y=100.0 + i) for i in range(3)]
    whole = clip(track(), *walkers)
    normal = TrueNormal.of([whole])
    speed, width, height = normal.measure(whole.tracks[0], 150, whole.clock)
    assert (speed, width) == (pytest.approx(3.0, rel=1e-3), pytest.approx(0.75)) and height == pytest.approx(1.0)
    assert list(normal.usual) == ["person"] and normal.among("") is normal.among("truck")
    assert np.median(normal.among("person").speeds) == pytest.approx(1.0, rel=1e-3)
    assert passed(np.array([1.0, 2.0, 3.0, 4.0]), 3.5) == 0.75


def test_a_box_is_that_of_the_thing_it_fits_best():
    whole = clip(track(), track(3.0, "person", number=8, wide=28))
    assert whole.thing((180, 100, 210, 140), "person", 134).number == 8
    assert whole.thing((180, 100, 210, 140), "bicycle", 134).number == 7
    assert whole.thing((500, 100, 530, 140), "bicycle", 134) is None
    assert whole.thing((180, 100, 210, 140), "bicycle", 20) is None


def test_a_rider_and_what_is_ridden_are_one_thing(truth):
    bicycles = [one for one in truth.unusual if one.label == "bicycle"]
    alone, both = sorted(bicycles, key=lambda one: one.heights.mean())
    assert both.number == alone.number and both.heights.mean() > 1.3 * alone.heights.mean()


def analysis(first=105, last=190, boxes=((180, 100, 210, 140),), frames=(134,), speed=3.04, words="x; y"):
    cause = Cause("object", "bicycle", 1.0, 0.5, 0.9, boxes[0], frames[0], frames[-1],
                  tuple(zip(frames, boxes, strict=True)), (), speed, "bicycle")  # fmt: skip
    one = ExplainedEvent(Event(first, last, first, 9.0), (cause,), 0.1, words, frames[0])
    picture = Clip("c.mp4", "0", 25.0, 640, 360, 300)
    return Analysis(picture, "plaza", "d", {}, 1.0, np.zeros(300, np.float32), Clock.steady(25, 300), (one,))


def test_times_places_and_speeds_of_causes_are_held_against_the_truth():
    whole = clip(track(), events=(TrueEvent("bicycle", 100, 199, ()),))
    frames = tuple(range(130, 145))
    boxes = tuple(whole.tracks[0].box_in(frame) for frame in frames)
    normal = TrueNormal({}, (0.0, 40.0))
    found = {one.kind: one for one in sentences.statements("c", analysis(frames=frames, boxes=boxes), whole, normal)}
    assert found["beginning"].error == pytest.approx(5 / 100) and found["end"].error == pytest.approx(9 / 100)
    assert found["speed of a cause"].error == pytest.approx(0, abs=0.01) and found["place"].error == 0
    beside = {one.kind: one for one in sentences.statements("c", analysis(210, 240), whole, normal)}
    assert beside["beginning"].error == beside["end"].error == math.inf
    wrong = analysis(boxes=((560, 320, 600, 350),))
    assert {one.kind: one.error for one in sentences.statements("c", wrong, whole, normal)}["place"] == 1


def test_errors_become_rows():
    told = [Statement("speed", "a", 1, "said", 1.1, 1.0), Statement("speed", "b", 2, "worse", 3.0, 2.0),
            Statement("speed", "c", 1, "no", 3.0, math.nan)]  # fmt: skip
    (row,) = sentences.table(told)
    assert (row["stated"], row["without a truth"], row["within 20 %"], row["worst clip"]) == (3, 1, 0.333, "c")
    assert row["median error"] == "50 %" and row["bias"] == "+30 %"
    (better,) = sentences.table(told[:2])
    assert (better["worst"], better["states"], better["within 20 %"]) == ("50 %", "worse", 0.5)
    assert sentences.number("1,234") == 1234 and sentences.number("95 %") == 0.95 and sentences.number("all") == 1


@pytest.mark.parametrize("kind", list(sentences.SAID))
def test_no_number_is_said_of_limb_motion_and_width(kind, strangest, truth, normal):
    told = [one for thing in strangest for one in of(thing, truth, normal) if one.kind == kind]
    silent = kind in {"limb motion", "width over usual", "share narrower", "share lower"}
    assert told == [] if silent else all(math.isfinite(one.stated) for one in told)
