"""What stands beside "nothing unusual": true of clip, threshold and normal footage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import Clock
from core.normality import AlarmCurve, NormalScores
from pipeline.detection_limit import detection_limit
from pipeline.events import find_events, smoothed

FPS, FRAMES = 10.0, 200
CLOCK = Clock.steady(FPS, FRAMES)
CURVE = AlarmCurve(0.1, (1.0, 2.0, 3.0, 14.0), (200.0, 40.0, 9.0, 0.1))
"""At 2 dB 4 events in its six minutes, at 3 dB none."""


def calm(top=2.5, frames=FRAMES):
    scores = np.zeros(frames, np.float32)
    scores[100:110] = top
    return scores


def test_the_nearest_score_and_a_threshold_above_all_normal_footage_are_said():
    said = detection_limit(calm(), CLOCK, 14.9, NormalScores(95.0, 14.2, CURVE))
    height = float(np.nanmax(smoothed(calm(), CLOCK)))
    assert said == (
        f"Its highest smoothed score is {height:.2f} dB, at 0:10.4, under the threshold of 14.90 dB. That threshold "
        "lies above all of the 95 s of normal footage that the camera was measured on; weaker events than that are not "
        "raised."
    )


@pytest.mark.parametrize(
    ("threshold", "normal", "said"),
    [
        (3.0, NormalScores(360.0, 5.0, CURVE), "No event in the 6 min of normal footage"),
        (2.6, NormalScores(360.0, 5.0, CURVE), "measured on, about 4 events lie above"),
        (2.6, NormalScores(360.0, 5.0, AlarmCurve(0.1, (2.0,), (10.0,))), "about 1 event lies above"),
        (6.0, NormalScores(3 * 3600.0, 5.0), "lies above all of the 3 h of normal footage"),
        (4.0, NormalScores(360.0, 5.0), "camera's threshold was set on 6 min of normal footage; weaker"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_said(threshold, normal, said):
    assert said in detection_limit(calm(), CLOCK, threshold, normal)


def test_a_peak_too_short_for_an_event_is_called_that():
    scores = np.zeros(200, np.float32)
    scores[-1] = 20.0
    assert find_events(scores, 5.0, CLOCK) == []
    said = detection_limit(scores, CLOCK, 5.0, None)
    assert said.startswith("The smoothed score passes the threshold of 5.00 dB at 0:19.9, with ")
    assert said.endswith("but for less than 0.4 s, which is too short for an event.")


def test_a_clip_without_scores_says_so():
    said = detection_limit(np.full(9, np.nan, np.float32), Clock.steady(FPS, 9), 1.0, None)
    assert said == "No frame of the clip has a score."


@given(st.lists(st.floats(-5, 20, width=32) | st.just(float("nan")), min_size=1, max_size=60), st.floats(-3, 15),
       st.floats(1, 60))  # fmt: skip
def test_it_never_contradicts_the_events(values, threshold, fps):
    scores = np.array(values, np.float32)
    if not find_events(scores, threshold, Clock.steady(fps, len(scores))):
        said = detection_limit(scores, Clock.steady(fps, len(scores)), threshold, None)
        assert ("under the threshold" in said) or ("too short" in said) or ("No frame" in said)
        if "under the threshold" in said:
            assert np.nanmax(smoothed(scores, Clock.steady(fps, len(scores)))) <= threshold
