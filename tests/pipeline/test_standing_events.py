"""Events of what stands: which spots are events, and which frames count as flagged."""

import numpy as np

from core.spot import LEFT, Spot
from pipeline.standing_events import flagged, standing_events

EARLY = Spot((0.0, 0.0, 9.0, 9.0), 10, 60, LEFT, 2.0, 55, rise=((30, 0.9), (40, 2.0)))
LATE = Spot((50.0, 0.0, 59.0, 9.0), 5, 90, LEFT, 1.0, 90, rise=((70, 1.0),))


def test_spots_above_the_threshold_are_events_in_order_of_time_also_where_they_overlap():
    visible = np.zeros(100, bool)
    assert [spot for _, spot in standing_events((EARLY, LATE), 0.8, visible)] == [LATE, EARLY]
    ((event, spot),) = standing_events((EARLY, LATE), 1.5, visible)
    assert (event.first, event.last, event.peak, event.peak_score, spot) == (10, 60, 55, 2.0, EARLY)
    assert standing_events((EARLY, LATE), 2.0, visible) == []


def test_what_becomes_known_while_a_camera_fault_hides_the_scene_is_no_event():
    hidden = np.zeros(100, bool)
    hidden[65:80] = True
    assert [spot for _, spot in standing_events((EARLY, LATE), 0.8, hidden)] == [EARLY]


def test_frames_are_flagged_from_when_it_could_be_known_and_not_from_when_it_was_left():
    assert np.flatnonzero(flagged((EARLY,), 0.8, 100)).tolist() == list(range(30, 61))
    assert np.flatnonzero(flagged((EARLY,), 1.5, 100)).tolist() == list(range(40, 61))
    assert not flagged((EARLY, LATE), 5.0, 100).any()
    gone = Spot(EARLY.box, 10, 30, LEFT, 2.0, 30, rise=((33, 2.0),))
    assert np.flatnonzero(flagged((gone,), 1.0, 100)).tolist() == [33]
