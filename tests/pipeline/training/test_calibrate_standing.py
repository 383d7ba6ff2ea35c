"""What stands is calibrated by itself: its model, its false alarms, its share of those asked for."""

import dataclasses

import numpy as np
import pytest

from core.clock import Clock
from core.errors import DataError, InputError
from core.normality import AlarmCurve
from core.records import Frames
from core.spot import MIN_NATS
from detectors.standing import Pass, Standing, StandingModel
from pipeline import camera as cameras
from pipeline import channels, false_alarms, thresholds
from pipeline.training.add_standing import add_standing
from pipeline.training.alarm_curve import MIN_PER_HOUR, spot_curve
from pipeline.training.calibrate_standing import WatchedClip, calibrate_standing, watch_clips
from pipeline.training.fit_camera import NormalFootage
from tests.pipeline.clips import Clip
from tests.pipeline.training.test_calibrate_channels import Job

HOURS = 0.5


def street(seconds=40, stands=None, fps=10):
    """Frames of a street in which people walk by, and one stands between two seconds."""
    still = np.random.default_rng(9).integers(60, 160, (60, 80, 3), dtype=np.uint8)
    images = np.stack([still] * (seconds * fps))
    for i in range(len(images)):
        x = i % 70
        images[i, 20:40, x : x + 6] = 250
        if stands and stands[0] <= i / fps < stands[1]:
            images[i, 42:58, 30:40] = 10
    return images


def watched(**changes):
    images, standing = street(**changes), Standing(keep=True)
    times = np.arange(len(images)) / 10.0
    standing.add(Frames(images, 0, times))
    return WatchedClip(standing.passed(), Clock.of(times))


def test_each_clip_is_scored_by_what_the_others_show():
    calm = calibrate_standing([watched() for _ in range(4)])
    assert calm.alarms.thresholds[0] == pytest.approx(MIN_NATS) and calm.alarms.hours == pytest.approx(
        160 / 3600, abs=1e-4
    )
    one = calibrate_standing([watched(stands=(5, 35)), *(watched() for _ in range(3))])
    per_hour = 3600 / 160
    assert calm.alarms.expected(1.5) < per_hour <= one.alarms.expected(1.5)
    assert float(one.model.longest.max()) > 20


def test_a_model_is_saved_with_the_threshold_that_costs_what_was_asked(tmp_path):
    found = calibrate_standing([watched() for _ in range(4)])
    stands = found.saved(tmp_path, 2.0)
    assert stands.alarms.expected(stands.threshold) <= 2.0
    kept = StandingModel.load(tmp_path / channels.FILES[channels.STANDING], stands.sha256)
    assert np.array_equal(kept.longest, found.model.longest)


def test_short_clips_and_too_few_views_are_refused():
    with pytest.raises(DataError, match="shorter than 25 s"):
        calibrate_standing([watched(seconds=15) for _ in range(3)])
    with pytest.raises(DataError, match="views"):
        calibrate_standing([WatchedClip(Pass(()), Clock.steady(10.0, 400))])


@pytest.mark.parametrize(
    "scores", [[], [1.0], [0.8, 1.2, 1.9, 2.5], np.random.default_rng(0).exponential(0.5, 40) + 0.7]
)
def test_the_curve_counts_spots_and_goes_on_where_they_are_few(scores):
    curve = spot_curve(list(scores), HOURS)
    assert list(curve.per_hour) == sorted(curve.per_hour, reverse=True) and curve.per_hour[-1] <= 2 * MIN_PER_HOUR
    for threshold in (0.75, 1.0, 1.5, 2.4, 3.0):
        assert curve.expected(threshold) >= sum(score > threshold for score in scores) / HOURS - 1e-6
    many = [threshold for threshold in curve.thresholds if sum(score > threshold for score in scores) >= 3]
    for threshold in many:
        counted = sum(score > threshold for score in scores) / HOURS
        assert curve.expected(threshold) <= max(counted * 1.2, counted + 1 / HOURS)


def test_the_false_alarms_asked_for_are_divided_and_both_together_cost_them(tiny_camera, tmp_path):
    asked = 8.0
    moving, standing = thresholds.shares(asked, stands=True)
    assert moving + standing == asked and thresholds.shares(asked, stands=False) == (asked, 0.0)
    curve = AlarmCurve(2.0, tuple(np.linspace(1, 5, 40).tolist()), tuple(np.geomspace(100, 0.1, 40).tolist()))
    stands = calibrate_standing([watched() for _ in range(4)]).saved(tiny_camera.folder, 50.0)
    cameras.save(dataclasses.replace(tiny_camera, alarms=curve, standing=stands))
    made = thresholds.retune("tiny", asked)
    assert made.standing.threshold > stands.threshold
    rate = false_alarms.of_camera(made).per_hour
    assert rate == pytest.approx(made.card["false_alarms"]["expected_per_hour"], abs=1e-3)
    assert curve.expected(made.threshold) <= moving and rate <= asked
    assert made.standing.alarms.expected(made.standing.threshold) <= standing
    assert cameras.load("tiny").standing == made.standing


def test_standing_is_added_to_a_camera_and_all_else_stays(tiny_camera):
    with pytest.raises(InputError, match="does not know its false alarms"):
        add_standing("tiny", NormalFootage("street", [], 10.0), Job())
    curve = AlarmCurve(2.0, (1.0, 2.0), (10.0, 1.0))
    asked = {"asked_per_hour": 6.0, "expected_per_hour": 1.0, "measured_on_hours": 2.0}
    cameras.save(dataclasses.replace(tiny_camera, alarms=curve, card={**tiny_camera.card, "false_alarms": asked}))
    before = cameras.load("tiny")
    files = {path.name: path.read_bytes() for path in before.folder.iterdir()}
    clips = [Clip(f"clip{i}", street()) for i in range(4)]
    made = add_standing("tiny", NormalFootage("street", clips, 10.0), Job())
    assert made.threshold == before.threshold and made.floor == before.floor
    assert made.card["false_alarms"]["asked_per_hour"] == 8.0
    assert made.standing.threshold == made.standing.alarms.threshold(2.0)
    changed = {path.name for path in made.folder.iterdir() if path.read_bytes() != files.get(path.name)}
    assert changed == {"camera.json", channels.FILES[channels.STANDING]}
    again = add_standing("tiny", NormalFootage("street", clips, 10.0), Job())
    assert again.card == made.card and again.standing == made.standing


def test_clips_are_watched_once_with_their_clock():
    job = Job()
    clips = watch_clips([Clip("one", street()), Clip("two", street(seconds=30))], job)
    assert [len(one.clock) for one in clips] == [400, 300] and job.frames == 700
    assert [len(one.passed.views) > 40 for one in clips] == [True, True]
