import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.analysis import MOVING, STANDING, Analysis, Cause, ExplainedEvent
from core.clock import Clock
from core.disturbance import Disturbance
from core.records import Clip, Event
from core.spot import LEFT, Spot
from ui import charts


def analysis(events=((100, 149, 120), (200, 260, 230)), frames=500, disturbances=()):
    explained = tuple(ExplainedEvent(Event(*one, 5.0), (), 1.0, "") for one in events)
    scores = np.zeros(frames, np.float32)
    clip, clock = Clip("a", "0", 25.0, 64, 48, frames), Clock.steady(25.0, frames)
    return Analysis(clip, "plaza", "vqunet", {}, 2.0, scores, clock, explained, disturbances)


@given(
    arrays(np.float32, st.integers(0, 400), elements=st.floats(-5, 20, width=32) | st.just(float("nan"))),
    st.sampled_from([10, 16, 50]),
)
def test_thinning_keeps_order_and_the_extremes_of_every_stretch(scores, points):
    shown = charts.downsample(scores, points)
    known = np.flatnonzero(np.isfinite(scores))
    assert (np.diff(shown) > 0).all()
    assert set(shown) <= set(known)
    assert len(shown) <= max(points, 0) or len(shown) == len(known) <= points
    if len(known):
        assert scores[shown].max() == scores[known].max()
        assert scores[shown].min() == scores[known].min()
    if len(known) > points:
        edges = np.linspace(0, len(known), points // 2 + 1).astype(int)
        for first, last in itertools.pairwise(edges):
            stretch = known[first:last]
            there = [frame for frame in shown if frame in set(stretch)]
            assert scores[there].max() == scores[stretch].max()
            assert scores[there].min() == scores[stretch].min()


@pytest.mark.parametrize(("frame", "event"), [(0, 0), (120, 0), (174, 0), (176, 1), (230, 1), (499, 1), (None, None)])
def test_a_frame_belongs_to_the_nearest_event(frame, event):
    assert charts.event_at(analysis(), frame) == event
    assert charts.event_at(analysis(events=()), frame) is None


STANDS = Spot((0.0, 0.0, 9.0, 9.0), 90, 300, LEFT, 2.0, 300)


def with_standing():
    found = analysis()
    stands = ExplainedEvent(Event(90, 300, 230, 2.0), (), float("nan"), "", spot=STANDS)
    return replace(found, events=(*found.events, stands))


@pytest.mark.parametrize(
    ("frame", "kind", "event"),
    [(120, MOVING, 0), (120, STANDING, 2), (180, MOVING, 2), (230, MOVING, 1), (280, MOVING, 2)],
)
def test_of_two_events_at_one_time_that_of_the_kind_asked_for_is_looked_at(frame, kind, event):
    assert charts.event_at(with_standing(), frame, kind) == event


def test_what_stands_is_a_bar_above_the_chart_and_has_no_peak_on_the_score():
    figure = charts.score_chart(with_standing(), 2)
    bars = [shape for shape in figure.layout.shapes if shape.y0 == charts.STANDS_FROM]
    assert len(bars) == 1 and bars[0].fillcolor == charts.STANDS_SELECTED
    assert list(next(one for one in figure.data if one.name == "peaks").customdata) == [120, 230]


@pytest.mark.parametrize(
    ("selection", "frame"),
    [
        ({"selection": {"points": [{"customdata": 77, "x": "1970"}]}}, 77),
        ({"selection": {"points": [{"customdata": [77]}]}}, 77),
        ({"selection": {"points": [{"x": 1}]}}, None),
        ({"selection": {"points": []}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_click_names_its_frame(selection, frame):
    assert charts.clicked_frame(selection) == frame


def test_the_chart_has_events_shaded_the_chosen_one_more_and_the_threshold():
    figure = charts.score_chart(analysis(), 1)
    shaded = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [shape.fillcolor for shape in shaded] == [charts.EVENT, charts.SELECTED]
    assert shaded[0].x1.second + shaded[0].x1.microsecond / 1e6 == 6.0
    assert [shape.y0 for shape in figure.layout.shapes if shape.type == "line"] == [2.0]
    assert list(figure.data[1].customdata) == [120, 230]


def test_what_the_camera_did_has_a_colour_of_its_own():
    shook = Disturbance("shaken", 300, 350, 12.0, 14.0, "The camera shook from 12.0 to 14.0 s.")
    figure = charts.score_chart(analysis(disturbances=(shook,)), 1)
    (shaded,) = [shape for shape in figure.layout.shapes if shape.fillcolor == charts.CAMERA]
    assert (shaded.x0.second, shaded.x1.second) == (12, 14)


def test_frames_stand_at_their_own_seconds():
    slow = replace(analysis(), clock=Clock.of(np.cumsum(np.where(np.arange(500) < 100, 0.04, 0.1))))
    figure = charts.score_chart(slow, None)
    assert figure.data[1].x[0].second == 6, "twenty frames at ten a second behind four seconds at twenty-five"


def test_causes_are_drawn_best_first():
    causes = tuple(
        Cause("object", name, score, 0.5, 0.9, (0, 0, 1, 1), 0, 9)
        for name, score in (("bicycle", 4.0), ("person", 1.0))
    )
    figure = charts.cause_chart(ExplainedEvent(Event(0, 9, 5, 3.0), causes, 0.5, ""))
    assert list(figure.data[0].y) == ["1. bicycle (object)", "2. person (object)"]
    assert [list(bar.x) for bar in figure.data] == [[100.0, 25.0], [50.0, 50.0], [90.0, 90.0]]


def test_the_line_ends_where_nothing_is_scored():
    scores = np.ones(40, np.float32)
    scores[:5] = scores[20:30] = np.nan
    figure = charts.score_chart(replace(analysis((), 40), scores=scores), None)
    line = figure.data[0]
    assert list(line.customdata) == [*range(5, 21), *range(30, 40)] and np.isnan(line.y[15])
