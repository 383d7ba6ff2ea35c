"""Metrics against scikit-learn, against naive definitions, and where they are undefined."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn import metrics as reference

from core.metrics import Decisions, FrameScores
from core.registry import collect
from metrics import pool
from metrics.auc_pr import auc_pr
from metrics.eer import eer
from metrics.f1 import f1, f1_oracle
from metrics.frame_auc import macro, micro_normalised, micro_raw, video_auc
from metrics.pool import auc_of

REGISTERED = collect("metrics", "METRICS")
METRICS = [name for name, metric in REGISTERED.items() if metric.needs in (FrameScores, Decisions)]
SCORE = st.one_of(st.integers(-4, 4).map(float), st.floats(-1e6, 1e6))
VIDEO = st.lists(st.tuples(SCORE, st.booleans()), min_size=1, max_size=30)
VIDEOS = st.lists(VIDEO, min_size=1, max_size=4)


def split(videos):
    return [np.array([s for s, _ in v]) for v in videos], [np.array([y for _, y in v]) for v in videos]


def flat(videos):
    scores, abnormal = split(videos)
    return np.concatenate(scores), np.concatenate(abnormal)


def of_both_classes(metric, videos):
    """Return all scores and labels; nothing where a class is missing and the metric is undefined, as it must be."""
    s, y = flat(videos)
    if y.any() and not y.all():
        return [(s, y)]
    assert math.isnan(metric(*split(videos)))
    return []


def value_of(name, scores, abnormal):
    """Compute a metric of frames, or of the frames that score above 0."""
    scores, abnormal = [np.asarray(s, float) for s in scores], [np.asarray(a, bool) for a in abnormal]
    metric = REGISTERED[name]
    if metric.needs is Decisions:
        return metric.run(Decisions([s > 0 for s in scores], [~np.isnan(s) for s in scores], abnormal))
    return metric.run(FrameScores(scores, scores, abnormal))


def same(ours, theirs):
    assert ours == pytest.approx(theirs, abs=1e-9, nan_ok=True)


@given(VIDEOS)
def test_micro_raw_is_scikit_learns_auc_and_the_naive_count_of_pairs(videos):
    for s, y in of_both_classes(micro_raw, videos):
        same(micro_raw(*split(videos)), reference.roc_auc_score(y, s))
        pairs = [(a > b) + 0.5 * (a == b) for a in s[y] for b in s[~y]]
        same(micro_raw(*split(videos)), np.mean(pairs))


@given(VIDEOS)
def test_micro_normalised_is_micro_raw_of_what_scikit_learn_scales(videos):
    scores, abnormal = split(videos)
    y = np.concatenate(abnormal)
    if y.any() and not y.all():
        scaled = np.concatenate([(s - s.min()) / (s.max() - s.min()) if np.ptp(s) else s * 0 for s in scores])
        same(micro_normalised(scores, abnormal), reference.roc_auc_score(y, scaled))


@given(VIDEOS)
def test_macro_is_the_mean_over_padded_videos(videos):
    scores, abnormal = split(videos)
    each = []
    for s, y in zip(scores, abnormal, strict=True):
        scaled = (s - s.min()) / (s.max() - s.min()) if np.ptp(s) else s * 0
        each.append(reference.roc_auc_score([0, *y, 1], [0, *scaled, 1]))
    same(macro(scores, abnormal), np.mean(each))


@given(VIDEOS)
def test_eer_is_where_the_interpolated_roc_crosses_the_diagonal(videos):
    for s, y in of_both_classes(eer, videos):
        fpr, tpr, _ = reference.roc_curve(y, s, drop_intermediate=False)
        # Along the curve itself: where it rises straight up, TPR is no function of FPR.
        along = np.arange(len(fpr))
        at = brentq(interp1d(along, 1 - tpr - fpr), 0, len(fpr) - 1)
        same(eer(*split(videos)), float(interp1d(along, fpr)(at)))


@given(VIDEOS)
def test_auc_pr_is_scikit_learns_average_precision(videos):
    s, y = flat(videos)
    if y.any():
        same(auc_pr(*split(videos)), reference.average_precision_score(y, s))


@given(VIDEOS, SCORE)
def test_f1_is_scikit_learns_at_any_threshold_and_the_oracle_is_their_best(videos, threshold):
    s, y = flat(videos)
    if y.any():
        same(f1(*split(videos), threshold), reference.f1_score(y, s > threshold))
        best = max(reference.f1_score(y, s >= t) for t in np.unique(s))
        same(f1_oracle(*split(videos)), best)


@given(VIDEOS)
def test_turning_a_score_round_turns_its_auc_round(videos):
    scores, abnormal = split(videos)
    same(micro_raw([-s for s in scores], abnormal), 1 - micro_raw(scores, abnormal))
    same(eer([-s for s in scores], abnormal), 1 - eer(scores, abnormal))


@given(VIDEOS, st.randoms(use_true_random=False))
@pytest.mark.parametrize("name", METRICS)
def test_the_order_of_frames_and_videos_has_no_influence(name, videos, random):
    before = value_of(name, *split(videos))
    shuffled = [random.sample(video, len(video)) for video in videos]
    same(value_of(name, *split(random.sample(shuffled, len(shuffled)))), before)


@given(VIDEOS, st.data())
@pytest.mark.parametrize("name", METRICS)
def test_frames_without_a_score_are_as_if_they_were_not_there(name, videos, data):
    scores, abnormal = split(videos)
    holes = [data.draw(st.lists(st.integers(0, len(s)), max_size=3)) for s in scores]
    with_holes = [np.insert(s, at, np.nan) for s, at in zip(scores, holes, strict=True)]
    labels = [np.insert(y, at, True) for y, at in zip(abnormal, holes, strict=True)]
    same(value_of(name, with_holes, labels), value_of(name, scores, abnormal))


@given(VIDEOS)
@pytest.mark.parametrize("name", METRICS)
def test_every_metric_lies_in_its_range_or_is_undefined(name, videos):
    value, (low, high) = value_of(name, *split(videos)), REGISTERED[name].range
    assert isinstance(value, float)
    assert math.isnan(value) or low <= value <= high


@pytest.mark.parametrize("label", [True, False])
def test_a_pool_of_one_class_has_no_auc_and_no_eer(label):
    for name in ("auc.micro_normalised", "auc.micro_raw", "eer"):
        assert math.isnan(value_of(name, [[1.0, 2.0]], [[label, label]]))
    assert 0 <= macro([[1.0, 2.0]], [[label, label]]) <= 1


@pytest.mark.parametrize("name", METRICS)
def test_nothing_scored_is_undefined(name):
    assert math.isnan(value_of(name, [[np.nan, np.nan]], [[True, False]]))
    assert math.isnan(value_of(name, [], []))


def test_no_abnormal_frame_leaves_precision_and_recall_undefined():
    for name in ("auc_pr", "f1", "f1_oracle"):
        assert math.isnan(value_of(name, [[1.0, 2.0]], [[False, False]]))


def test_a_constant_score_knows_nothing():
    constant, half = [np.zeros(8)], [np.arange(8) < 4]
    assert micro_raw(constant, half) == micro_normalised(constant, half) == 0.5
    assert eer(constant, half) == 0.5
    assert auc_pr(constant, half) == 0.5


def test_ties_count_half():
    assert auc_of(np.array([1.0, 1.0, 2.0]), np.array([False, True, True])) == 0.75


@pytest.mark.parametrize("extreme", [np.inf, -np.inf])
def test_an_infinite_score_is_the_strongest_and_spoils_no_other(extreme):
    scores = np.array([1.0, 3.0, 2.0, extreme])
    assert pool.normalised(scores)[:3].tolist() == [0, 1, 0.5]
    assert pool.normalised(scores)[3] == (extreme > 0)


@pytest.mark.parametrize("pair", [(-1.7e308, 1.7e308), (0.0, 5e-324), (1.0, 1.0 + 2**-52)])
def test_extreme_ranges_are_normalised(pair):
    assert pool.normalised(np.array(pair)).tolist() == [0, 1]


def test_an_all_abnormal_video_has_a_macro_auc():
    assert video_auc(np.array([0.0, 1.0]), np.array([True, True])) == pytest.approx(5 / 6)


def test_videos_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match=r"video 1: scores and abnormal must both be \(T,\), got \(2,\) and \(3,\)"):
        micro_raw([[1.0], [1.0, 2.0]], [[1], [1, 0, 0]])
    with pytest.raises(ValueError, match="of the same videos, got 1 and 2"):
        micro_raw([[1.0]], [[1], [0]])
