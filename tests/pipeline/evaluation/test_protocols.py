"""Each protocol against its published evaluator's rules, written out frame by frame here, on made-up scores."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import savgol_filter
from sklearn.metrics import auc, roc_auc_score, roc_curve

from core.datasets import Truth
from core.errors import UnknownNameError
from core.registry import collect
from pipeline.evaluation.evaluate_scores import evaluate_scores
from pipeline.evaluation.figures import Scored, summarise_scores
from pipeline.evaluation.protocols import PROTOCOLS, rules_for
from pipeline.evaluation.score_files import ClipScores, ScoreFile


def videos(seed, shortest=40):
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(3):
        length = int(rng.integers(shortest, shortest + 60))
        abnormal = np.zeros(length, bool)
        first = int(rng.integers(0, length - 10))
        abnormal[first : first + int(rng.integers(8, 30))] = True
        made.append((rng.normal(0, 1, length) + abnormal * rng.uniform(0, 2), abnormal))
    made[0][1][:12] = False
    return made


def ours(protocol, data, made):
    clips = [Scored(str(i), s.astype(np.float32), None, y) for i, (s, y) in enumerate(made)]
    return summarise_scores(clips, rules_for(protocol, data)).as_json()["auc"]["protocol"]


def roc(scores, labels):
    fpr, tpr, _ = roc_curve(np.concatenate(labels), np.concatenate(scores))
    return auc(fpr, tpr)


def min_max(s):
    return (s - min(s)) / (max(s) - min(s))


def from_frame(first, normalised=min_max):
    """An evaluator of the scores of frames ``first`` to the end, brought to [0, 1] in each clip."""
    return lambda made: ([normalised(s[first:]) for s, _ in made], [y[first:] for _, y in made])


def future_frame(made):
    """The whole record is brought to [0, 1], then its first four frames go."""
    return [min_max(s)[4:] for s, _ in made], [y[4:] for _, y in made]


def lntra(made):
    """Frame 8 of each window of 16 that fits: 8 to L - 8."""
    rows = [[i + 8 for i in range(len(s) - 15)] for s, _ in made]
    return [min_max(s[r]) for r, (s, _) in zip(rows, made, strict=True)], [
        y[r] for r, (_, y) in zip(rows, made, strict=True)
    ]


def itae(made):
    """A window's score, said of its frame 8, is pushed to its sixteen frames; each has the mean of what it got."""
    scores = []
    for s, _ in made:
        got = [[] for _ in s]
        for i, score in enumerate(s):
            for t in range(max(i - 8, 0), min(i + 8, len(s))):
                got[t].append(score)
        scores.append(min_max(np.array([np.mean(some) for some in got])))
    return scores, [y for _, y in made]


def sliding(s):
    n = min(200, len(s))
    window = [s[i : i + n] if i <= len(s) - n else s[-n:] for i in range(len(s))]
    return np.array([(v - w.min()) / (w.max() - w.min()) for v, w in zip(s, window, strict=True)])


EVALUATORS = [
    ("mnad", "ped2", from_frame(4)),
    ("future-frame", "avenue-3867", future_frame),
    ("lntra", "ped2", lntra),
    ("itae", "shanghaitech", itae),
    # Eight inputs two frames apart and a target six frames on, or six inputs: frame 20 or 16 is the first.
    ("decoupled", "ped1", from_frame(7 * 2 + 6)),
    ("decoupled", "avenue", from_frame(5 * 2 + 6, np.asarray)),
    ("decoupled", "shanghaitech-04", from_frame(16, sliding)),
    ("thesis", "subway-exit", from_frame(0, lambda s: savgol_filter(min_max(s), 15, 1))),
    ("vqunet", "ped2", from_frame(5)),
    ("whycam", "ped2", from_frame(0)),
]


