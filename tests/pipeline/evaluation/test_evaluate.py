"""Evaluation of a camera on clips made here, against a frame-by-frame twin and scikit-learn."""

import json

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from cli import evaluation_text
from core.clock import Clock
from core.contracts import Truth
from core.device import choose
from core.errors import DataError, WeightsError
from core.metrics import Decisions, Events, FrameScores
from core.registry import collect
from pipeline.evaluation import plan
from pipeline.evaluation.evaluate import evaluate
from pipeline.evaluation.figures import Scored, summarise_scores
from pipeline.events import find_events
from tests.pipeline.clips import Clip
from tests.spoilt import spoil_scores


class Made:
    name = "made"

    def __init__(self, lengths=(40, 33), off=0):
        rng = np.random.default_rng(3)
        self.clips, self.off = [], off
        for number, length in enumerate(lengths):
            images = np.full((length, 48, 64, 3), 90, np.uint8) + rng.integers(0, 6, (length, 48, 64, 3), np.uint8)
            images[15:28, 10:30, 20:40] = rng.integers(0, 256, (13, 20, 20, 3), np.uint8)
            self.clips.append(Clip(f"clip{number}", images))

    def training(self):
        return ()

    def test(self):
        return self.clips

    def truth(self, clip):
        abnormal = np.zeros(len(clip.images) + self.off, bool)
        abnormal[15:28] = True
        return Truth(abnormal, None, "made/1")


def summary(clips):
    return summarise_scores(clips).as_json()


def twin(camera, dataset, runtime):
    """Score each frame from its own window alone."""
    detector, found = camera.build(runtime), []
    span, target = detector.window.span, detector.window.target
    for clip in dataset.test():
        scores = np.full(len(clip.images), np.nan)
        for last in range(span - 1, len(clip.images)):
            window = torch.from_numpy(clip.images[None, last + 1 - span : last + 1])
            scores[last + 1 - span + target] = detector.predict(window).score.item() - camera.normality.median
        found.append(scores)
    return found


def test_scores_that_are_no_numbers_end_the_evaluation(tiny_camera, monkeypatch):
    spoil_scores(monkeypatch, 9, float("inf"))
    with pytest.raises(WeightsError, match="a score of inf, which is no number"):
        evaluate(tiny_camera, Made(), choose("cpu", "float32"))


def test_figures_are_those_of_the_frame_by_frame_twin(tiny_camera):
    dataset, runtime = Made(), choose("cpu", "float32")
    said = []
    result = evaluate(tiny_camera, dataset, runtime, plan.job_of("tiny", "made", "cpu", said.append)).as_json()
    scores = twin(tiny_camera, dataset, runtime)
    truth = [dataset.truth(clip).abnormal for clip in dataset.test()]
    known = [~np.isnan(s) for s in scores]
    pooled, labels = (np.concatenate([a[k] for a, k in zip(x, known, strict=True)]) for x in (scores, truth))
    assert result["auc"]["micro_raw"] == pytest.approx(roc_auc_score(labels, pooled), abs=0.005)
    scaled = [(s - np.nanmin(s)) / (np.nanmax(s) - np.nanmin(s)) for s in scores]
    pooled = np.concatenate([s[k] for s, k in zip(scaled, known, strict=True)])
    assert result["auc"]["micro_normalised"] == pytest.approx(roc_auc_score(labels, pooled), abs=0.005)
    assert (result["frames"], result["scored"], result["abnormal"]) == (73, 63, 26)
    assert result["label_set"] == "made/1"
    assert "first 5 frames" in result["protocol"]
    flagged = [
        sum(e.last - e.first + 1 for e in find_events(s, tiny_camera.threshold, Clock.steady(10.0, len(s))))
        for s in scores
    ]
    assert [video["flagged"] for video in result["videos"]] == flagged
    scored = [p for p in said if p.stage == plan.SCORING]
    assert (scored[-1].done, scored[-1].total) == (73, 73) and said[-1].stage == plan.MEASURING_SCORES
    assert sorted(p.done for p in scored) == [p.done for p in scored]
    assert list(dict.fromkeys(p.stage for p in said)) == [plan.OPENING, plan.SCORING, plan.MEASURING_SCORES]
    assert all(p.left is not None and p.left > 0 for p in said)


