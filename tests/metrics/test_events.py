"""Delay and false alarms against loops over frames, and where they are undefined."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.detection_delay import delays, detection_delay, events_found, longest_delay
from metrics.false_alarms import counted, false_alarms
from metrics.normal_flagged import normal_flagged
from metrics.spans import spans

VIDEOS = st.lists(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30), min_size=1, max_size=4)


def split(videos):
    return [[f for f, _ in v] for v in videos], [[a for _, a in v] for v in videos]


def runs(flags):
    found, first = [], None
    for i, flag in enumerate([*flags, False]):
        if flag and first is None:
            first = i
        elif not flag and first is not None:
            found.append((first, i - 1))
            first = None
    return found


@given(VIDEOS)
def test_they_are_those_of_a_loop(videos):
    flagged, abnormal = split(videos)
    late, false, normal = [], 0, 0
    for f, a in zip(flagged, abnormal, strict=True):
        assert spans(f) == runs(f)
        for first, last in runs(a):
            late.append(next((i - first for i in range(first, last + 1) if f[i]), math.inf) / 10)
        false += sum(not any(a[first : last + 1]) for first, last in runs(f))
        normal += a.count(False)
    assert delays(flagged, abnormal, 10.0) == pytest.approx(late)
    if late:
        assert detection_delay(flagged, abnormal, 10.0) == pytest.approx(np.median(late))
        assert events_found(flagged, abnormal, 10.0) == np.mean(np.isfinite(late))
        assert longest_delay(flagged, abnormal, 10.0) == pytest.approx(max(late))
    else:
        assert math.isnan(detection_delay(flagged, abnormal, 10.0))
        assert math.isnan(longest_delay(flagged, abnormal, 10.0))
        assert math.isnan(events_found(flagged, abnormal, 10.0))
    rate = false_alarms(flagged, abnormal, 10.0)
    assert math.isnan(rate) if not normal else rate == pytest.approx(false / (normal / 36000))


@given(VIDEOS, st.integers(0, 2**31))
def test_only_frames_that_could_be_flagged_are_hours(videos, seed):
    flagged, abnormal = split(videos)
    random = np.random.default_rng(seed)
    scored = [random.random(len(f)) < 0.7 for f in flagged]
    false, hours = counted(flagged, abnormal, 10.0, scored)
    assert false == counted(flagged, abnormal, 10.0)[0]
    normal = sum(bool(s) and not a for v, s in zip(abnormal, scored, strict=True) for a, s in zip(v, s, strict=True))
    assert hours == pytest.approx(normal / 36000)
    rate = false_alarms(flagged, abnormal, 10.0, scored)
    assert math.isnan(rate) if not normal else rate == pytest.approx(false * 36000 / normal)
    quiet = [
        f
        for video, s in zip(videos, scored, strict=True)
        for (f, a), could in zip(video, s, strict=True)
        if could and not a
    ]
    share = normal_flagged(flagged, abnormal, scored)
    assert math.isnan(share) if not quiet else share == np.mean(quiet)


def test_what_does_not_match_is_refused():
    for metric in (detection_delay, events_found, longest_delay, false_alarms):
        with pytest.raises(ValueError, match="same videos"):
            metric([[1]], [[1], [0]], 10.0)
        with pytest.raises(ValueError, match=r"\(T,\)"):
            metric([[1, 0]], [[1]], 10.0)
        with pytest.raises(ValueError, match="frames per second"):
            metric([[1]], [[1]], 0.0)


def test_seconds_are_those_of_the_time_stamps():
    times = [[0.0, 0.1, 0.2, 5.0, 5.1, 7.0]]
    flagged, abnormal = [[1, 0, 0, 0, 0, 1]], [[0, 0, 1, 1, 1, 1]]
    assert detection_delay(flagged, abnormal, times) == pytest.approx(6.8)
    false, hours = counted(flagged, abnormal, times)
    assert false == 1 and hours == pytest.approx(0.2 / 3600)
    with pytest.raises(ValueError, match="one second for each frame"):
        detection_delay(flagged, abnormal, [[0.0, 0.1]])
