"""False alarms by one definition, with how sure they are, on the card and in an evaluation."""

import dataclasses

import numpy as np
import pytest
from scipy.stats import binom, chi2

from core.clock import Clock
from core.normality import AlarmCurve
from pipeline.camera import save
from pipeline.evaluation.figures import Scored, summarise_scores
from pipeline.events import find_events
from pipeline.false_alarms import AlarmRate, by_chance, compare, expected, number, of_camera
from pipeline.training.alarm_curve import alarm_curve


@pytest.mark.parametrize(("count", "hours"), [(0, 0.2), (1, 0.0686), (2, 0.4), (40, 3.0), (1500, 100.0)])
def test_the_interval_is_garwoods(count, hours):
    low, high = AlarmRate(count, hours).interval
    assert low == pytest.approx(chi2.ppf(0.025, 2 * count) / 2 / hours if count else 0.0)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * count + 2) / 2 / hours)
    assert low <= count / hours <= high


def test_the_interval_holds_the_true_rate_as_often_as_it_says():
    counts = np.random.default_rng(0).poisson(3.0, 4000)
    held = [low <= 3.0 <= high for low, high in (AlarmRate(int(n), 1.0).interval for n in counts)]
    assert 0.95 <= np.mean(held) <= 0.995


@pytest.mark.parametrize(("one", "other"), [((0, 0.01), (1, 0.07)), ((3, 0.1), (2, 0.4)), ((9, 0.1), (2, 0.4)),
                                             ((5, 1.0), (0, 2.0)), ((0, 1.0), (0, 2.0))])  # fmt: skip
def test_chance_is_that_of_a_binomial(one, other):
    share, both = one[1] / (one[1] + other[1]), one[0] + other[0]
    more, fewer = 1 - binom.cdf(one[0] - 1, both, share), binom.cdf(one[0], both, share)
    assert by_chance(AlarmRate(*one), AlarmRate(*other)) == pytest.approx(min(1.0, 2 * min(more, fewer)))
    assert by_chance(AlarmRate(*one), AlarmRate(*other)) == pytest.approx(by_chance(AlarmRate(*other), AlarmRate(*one)))


@pytest.mark.parametrize(("rate", "said"), [(0.04, "< 0.1"), (0.05, "0.1"), (4.96, "5"), (9.97, "10"), (99.6, "100"),
                                            (12345.0, "12,300")])  # fmt: skip
def test_rates_have_no_more_digits_than_they_can_have(rate, said):
    assert number(rate) == said


def clip(heights, fps=10.0, frames=400, abnormal=(), blind=5):
    """Normal noise-free scores with a bump of two seconds for each height, the first frames without a score."""
    scores = np.zeros(frames, np.float32)
    for i, height in enumerate(heights):
        scores[40 + 60 * i : 60 + 60 * i] = height
    scores[:blind] = np.nan
    truth = np.zeros(frames, bool)
    for first, last in abnormal:
        truth[first : last + 1] = True
    flagged = np.zeros(frames, bool)
    for event in find_events(scores, 3.0, Clock.steady(fps, frames)):
        flagged[event.first : event.last + 1] = True
    return Scored("a", scores, flagged, truth, fps)


def test_an_evaluation_counts_events_on_normal_frames_that_have_a_score():
    """Three events: one is abnormal, one touches abnormal frames, one is false."""
    found = summarise_scores([clip([5.0, 5.0, 5.0], abnormal=[(40, 59), (118, 130)])]).alarms
    assert found["false_alarms_counted"] == 1
    assert found["normal_hours"] == pytest.approx((400 - 5 - 20 - 13) / 10 / 3600)
    assert found["false_alarms"] == pytest.approx(1 / found["normal_hours"])
    undecided = dataclasses.replace(clip([5.0]), flagged=None)
    assert set(summarise_scores([undecided]).alarms.values()) == {None}


def kept(camera, expected_per_hour, hours, **card):
    made = dataclasses.replace(camera, alarms=AlarmCurve(hours, (0.1, 0.4), (500.0, expected_per_hour)), card=card)
    save(made)
    return made


def said_of(camera, count, seconds):
    return compare(camera, {"false_alarms_counted": count, "normal_hours": seconds / 3600}, "made").as_json()


def test_the_card_and_an_evaluation_stand_side_by_side_and_agree_within_chance(tiny_camera):
    camera = kept(tiny_camera, 11.36, 0.0686, false_alarms={"asked_per_hour": 14.58})
    found = said_of(camera, 0, 33.7)
    assert found["said"][0] == "False alarms on the normal frames of made: 0 in 34 s: 0 an hour (0 to 390)."
    assert found["said"][1] == (
        "The camera's card: about 11 an hour expected, 15 asked for: from 4.1 min of normal footage, so 0.1 to 76 an "
        "hour. The two agree within chance."
    )
    assert found["card"]["per_hour"] == pytest.approx(11.36) and found["count"] == 0


def test_what_chance_does_not_explain_is_said_with_the_reason(tiny_camera):
    trained = kept(tiny_camera, 10.0, 0.2, calibrated_on="the training clips")
    said = said_of(trained, 20, 120.0)["said"][1]
    assert "Here there are more than chance explains: the card was measured on the clips that the camera was" in said
    held_out = kept(tiny_camera, 10.0, 0.2, calibrated_on=["b.mp4"])
    assert "more than chance explains: this footage is not like that" in said_of(held_out, 20, 120.0)["said"][1]
    assert "fewer than chance explains" in said_of(kept(tiny_camera, 60.0, 0.5), 0, 3600.0)["said"][1]


def test_a_camera_that_kept_no_false_alarms_expects_none_in_words(tiny_camera):
    assert of_camera(tiny_camera) is None and expected(tiny_camera) == ""
    assert len(said_of(tiny_camera, 1, 360.0)["said"]) == 1
    assert compare(tiny_camera, {"false_alarms_counted": None, "normal_hours": None}, "made") is None
    assert compare(tiny_camera, {"false_alarms_counted": 0, "normal_hours": 0.0}, "made") is None


def test_the_cards_count_is_that_of_the_same_events(tiny_camera):
    """The curve that a card reads is made of the events that an evaluation counts, on the same clips."""
    clips = [clip([4.0, 5.0, 6.0, 3.5, 4.5], blind=0) for _ in range(3)]
    curve = alarm_curve([(one.scores, Clock.steady(one.fps, len(one.scores))) for one in clips])
    camera = dataclasses.replace(tiny_camera, alarms=curve, threshold=3.0)
    card, here = of_camera(camera), summarise_scores(clips).alarms
    assert here["false_alarms_counted"] == 15
    assert card.count == pytest.approx(here["false_alarms_counted"], rel=0.01)
    assert card.hours == pytest.approx(here["normal_hours"], rel=0.01)
