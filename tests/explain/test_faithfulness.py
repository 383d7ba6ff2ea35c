"""Each figure of a map, against a twin written without haste."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explain import faithfulness
from tests.explain.asking import ask, scorer, small

MAPS = arrays(np.float32, (6, 9), elements=st.floats(-4, 4, width=16))
MASKS = arrays(np.bool_, (6, 9))


@pytest.fixture(scope="module")
def asked():
    detector = small("vqunet-prediction")
    return (detector, *ask(detector))


def test_curves_are_those_of_one_removal_after_the_other(asked):
    detector, question, scale = asked
    steps = 7
    found = faithfulness.curves(question.heat, question, scorer(detector, scale, 99), steps)
    ranks = faithfulness.order(question.heat)

    def score(there):
        window = torch.where(torch.from_numpy(there).view(question.heat.shape), question.window, question.fill)
        with torch.no_grad():
            return float(scale.of(detector.predict_windows(window[None], question.heat.shape).score)[0])

    whole, empty = score(np.ones(ranks.size, bool)), score(np.zeros(ranks.size, bool))
    area = dict.fromkeys(("deletion", "insertion"), 0.0)
    for kind in area:
        told = []
        for i in range(steps + 1):
            gone = ranks < round((i / steps) ** 2 * ranks.size)
            told.append(min(1.0, max(0.0, (score(~gone if kind == "deletion" else gone) - empty) / (whole - empty))))
        for i in range(steps):
            area[kind] += (told[i] + told[i + 1]) / 2 * (((i + 1) / steps) ** 2 - (i / steps) ** 2)
    assert found.deletion_auc == pytest.approx(area["deletion"], abs=1e-4)
    assert found.insertion_auc == pytest.approx(area["insertion"], abs=1e-4)
    assert found.deletion[0] == found.insertion[-1] == 1.0
    assert found.deletion[-1] == found.insertion[0] == 0.0


def test_removing_what_is_wrong_first_is_better_than_last(asked):
    detector, question, scale = asked
    best = faithfulness.curves(question.heat, question, scorer(detector, scale, 99))
    worst = faithfulness.curves(-question.heat, question, scorer(detector, scale, 99))
    assert best.deletion_auc < worst.deletion_auc
    assert best.insertion_auc > worst.insertion_auc


def test_nothing_can_be_removed_from_the_background_itself(asked):
    import dataclasses

    detector, question, scale = asked
    empty = dataclasses.replace(question, window=question.fill.expand_as(question.window).clone())
    assert faithfulness.curves(question.heat, empty, scorer(detector, scale, 99)) is None


@given(MAPS, MASKS)
def test_mass_rank_and_pointing(values, mask):
    inside = total = 0.0
    for y in range(6):
        for x in range(9):
            total += max(float(values[y, x]), 0.0)
            inside += max(float(values[y, x]), 0.0) * mask[y, x]
    assert faithfulness.relevance_mass_accuracy(values, mask) == pytest.approx(inside / total if total else 0.0)
    ranks = faithfulness.order(values).reshape(6, 9)
    places = sorted(((y, x) for y in range(6) for x in range(9)), key=lambda place: ranks[place])
    count = int(mask.sum())
    hits = sum(bool(mask[place]) for place in places[:count])
    assert faithfulness.relevance_rank_accuracy(values, mask) == pytest.approx(hits / count if count else 0.0)
    top = np.unravel_index(values.argmax(), values.shape)
    near = [np.hypot(y - top[0], x - top[1]) for y in range(6) for x in range(9) if mask[y, x]]
    assert faithfulness.pointing_game(values, mask) == (bool(near) and min(near) <= 0.02 * 9)


@given(MAPS)
def test_the_order_is_by_value_and_no_rank_is_given_twice(values):
    ranks = faithfulness.order(values)
    assert sorted(ranks.tolist()) == list(range(54))
    flat = values.ravel()[np.argsort(ranks)]
    assert (np.diff(flat) <= 0).all()


@given(MAPS, MAPS)
def test_rank_correlation(one, other):
    def ranked(values):
        flat = values.ravel().tolist()
        return np.array([sum(v < x for v in flat) + (sum(v == x for v in flat) + 1) / 2 for x in flat])

    a, b = ranked(one), ranked(other)
    expected = 0.0 if a.std() == 0 or b.std() == 0 else float(np.corrcoef(a, b)[0, 1])
    assert faithfulness.rank_correlation(one, other) == pytest.approx(expected, abs=1e-9)


def test_agreement_is_the_mean_over_the_others():
    draw = np.random.default_rng(0)
    maps = {name: draw.random((5, 5)).astype(np.float32) for name in "abc"}
    found = faithfulness.agreement(maps)
    for name in maps:
        others = [faithfulness.rank_correlation(maps[name], maps[other]) for other in maps if other != name]
        assert found[name] == pytest.approx(np.mean(others))
    assert faithfulness.agreement({"a": maps["a"]}) == {}


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_randomising_shuffles_the_last_layers_and_keeps_their_weights(share):
    network = small("bcae1")
    before = copy.deepcopy(network)
    faithfulness.randomise(network, share, seed=1)
    layers = list(zip(faithfulness.layers(before), faithfulness.layers(network), strict=True))
    count = max(1, round(share * len(layers)))
    for place, (old, new) in enumerate(layers):
        for a, b in zip(old.parameters(recurse=False), new.parameters(recurse=False), strict=True):
            assert torch.equal(a, b) == (place >= count or a.ndim == 1 or a.numel() == 1)
            assert torch.equal(a.flatten().sort().values, b.flatten().sort().values)


def test_sanity_is_of_the_fully_random_network():
    asked = []
    draw = np.random.default_rng(0)
    base = draw.random((8, 8)).astype(np.float32)

    def explain(share):
        asked.append(share)
        return base if share == 1.0 else -base

    assert faithfulness.sanity(base, explain) == pytest.approx(1.0)
    assert asked == [1.0]


def test_noise_is_small_and_stays_in_range():
    window = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    noisy = faithfulness.noisy(window, -1.0, 1.0, seed=0)
    assert noisy.min() >= -1 and noisy.max() <= 1
    assert 0 < (noisy - window).abs().max() < 0.1
    assert torch.equal(noisy, faithfulness.noisy(window, -1.0, 1.0, seed=0))
