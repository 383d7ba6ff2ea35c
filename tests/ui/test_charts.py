import numpy as np
import pytest

from core.analysis import Analysis, Cause, ExplainedEvent
from core.clock import Clock
from core.records import Clip, Event
from ui import charts, events


def analysis(spans=((100, 149, 120), (200, 260, 230)), frames=500):
    explained = tuple(ExplainedEvent(Event(*one, 5.0), (), 1.0, "") for one in spans)
    clip, clock = Clip("a", "0", 25.0, 64, 48, frames), Clock.steady(25.0, frames)
    return Analysis(clip, "plaza", "vqunet", {}, 2.0, np.zeros(frames, np.float32), clock, explained)


@pytest.mark.parametrize(("frame", "event"), [(0, 0), (120, 0), (174, 0), (176, 1), (230, 1), (499, 1)])
def test_a_frame_belongs_to_the_nearest_event(frame, event):
    assert events.event_at(analysis(), frame) == event
    assert events.event_at(analysis(()), frame) is None


def test_causes_are_drawn_best_first():
    causes = tuple(
        Cause("object", name, score, 0.5, 0.9, (0, 0, 1, 1), 0, 9)
        for name, score in (("bicycle", 4.0), ("person", 1.0))
    )
    figure = charts.cause_chart(ExplainedEvent(Event(0, 9, 5, 3.0), causes, 0.5, ""))
    assert list(figure.data[0].y) == ["1. bicycle (object)", "2. person (object)"]
    assert [list(bar.x) for bar in figure.data] == [[100.0, 25.0], [50.0, 50.0], [90.0, 90.0]]
