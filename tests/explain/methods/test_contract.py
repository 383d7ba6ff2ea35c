"""Every method on every kind of detector keeps the contract; what theory promises of a method is held, too."""

import dataclasses

import cv2
import numpy as np
import pytest
import torch

from core.errors import Cancelled, InputError
from core.registry import collect
from explain import faithfulness
from explain.attribution import Budget, attribute, reduced, strongest
from explain.methods import counterfactual_background
from explain.segments import segment
from pipeline.camera import detector_entries
from tests.explain.asking import SIZE, ask, asked_of, scorer, small

METHODS = collect("explain.methods", "METHODS")
LEAST = 18
"""Evaluations without which the regressions make no sense; granted in any case."""
FAMILIES = (
    "aa-cae", "bcae1", "bi-convgru-ae-l1-n", "convlstm-ae-l2-n", "decoupled-autoregressive", "decoupled-conv3d",
    "itae-flow", "ks-cae", "lntra-baseline", "seq2seq-convrnn-l1-y", "vqunet-prediction", "vqunet-reconstruction",
)  # fmt: skip
WIDE = (
    "bcae1", "ks-cae", "sa-cae", "vqunet-prediction", "convlstm-ae-l2-n", "lntra-baseline", "decoupled-conv3d", "itae",
    "bi-convgru-ae-l1-n",
)  # fmt: skip


@pytest.fixture(scope="module", params=FAMILIES)
def asked(request):
    detector = small(request.param)
    return (detector, *ask(detector))