@pytest.mark.parametrize(("protocol", "data", "evaluator"), EVALUATORS, ids=[f"{p}-{d}" for p, d, _ in EVALUATORS])
@pytest.mark.parametrize("shortest", [40, 220])
def test_the_same_scores_give_the_published_evaluators_auc(protocol, data, evaluator, shortest):
    for seed in range(4):
        made = [(s.astype(np.float32).astype(float), y) for s, y in videos(seed, shortest)]
        scores, labels = evaluator(made)
        assert ours(protocol, data, made) == pytest.approx(roc(scores, labels), abs=1e-9)


def test_every_protocol_is_held_against_an_evaluator():
    assert {protocol for protocol, *_ in EVALUATORS} == set(PROTOCOLS)


def test_data_sets_that_a_protocol_treats_by_themselves_exist():
    known = {name.partition("-")[0] for name in collect("footage", "DATASETS")}
    assert {data for by_data in PROTOCOLS.values() for data in by_data} - {""} <= known


@given(st.lists(st.floats(-5, 5, width=32), max_size=40), st.sampled_from(sorted(PROTOCOLS)))
def test_a_clip_too_short_to_be_scored_is_left_out(scores, protocol):
    rules = rules_for(protocol, "ped2")
    made = rules.apply(np.array(scores))
    assert made.shape == (len(scores),)
    counted = max(len(scores) - rules.first - rules.last, 0)
    assert int((~np.isnan(made)).sum()) == counted


def test_frames_without_a_score_stay_without():
    made = rules_for("thesis", "ped2").apply([np.nan, 1.0, 2.0, np.nan, 3.0])
    assert np.isnan(made).tolist() == [True, False, False, True, False]


def test_frames_at_the_ends_have_the_scores_of_the_windows_that_hold_them():
    scores = np.r_[np.full(8, np.nan), np.arange(9.0), np.full(7, np.nan)]
    made = replace(rules_for("itae", "ped2"), normalisation="none").apply(scores)
    expected = [np.mean([k for k in range(9) if k <= t < k + 16]) for t in range(24)]
    assert made.tolist() == pytest.approx(expected)
    assert np.isnan(rules_for("itae", "ped2").apply(np.full(10, np.nan))).all()


def test_another_normalisation_or_smoothing_is_printed():
    rules = rules_for("mnad", "ped2", "none", "gaussian")
    assert "as they are, then smoothed (Gaussian, 3 frames)" in rules.sentence()
    assert "the first 4 frames are left out" in rules.sentence()
    assert "take part in the normalisation" in rules_for("future-frame", "ped2").sentence()
    for wrong in ({"name": "x"}, {"normalisation": "x"}, {"smoothing": "x"}):
        with pytest.raises(UnknownNameError, match="known: "):
            rules_for(**({"name": "mnad", "data": "ped2"} | wrong))


def test_raw_and_normalised_stay_what_they_are_under_every_protocol():
    made = videos(3)
    clips = [Scored(str(i), s.astype(np.float32), None, y) for i, (s, y) in enumerate(made)]
    found = summarise_scores(clips, rules_for("itae", "ped2")).as_json()
    pooled = [np.concatenate([x[i] for x in made]) for i in (0, 1)]
    assert found["auc"]["micro_raw"] == pytest.approx(roc_auc_score(pooled[1], pooled[0]), abs=1e-6)
    assert found["auc"]["protocol"] == pytest.approx(found["auc"]["micro_normalised"])
    assert (found["f1"], found["alarms"]["false_alarms"], found["videos"][0]["flagged"]) == (None, None, None)


def test_it_is_said_which_frames_have_no_score():
    scores = np.r_[np.full(8, np.nan), np.arange(9.0), np.full(7, np.nan)].astype(np.float32)
    truths = [(None, Truth(np.arange(24) > 12, None, "made/1"))]
    found = ScoreFile("a", "b", "made", None, 8, (ClipScores("x", scores),))
    own, spread = (evaluate_scores(found, truths, rules_for(name, "made")).as_json() for name in ("whycam", "itae"))
    assert "The first 8 and the last 7 frames of each clip have no score and are left out." in own["protocol"]
    assert "have no score of their own." in spread["protocol"]
    assert "the mean of the windows of 16 that hold it" in spread["protocol"]
    assert (own["scored"], spread["scored"]) == (9, 24)
