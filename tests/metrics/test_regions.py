"""Pixel-level AUC, RBDC and TBDC against twins that go through thresholds, frames and boxes one by one."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from core.metrics import PredictedRegions, Regions
from metrics._regions import _under, matches
from metrics.pixel_auc import frame_value, pixel_auc
from metrics.rbdc import rbdc
from metrics.tbdc import tbdc

BOX = st.tuples(*[st.integers(0, 6)] * 2, *[st.integers(1, 5)] * 2)
PREDICTION = st.tuples(st.integers(0, 4), BOX, st.integers(-3, 3), st.integers(1, 4))
TRUTH = st.tuples(st.integers(0, 4), BOX, st.integers(0, 2))


def regions(rows):
    boxes = [(x, y, x + w, y + h) for _, (x, y, w, h), *_ in rows]
    return Regions(np.array([r[0] for r in rows], np.int64), np.array(boxes, np.float64).reshape(-1, 4))


def overlap(a, b):
    wide, high = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    if wide <= 0 or high <= 0:
        return 0.0
    areas = [(x[2] - x[0]) * (x[3] - x[1]) for x in (a, b)]
    return wide * high / (areas[0] + areas[1] - wide * high)


def twin(predicted, truth, tracks, frames):
    """Both criteria, threshold by threshold and box by box."""
    points = {"region": [(0.0, 0.0)], "track": [(0.0, 0.0)]}
    for level in sorted(set(predicted.high.tolist()), reverse=True):
        false, found = 0, set()
        for i in range(len(predicted.regions)):
            if not predicted.low[i] < level <= predicted.high[i]:
                continue
            hits = [
                j
                for j in range(len(truth))
                if truth.frame[j] == predicted.regions.frame[i]
                and overlap(predicted.regions.box[i], truth.box[j]) >= 0.1
            ]
            found |= set(hits)
            false += not hits
        share = {t: np.mean([j in found for j in range(len(truth)) if tracks[j] == t]) for t in set(tracks)}
        points["region"].append((false / frames, len(found) / len(truth)))
        points["track"].append((false / frames, np.mean([s >= 0.1 for s in share.values()])))
    return area_of(points["region"]), area_of(points["track"])


def area_of(points):
    """Area from 0 to 1 under the best that is reached at no more than x, straight in between."""
    best = {}
    for x, y in points:
        best[x] = max(best.get(x, 0.0), y)
    xs, ys, top = [], [], 0.0
    for x in sorted(best):
        top = max(top, best[x])
        xs.append(x)
        ys.append(top)
    grid = sorted({*[x for x in xs if x <= 1], 0.0, 1.0})
    values = np.interp(grid, xs, ys)
    return sum((b - a) * (u + v) / 2 for a, b, u, v in zip(grid, grid[1:], values, values[1:], strict=False))


@given(st.lists(PREDICTION, max_size=12), st.lists(TRUTH, min_size=1, max_size=8), st.booleans())
def test_both_criteria_are_those_of_the_naive_twin(predictions, annotated, cut):
    truth, tracks = regions(annotated), [t for *_, t in annotated]
    high = np.array([float(p[2]) for p in predictions])
    low = high - [p[3] for p in predictions] if cut else np.full(len(high), -np.inf)
    predicted = PredictedRegions(regions(predictions), low, high)
    by_region, by_track = twin(predicted, truth, tracks, 5)
    assert rbdc(predicted, truth, 5) == pytest.approx(by_region)
    assert tbdc(predicted, truth, tracks, 5) == pytest.approx(by_track)


@given(st.lists(TRUTH, min_size=1, max_size=8))
def test_predicting_what_is_annotated_finds_all(annotated):
    truth, tracks = regions(annotated), [t for *_, t in annotated]
    predicted = PredictedRegions.scored(truth, np.ones(len(truth)))
    assert rbdc(predicted, truth, 5) == pytest.approx(1)
    assert tbdc(predicted, truth, tracks, 5) == pytest.approx(1)


def test_nothing_predicted_finds_nothing_and_nothing_annotated_is_undefined():
    truth, none = regions([(0, (0, 0, 2, 2), 0)]), regions([])
    nothing = PredictedRegions.scored(none, np.empty(0))
    assert rbdc(nothing, truth, 3) == tbdc(nothing, truth, [0], 3) == 0
    assert math.isnan(rbdc(nothing, none, 3))
    assert math.isnan(tbdc(nothing, none, [], 3))


def test_a_curve_goes_on_flat_and_is_cut_at_one_false_region_per_frame():
    assert _under(np.array([0.0, 0.5]), np.array([0.0, 1.0])) == pytest.approx(0.25 + 0.5)
    assert _under(np.array([0.0, 2.0]), np.array([0.0, 1.0])) == pytest.approx(0.25)


def test_what_does_not_match_is_refused():
    box = regions([(0, (0, 0, 2, 2), 0)])
    with pytest.raises(ValueError, match="low and high"):
        PredictedRegions.scored(box, [1.0, 2.0])
    with pytest.raises(ValueError, match="NaN"):
        PredictedRegions.scored(box, [np.nan])
    with pytest.raises(ValueError, match=r"tracks must be \(1,\)"):
        tbdc(PredictedRegions.scored(box, [1.0]), box, [1, 2], 3)
    with pytest.raises(ValueError, match="at least 1"):
        rbdc(PredictedRegions.scored(box, [1.0]), box, 0)
    with pytest.raises(ValueError, match="box must be"):
        Regions(np.zeros(2, np.int64), np.zeros((1, 4)))


def naive_matches(predicted, truth):
    return [
        (i, j)
        for i in range(len(predicted))
        for j in np.flatnonzero(truth.frame == predicted.frame[i])
        if overlap(predicted.box[i], truth.box[j]) >= 0.1
    ]


def made(count, seed):
    rng = np.random.default_rng(seed)
    corner, side = rng.uniform(0, 300, (count, 2)), rng.uniform(5, 60, (count, 2))
    return Regions(rng.integers(0, 2000, count), np.concatenate([corner, corner + side], 1))


def test_pairs_are_those_of_a_loop_over_boxes():
    one, other = matches(made(300, 0), made(200, 1))
    assert sorted(zip(one.tolist(), other.tolist(), strict=True)) == sorted(naive_matches(made(300, 0), made(200, 1)))


def test_it_is_many_times_faster_than_the_twin():
    predictions, truth = made(600, 0), made(400, 1)
    predicted, tracks = PredictedRegions.scored(predictions, np.arange(600) % 40 / 40), np.arange(400) // 50
    began = time.process_time()
    slow = twin(predicted, truth, tracks.tolist(), 2000)
    naive, began = time.process_time() - began, time.process_time()
    for _ in range(5):
        fast = rbdc(predicted, truth, 2000), tbdc(predicted, truth, tracks, 2000)
    ours = (time.process_time() - began) / 5
    assert fast == pytest.approx(slow)
    assert naive / ours > 50


HEAT = st.lists(st.tuples(st.lists(st.integers(0, 5), min_size=6, max_size=6), st.integers(0, 63)), min_size=1)


@given(HEAT)
def test_pixel_auc_is_that_of_every_threshold_gone_through(frames):
    made = [
        (np.array(h).reshape(2, 3), np.array([m >> i & 1 for i in range(6)], bool).reshape(2, 3)) for h, m in frames
    ]
    truth = np.array([mask.any() for _, mask in made])
    if truth.all() or not truth.any():
        assert math.isnan(pixel_auc(made))
        return
    curve = [(0.0, 0.0)]
    for level in range(6, -1, -1):
        flagged = [(h >= level)[m].sum() >= 0.4 * m.sum() if m.any() else (h >= level).any() for h, m in made]
        curve.append((np.mean(np.array(flagged)[~truth]), np.mean(np.array(flagged)[truth])))
    x, y = zip(*curve, strict=True)
    assert pixel_auc(made) == pytest.approx(np.trapezoid(y, x))
    assert pixel_auc(made) == pytest.approx(roc_auc_score(truth, [frame_value(h, m)[0] for h, m in made]))


def test_forty_per_cent_of_five_pixels_are_two():
    heat, mask = np.arange(10.0).reshape(2, 5), np.zeros((2, 5), bool)
    mask[1] = True
    assert frame_value(heat, mask) == (8.0, True)
    assert frame_value(heat, mask, 1.0) == (5.0, True)


def test_pixels_without_heat_are_cold():
    assert frame_value([[np.nan, 1.0]], [[False, False]]) == (1.0, False)
    with pytest.raises(ValueError, match=r"\(H, W\)"):
        frame_value([1.0], [True])
    with pytest.raises(ValueError, match="share"):
        frame_value([[1.0]], [[True]], 0.0)
