"""Smoothing against SciPy, normalisation against loops, and figures at thresholds against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.signal import savgol_filter
from sklearn import metrics as reference

from metrics.gmean import best_threshold, gmean, gmean_f1, gmean_precision, gmean_recall
from metrics.normalisation import NORMALISATIONS, sliding
from metrics.precision_recall import precision, recall
from metrics.smoothing import SMOOTHINGS, gaussian, savgol

SCORES = st.lists(st.one_of(st.integers(-4, 4).map(float), st.floats(-1e3, 1e3)), min_size=1, max_size=60)
LABELLED = st.lists(st.tuples(st.integers(-4, 4).map(float), st.booleans()), min_size=1, max_size=40)


@given(SCORES)
def test_savgol_is_scipys_and_a_line_through_a_short_video(scores):
    s = np.array(scores)
    width = min(15, len(s))
    if width == 15:
        assert savgol(s) == pytest.approx(savgol_filter(s, 15, 1), abs=1e-6)
    elif width > 1:
        assert savgol(s) == pytest.approx(np.polyval(np.polyfit(np.arange(width), s, 1), np.arange(width)), abs=1e-6)
    else:
        assert savgol(s).tolist() == scores


@given(SCORES)
def test_gaussian_is_scipys(scores):
    s = np.array(scores)
    if len(s) >= 12:
        assert gaussian(s) == pytest.approx(gaussian_filter1d(s, 3.0), abs=1e-6)
    assert len(gaussian(s)) == len(s)
    assert gaussian(s).max() <= s.max() + 1e-9


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=450))
def test_sliding_is_a_loop_over_the_200_frames_that_follow(scores):
    s = np.array(scores)
    width = min(200, len(s))
    for i, value in enumerate(sliding(s)):
        window = s[i : i + width] if i <= len(s) - width else s[-width:]
        low, high = window.min(), window.max()
        assert value == pytest.approx((s[i] - low) / (high - low) if high > low else 0.0)


@pytest.mark.parametrize("way", [*SMOOTHINGS.values(), *NORMALISATIONS.values()])
def test_every_way_keeps_the_length_of_the_shortest_videos(way):
    for length in (0, 1, 2, 14, 15, 16):
        assert way(np.full(length, 2.0)).shape == (length,)


@given(LABELLED, st.integers(-4, 4))
def test_precision_and_recall_are_scikit_learns(frames, threshold):
    s, y = np.array([f for f, _ in frames]), np.array([a for _, a in frames])
    flagged = s > threshold
    got = precision([s], [y], threshold), recall([s], [y], threshold)
    assert math.isnan(got[0]) if not flagged.any() else got[0] == reference.precision_score(y, flagged)
    assert math.isnan(got[1]) if not y.any() else got[1] == reference.recall_score(y, flagged)


@given(LABELLED)
def test_the_balanced_threshold_is_the_best_of_all(frames):
    s, y = np.array([f for f, _ in frames]), np.array([a for _, a in frames])
    if y.all() or not y.any():
        assert math.isnan(best_threshold(s, y))
        assert all(math.isnan(f([s], [y])) for f in (gmean, gmean_precision, gmean_recall, gmean_f1))
        return
    balances = {t: math.sqrt((s >= t)[y].mean() * (1 - (s >= t)[~y].mean())) for t in set(s.tolist())}
    best = best_threshold(s, y)
    assert balances[best] == pytest.approx(max(balances.values()))
    assert gmean([s], [y]) == pytest.approx(balances[best])
    flagged = s >= best
    assert gmean_precision([s], [y]) == pytest.approx(reference.precision_score(y, flagged))
    assert gmean_recall([s], [y]) == pytest.approx(reference.recall_score(y, flagged))
    assert gmean_f1([s], [y]) == pytest.approx(reference.f1_score(y, flagged))