def test_the_frames_index_is_measured_beside_it(tiny_camera):
    dataset = Made()
    result = evaluate(tiny_camera, dataset, choose("cpu", "float32")).as_json()
    index = np.concatenate([np.linspace(0, 1, len(clip.images) - 5) for clip in dataset.test()])
    labels = np.concatenate([dataset.truth(clip).abnormal[5:] for clip in dataset.test()])
    control = result["frame_index"]
    assert control["auc"]["micro_normalised"] == pytest.approx(roc_auc_score(labels, index))
    always = 2 * labels.sum() / (len(labels) + labels.sum())
    assert control["f1"] == pytest.approx(always)
    assert {"auc", "eer", "auc_pr", "f1", "f1_oracle", "gmean"} < control.keys() <= result.keys()


def test_it_is_valid_json_and_the_text_shows_every_figure(tiny_camera):
    made = evaluate(tiny_camera, Made(), choose("cpu", "float32"))
    result = made.as_json()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    text = evaluation_text.evaluation(made)
    shown = (FrameScores, Decisions, Events)
    for name in (name for name, metric in collect("metrics", "METRICS").items() if metric.needs in shown):
        assert name in text
    for value in (result["auc"]["micro_normalised"], result["frame_index"]["auc"]["micro_normalised"], result["eer"]):
        assert f"{value:.3f}" in text


def test_a_set_without_normal_frames_has_undefined_figures():
    scores = np.arange(20, dtype=np.float32)
    result = summary([Scored("a", scores, scores > 10, np.ones(20, bool))])
    assert result["auc"]["micro_raw"] is None
    assert result["eer"] is None
    assert json.dumps(result, allow_nan=False)


def test_a_video_too_short_to_be_scored_counts_nowhere():
    scores = np.arange(20, dtype=np.float32)
    whole = Scored("a", scores, scores > 10, scores > 12)
    nothing = Scored("b", np.full(3, np.nan, np.float32), np.zeros(3, bool), np.ones(3, bool))
    with_it, alone = summary([whole, nothing]), summary([whole])
    assert with_it["auc"] == alone["auc"]
    assert with_it["videos"][1]["auc"] is None
    assert (with_it["frames"], with_it["scored"]) == (23, 20)


@pytest.mark.parametrize("off", [-1, 1])
def test_a_truth_of_another_length_is_refused(tiny_camera, off):
    with pytest.raises(DataError, match=f"'clip0' has 40 frames and its truth {40 + off}"):
        evaluate(tiny_camera, Made(off=off), choose("cpu", "float32"))


def test_a_set_without_test_clips_is_refused(tiny_camera):
    with pytest.raises(DataError, match="no test clip"):
        evaluate(tiny_camera, Made(lengths=()), choose("cpu", "float32"))


@pytest.mark.footage
def test_on_ped2_the_frames_index_alone_reaches_three_quarters(footage_root):
    dataset = collect("footage", "DATASETS")["ped2"](footage_root)
    truths = [dataset.truth(clip).abnormal for clip in dataset.test()]
    scored = []
    for truth in truths:
        scores = np.zeros(len(truth), np.float32)
        scores[:5] = np.nan
        scored.append(Scored("", scores, np.zeros(len(truth), bool), truth))
    result = summary(scored)
    assert sum(map(len, truths)) == 2010
    assert sum(map(sum, truths)) == 1648
    assert result["frame_index"]["auc"]["micro_normalised"] == pytest.approx(0.7456, abs=0.0001)
    assert result["auc"]["micro_normalised"] == 0.5
