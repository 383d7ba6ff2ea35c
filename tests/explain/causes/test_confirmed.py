"""What no other explained frame confirms is left out, with what was said of it."""

import numpy as np
import pytest

from core.clock import Clock
from explain.causes._confirmed import Without, unconfirmed
from explain.causes.tubes import link
from tests.explain.causes.test_ranking import detections, moved, scene

CLOCK = Clock.steady(25.0, 1000)
CAR = (50.0, 60.0, 90.0, 80.0)


def lost(frames, clock=CLOCK):
    """Names that are not confirmed, of a list of {name: box} five frames apart."""
    given = [
        detections(5 * i, [(name, box, 0.8) for name, box in boxes.items()], "COCO") for i, boxes in enumerate(frames)
    ]
    found = unconfirmed(link(given), given, clock)
    return [[d.labels[i] for i in np.flatnonzero(rows)] for d, rows in zip(given, found, strict=True)]


@pytest.mark.parametrize(
    ("frames", "right"),
    [
        ([{}, {"dog": CAR}, {}], [[], ["dog"], []]),
        ([{"dog": CAR}, {"dog": moved(CAR, 6)}, {}], [[], [], []]),
        ([{"car": CAR}, {"truck": moved(CAR, 6)}, {}], [[], [], []]),
        ([{"car": CAR}, {"person": CAR}], [["car"], ["person"]]),
        ([{"car": CAR}, {"car": moved(CAR, 95)}], [[], []]),
        ([{"car": CAR}, {"car": moved(CAR, 205)}], [["car"], ["car"]]),
        ([{"person": CAR}, {"person": moved(CAR, 95)}], [["person"], ["person"]]),
        ([{"dog": CAR}], [[]]),
    ],
    ids=["alone", "followed", "a car, then a truck", "another kind", "too fast for a track", "faster than cars go",
         "faster than persons go", "one frame"],
)  # fmt: skip
def test_a_box_counts_that_a_neighbouring_frame_confirms(frames, right):
    assert lost(frames) == right


def test_where_frames_lie_far_apart_nothing_can_be_confirmed():
    slow = Clock.steady(5.0, 1000)
    assert lost([{}, {"dog": CAR}, {}], slow) == [[], [], []]


def test_evidence_goes_without_what_is_lost_and_what_was_said_of_it():
    seen = scene(0, objects=[("person", CAR, 0.9), ("dog", CAR, 0.9)], actions=[("walk", CAR, 0.9)])
    rows = np.array([box.tolist() == list(CAR) for box in seen.objects.boxes])
    clean = Without([seen], [rows])[0]
    assert "dog" in seen.objects.labels and "dog" not in clean.objects.labels
    assert list(CAR) in seen.actions.boxes.tolist() and list(CAR) not in clean.actions.boxes.tolist()
    assert len(clean.objects) == len(seen.objects) - 2
