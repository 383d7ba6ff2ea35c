import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from metrics.xman import (
    by_chance,
    class_map,
    class_precision,
    eleven_point,
    macro,
    macro_by_chance,
)

CLASSES = [("object", "bicycle"), ("object", "truck"), ("action", "ride"), ("location", "on the grass")]


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 1e-9, 7e8]), st.booleans()), min_size=1, max_size=40))
def test_average_precision_is_scikit_learns(frames):
    scores, positive = zip(*frames, strict=True)
    if not any(positive):
        assert math.isnan(class_precision(scores, positive))
        return
    assert class_precision(scores, positive) == pytest.approx(average_precision_score(positive, scores))


@given(st.integers(0, 999), st.integers(1, 30))
def test_the_means_are_scikit_learns(seed, frames):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.random((frames, 4)), 1)
    positive = rng.random((frames, 4)) < 0.3
    result = class_map(scores, positive, CLASSES)
    each = {
        name: average_precision_score(positive[:, i], scores[:, i])
        for i, name in enumerate(CLASSES)
        if positive[:, i].any()
    }
    assert {k: v for k, v in result.per_class.items() if not math.isnan(v)} == pytest.approx(each)
    for got, chosen in (
        (result.map, CLASSES),
        (result.map_objects, CLASSES[:2]),
        (result.map_without_location, CLASSES[:3]),
    ):
        some = [each[name] for name in chosen if name in each]
        assert got == pytest.approx(np.mean(some)) if some else math.isnan(got)


def test_no_score_at_all_reaches_the_share_of_positive_frames():
    positive = np.array([1, 0, 0, 1, 0], bool)
    assert class_precision(np.zeros(5), positive) == pytest.approx(0.4)


def test_nothing_labelled_is_undefined_and_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = class_map(np.zeros((0, 4)), np.zeros((0, 4), bool), CLASSES)
    assert math.isnan(result.map) and math.isnan(result.map_objects)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"\(F, 4\)"):
        class_map(np.zeros((3, 3)), np.zeros((3, 3), bool), CLASSES)
    with pytest.raises(ValueError, match=r"\(F,\)"):
        class_precision(np.zeros(3), np.zeros(4, bool))


@given(st.integers(0, 999), st.integers(1, 40), st.integers(1, 5))
def test_macro_is_the_mean_of_each_videos_own_map(seed, frames, videos):
    rng = np.random.default_rng(seed)
    scores = np.where(rng.random((frames, 4)) < 0.2, -np.inf, np.round(rng.random((frames, 4)), 1))
    positive, video = rng.random((frames, 4)) < 0.3, 7 * rng.integers(0, videos, frames)
    each = [class_map(scores[video == v], positive[video == v], CLASSES).map for v in np.unique(video)]
    defined = [value for value in each if not math.isnan(value)]
    got = macro(scores, positive, video)
    assert got == pytest.approx(np.mean(defined)) if defined else math.isnan(got)


@given(st.integers(0, 999), st.integers(1, 40), st.integers(1, 5))
def test_macro_by_chance_is_macro_of_scores_that_are_all_alike(seed, frames, videos):
    rng = np.random.default_rng(seed)
    positive, video = rng.random((frames, 4)) < 0.2, 7 * rng.integers(0, videos, frames)
    alike = macro(np.zeros((frames, 4)), positive, video)
    got = macro_by_chance(positive, video)
    assert got == pytest.approx(alike) if not math.isnan(alike) else math.isnan(got)
    chance = by_chance(positive, CLASSES)
    twin = class_map(np.zeros((frames, 4)), positive, CLASSES)
    assert list(chance.per_class.values()) == pytest.approx(list(twin.per_class.values()), nan_ok=True)
    assert (chance.map, chance.map_objects, chance.map_without_location) == pytest.approx(
        (twin.map, twin.map_objects, twin.map_without_location), nan_ok=True
    )


@given(st.integers(0, 999), st.integers(1, 30))
def test_eleven_points_are_those_of_every_cut_gone_through(seed, frames):
    rng = np.random.default_rng(seed)
    scores = np.where(rng.random(frames) < 0.2, -np.inf, np.round(rng.random(frames), 1))
    positive = rng.random(frames) < 0.3
    if not positive.any():
        assert math.isnan(eleven_point(scores, positive))
        return
    cuts = [scores >= level for level in set(scores.tolist())]
    points = [(10 * (cut & positive).sum() / positive.sum(), (cut & positive).sum() / cut.sum()) for cut in cuts]
    best = [max(precision for recall, precision in points if recall >= tenth - 1e-9) for tenth in range(11)]
    assert eleven_point(scores, positive) == pytest.approx(np.mean(best))