def test_the_methods_that_were_promised_are_there():
    assert set(METHODS) >= {
        "residual", "shap-kernel", "shap-partition", "shap-gradient", "lime", "lrp-epsilon", "lrp-composite",
        "integrated-gradients", "occlusion", "counterfactual-region", "counterfactual-expected",
        "counterfactual-background",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_map_of_the_clips_size_within_the_budget(asked, name):
    detector, question, scale = asked
    steps = []
    asker = scorer(detector, scale, progress=steps.append)
    found = attribute(name, METHODS[name], question, asker)
    assert found.map.shape == SIZE and found.map.dtype == np.float32 and np.isfinite(found.map).all()
    assert found.map.any()
    assert found.frames.shape == (detector.window.span,) and np.isfinite(found.frames).all()
    assert found.evaluations == asker.evaluations <= max(48, LEAST + detector.window.span)
    assert steps == sorted(steps) and (not steps or steps[-1] == asker.passes >= found.evaluations)
    assert METHODS[name].cost(48) >= 0


@pytest.mark.parametrize("name", sorted(detector_entries()))
def test_relevance_goes_back_through_every_detector(name):
    detector = small(name)
    question, scale = ask(detector)
    found = attribute("lrp-composite", METHODS["lrp-composite"], question, scorer(detector, scale))
    assert np.isfinite(found.map).all() and found.map.any()
    assert found.raw.total > 0.02


@pytest.mark.parametrize("name", WIDE)
def test_the_composite_conserves_relevance_in_a_network_of_some_width(name):
    """In a narrow network some units get nothing positive at all, and what was theirs is lost."""
    detector = small(name, base=48)
    question, scale = ask(detector)
    found = attribute("lrp-composite", METHODS["lrp-composite"], question, scorer(detector, scale))
    assert found.raw.owed == pytest.approx(question.value, rel=1e-3)
    assert found.raw.total == pytest.approx(found.raw.owed, rel=0.05)


@pytest.mark.parametrize("name", ["shap-kernel", "shap-partition"])
def test_shapley_values_add_up_to_the_scores_difference(asked, name):
    detector, question, scale = asked
    found = attribute(name, METHODS[name], question, scorer(detector, scale, 120))
    empty = scorer(detector, scale)(question.fill.expand_as(question.window)[None])[0]
    assert found.raw.owed == pytest.approx(question.value - empty, abs=1e-5)
    assert found.raw.total == pytest.approx(found.raw.owed, abs=2e-3 * max(abs(found.raw.owed), 0.01))


@pytest.mark.parametrize("name", ["bcae1", "unet-prediction", "convlstm-ae-l2-n", "lntra-baseline"])
def test_integrated_gradients_are_complete(name):
    detector = small(name)
    question, scale = ask(detector)
    found = attribute("integrated-gradients", METHODS["integrated-gradients"], question, scorer(detector, scale))
    assert found.raw.total == pytest.approx(found.raw.owed, rel=0.02)
    assert found.raw.note == ""
    assert found.frames.sum() == pytest.approx(found.raw.total, rel=1e-3)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_the_same_seed_gives_the_same_map(name):
    detector = small("vqunet-prediction")
    question, scale = ask(detector)
    one, other = (attribute(name, METHODS[name], question, scorer(detector, scale)).map for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["lime", "shap-kernel"])
def test_another_seed_draws_other_coalitions_and_leaves_the_global_generator_alone(name):
    detector = small("vqunet-prediction")
    question, scale = ask(detector)
    before = np.random.get_state()[1].copy()
    one = attribute(name, METHODS[name], question, scorer(detector, scale)).map
    again = dataclasses.replace(question, seed=7)
    assert not np.array_equal(one, attribute(name, METHODS[name], again, scorer(detector, scale)).map)
    assert np.array_equal(before, np.random.get_state()[1])


def test_a_frame_without_error_has_nothing_to_explain():
    detector = small("bcae1")
    question, scale = ask(detector)
    silent = dataclasses.replace(question, heat=np.zeros_like(question.heat))
    found = attribute("lime", METHODS["lime"], silent, scorer(detector, scale))
    assert not found.map.any() and found.evaluations == 0
    assert "no error at all" in found.raw.note


def test_a_cancelled_method_says_how_far_it_was():
    detector = small("bcae1")
    question, scale = ask(detector)
    asker = scorer(detector, scale, cancelled=lambda: asker.evaluations > 10)
    with pytest.raises(Cancelled, match="cancelled after 12 evaluations"):
        attribute("lime", METHODS["lime"], question, asker)


@pytest.mark.parametrize("budget", [(0, 1.0), (-1, 1.0), (5, 0.0), (5, -2.0)])
def test_a_budget_of_nothing_is_refused(budget):
    with pytest.raises(InputError, match="at least one evaluation and some time"):
        Budget(*budget)


def test_seconds_limit_the_evaluations():
    detector = small("bcae1")
    question, scale = ask(detector)
    asker = scorer(detector, scale)
    asker.budget = Budget(5000, 0.15)
    assert 2 <= asker.allowance(question, 5000) < 5000


def test_batches_answer_as_one_window_at_a_time_does():
    detector = small("convlstm-ae-l2-n")
    question, scale = ask(detector)
    keep = torch.rand(19, *question.heat.shape, generator=torch.Generator().manual_seed(3)) > 0.5
    together = scorer(detector, scale).masked(question, keep)
    for row, kept in enumerate(keep):
        window = torch.where(kept, question.window, question.fill)
        with torch.no_grad():
            score = detector.predict_windows(window[None], question.heat.shape).score
        assert together[row] == pytest.approx(10.0 ** ((float(score) - scale.highest) / 10.0), rel=1e-3)


def test_only_the_target_becomes_what_was_expected():
    detector = small("vqunet-prediction")
    question, scale = ask(detector)
    keep = torch.ones(1, *question.heat.shape, dtype=torch.bool)
    assert scorer(detector, scale).score_target_replaced(question, keep)[0] == pytest.approx(question.value, rel=1e-4)
    # Where a frame is predicted, one that looks as predicted has no error.
    assert scorer(detector, scale).score_target_replaced(question, ~keep)[0] < 1e-4


def test_the_expected_counterfactuals_claim_is_true_of_the_pixels():
    detector = small("vqunet-prediction")
    question, scale = ask(detector, threshold=0.6)
    found = attribute(
        "counterfactual-expected", METHODS["counterfactual-expected"], question, scorer(detector, scale, 99)
    )
    said = float(found.raw.note.split(" to ")[1].split(",")[0])
    values = reduced(found.map, question.heat.shape)
    chosen = int(found.raw.note.split()[1])
    per_segment = np.array([values[question.segments == k].mean() for k in range(question.regions)])
    region = torch.from_numpy(np.isin(question.segments, np.argsort(-per_segment)[:chosen]))
    changed = question.window.clone()
    changed[question.target] = torch.where(region, question.expected, changed[question.target])
    with torch.no_grad():
        score = float(scale.of(detector.predict_windows(changed[None], question.heat.shape).score)[0])
    assert score == pytest.approx(said, abs=0.02)
    assert score < question.threshold


def naive_removal(question, detector, scale, steps):
    """Remove one step after another, each window asked alone, every pixel looked at in turn."""
    heat, gone = question.heat, np.zeros(question.heat.shape, bool)

    def look():
        keep = torch.from_numpy(~gone)
        with torch.no_grad():
            answer = detector.predict_windows(torch.where(keep, question.window, question.fill)[None], gone.shape)
        return float(scale.of(answer.score)[0]), answer.saliency[0].numpy()

    gone[:] = True
    empty, unavoidable = look()
    gone[:] = False
    counts, scores = [], []
    for i in range(1, steps + 1):
        wanted = round(0.5 * (i / steps) ** 2 * gone.size)
        excess = cv2.GaussianBlur(heat - unavoidable, (0, 0), 1.0)
        while gone.sum() < wanted:
            left = [(-excess[y, x], y, x) for y, x in zip(*np.nonzero(~gone), strict=True)]
            _, y, x = min(left)
            gone[y, x] = True
        score, heat = look()
        counts.append(int(gone.sum()))
        scores.append(score)
        if score <= empty or (wanted >= 0.05 * gone.size and score > (question.value + empty) / 2):
            break
    return gone, counts, scores


def test_the_gradient_says_what_each_pixel_of_background_would_do():
    detector = small("decoupled-conv3d")
    question, scale = ask(detector)
    gone = np.zeros(question.heat.shape, bool)
    gone[:, :8] = True
    score, slopes = counterfactual_background._slope(gone, question, scorer(detector, scale))
    for y, x in ((3, 4), (12, 20), (30, 47)):
        answers = []
        for step in (-0.02, 0.02):
            share = torch.from_numpy(~gone).float()
            share[y, x] += step
            window = question.window * share + question.fill * (1.0 - share)
            answers.append(float(scorer(detector, scale)(window[None])[0]))
        assert slopes[y, x] == pytest.approx((answers[1] - answers[0]) / 0.04, rel=0.05, abs=1e-5)
    assert score == pytest.approx(float(scorer(detector, scale).masked(question, torch.from_numpy(~gone)[None])[0]))


def test_the_gradient_leads_where_the_error_map_does_not(monkeypatch):
    detector = small("vqunet-prediction", base=8)
    question, scale = ask(detector)
    told, noise = detector.predict_windows, torch.rand(1, 32, 48, generator=torch.Generator().manual_seed(2))

    def blind(windows, size):
        return dataclasses.replace(told(windows, size), saliency=noise.expand(len(windows), -1, -1))

    monkeypatch.setattr(detector, "predict_windows", blind)
    question = dataclasses.replace(question, heat=noise[0].numpy())
    areas = {}
    for evaluations in (96, 12 + detector.window.span):
        asker = scorer(detector, scale, evaluations)
        found = attribute("counterfactual-background", METHODS["counterfactual-background"], question, asker)
        values = reduced(found.map, question.heat.shape)
        areas[evaluations] = faithfulness.curves(values, question, scorer(detector, scale)).deletion_auc
        assert ("gradient" in found.raw.note) == (evaluations == 96)
    assert areas[96] < 0.5 * areas[12 + detector.window.span]


@pytest.mark.parametrize("name", ["bcae1", "vqunet-prediction"])
def test_pixels_become_background_step_by_step_as_one_by_one(name):
    detector = small(name)
    question, scale = ask(detector, threshold=0.6)
    asker = scorer(detector, scale, 9 + detector.window.span)
    found = METHODS["counterfactual-background"].run(question, asker)
    gone, counts, scores = naive_removal(question, detector, scale, 8)
    assert asker.evaluations == len(counts) + 1 <= 9
    assert not found.values[~gone].any()
    under = [i for i, score in enumerate(scores) if score < 0.6]
    step = under[0] if under else int(np.argmin(scores))
    assert f"{counts[step] / gone.size:.1%} of the picture as background" in found.note
    assert f"falls from {question.value:.2f} to {scores[step]:.2f}" in found.note


def test_removal_is_more_faithful_than_the_detectors_own_map_where_the_background_has_errors_too():
    detector = small("vqunet-prediction", base=8)
    question = ask(detector)[0]
    restless = torch.ones(32, 48, dtype=torch.bool)
    restless[:, :24] = False
    noise = torch.rand(1, 32, 48, generator=torch.Generator().manual_seed(1)).sub(0.5).sign()
    window, behind = (torch.where(restless, noise, x) for x in (question.window, question.fill))
    question, scale = asked_of(detector, window, behind)
    areas = {}
    for name in ("counterfactual-background", "residual"):
        found = attribute(name, METHODS[name], question, scorer(detector, scale))
        values = reduced(found.map, question.heat.shape)
        areas[name] = faithfulness.curves(values, question, scorer(detector, scale)).deletion_auc
    assert areas["counterfactual-background"] < 0.7 * areas["residual"]


def test_segments_leave_nothing_out_and_give_a_small_hot_place_its_own():
    detector = small("vqunet-prediction")
    behind, window = ask(detector)[0].fill, ask(detector)[0].window
    heat = np.full((32, 48), 1e-4, np.float32)
    heat[20:24, 30:33] = 1.0
    found = segment(window[-1], behind, heat, 12)
    assert np.array_equal(np.unique(found), np.arange(found.max() + 1))
    inside = found[21:23, 31]
    assert len(set(inside.tolist())) == 1
    assert (found == inside[0]).sum() <= 60


def test_the_strongest_share_of_a_map():
    values = np.arange(100, dtype=np.float32).reshape(10, 10)
    assert strongest(values, 0.1).sum() == 10 and strongest(values, 0.1)[9].all()
    assert not strongest(-values, 0.5)[1:].any()
