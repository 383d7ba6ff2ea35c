from dataclasses import replace

import numpy as np
import pytest

from core.analysis import MOVING, STANDING, Analysis, Cause, ExplainedEvent
from core.clock import Clock
from core.records import Clip, Event
from core.spot import LEFT, Spot
from ui import charts, events


def analysis(spans=((100, 149, 120), (200, 260, 230)), frames=500):
    explained = tuple(ExplainedEvent(Event(*one, 5.0), (), 1.0, "") for one in spans)
    clip, clock = Clip("a", "0", 25.0, 64, 48, frames), Clock.steady(25.0, frames)
    return Analysis(clip, "plaza", "vqunet", {}, 2.0, np.zeros(frames, np.float32), clock, explained)


@pytest.mark.parametrize(("frame", "event"), [(0, 0), (120, 0), (174, 0), (176, 1), (230, 1), (499, 1)])
def test_a_frame_belongs_to_the_nearest_event(frame, event):
    assert events.event_at(analysis(), frame) == event
    assert events.event_at(analysis(()), frame) is None


STANDS = Spot((0.0, 0.0, 9.0, 9.0), 90, 300, LEFT, 2.0, 300)


@pytest.mark.parametrize(
    ("frame", "kind", "event"),
    [(120, MOVING, 0), (120, STANDING, 2), (180, MOVING, 2), (230, MOVING, 1), (280, MOVING, 2)],
)
def test_of_two_events_at_one_time_that_of_the_kind_asked_for_is_looked_at(frame, kind, event):
    found = analysis()
    stands = ExplainedEvent(Event(90, 300, 230, 2.0), (), float("nan"), "", spot=STANDS)
    assert events.event_at(replace(found, events=(*found.events, stands)), frame, kind) == event


def test_causes_are_drawn_best_first():
    causes = tuple(
        Cause("object", name, score, 0.5, 0.9, (0, 0, 1, 1), 0, 9)
        for name, score in (("bicycle", 4.0), ("person", 1.0))
    )
    figure = charts.cause_chart(ExplainedEvent(Event(0, 9, 5, 3.0), causes, 0.5, ""))
    assert list(figure.data[0].y) == ["1. bicycle (object)", "2. person (object)"]
    assert [list(bar.x) for bar in figure.data] == [[100.0, 25.0], [50.0, 50.0], [90.0, 90.0]]
