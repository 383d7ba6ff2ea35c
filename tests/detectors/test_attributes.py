"""Surprisal of attributes: tails, terms that add up, and what little footage allows."""

import numpy as np
import pytest

from core.errors import DataError
from core.things import Things
from detectors.attributes import CLASS, TERMS, AttributeModel, Tail, scores


def walkers(count=40, steps=30, seed=0, label="person", speed=0.7, confidence=0.9):
    """Tracks of people who are taller the lower they stand, and walk at about the same speed."""
    rng = np.random.default_rng(seed)
    bottom = np.repeat(rng.uniform(60, 180, count), steps)
    height = 10 + bottom / 4 * np.exp(0.05 * rng.standard_normal(len(bottom)))
    width = height * 0.4 * np.exp(0.05 * rng.standard_normal(len(bottom)))
    pace = np.repeat(speed * np.exp(0.15 * rng.standard_normal(count)), steps)
    limbs = 0.2 * np.exp(0.1 * rng.standard_normal(len(bottom)))
    frames = np.tile(np.arange(steps), count)
    order = np.argsort(frames, kind="stable")
    x = rng.uniform(0, 300, len(bottom))
    boxes = np.stack([x, bottom - height, x + width, bottom], axis=1).astype(np.float32)
    values = np.stack([pace, limbs, width / height, height], axis=1)
    return Things(frames[order], np.repeat(np.arange(count), steps)[order], (label,) * len(bottom), boxes[order],
                  np.full(len(bottom), confidence), values[order], np.zeros(len(bottom), bool),
                  np.arange(steps))  # fmt: skip


def one(label="person", speed=0.7, limbs=0.2, width=0.4, height=40.0, bottom=120.0, confidence=0.9, cut=False):
    box = np.array([[100, bottom - height, 100 + width * height, bottom]], np.float32)
    return Things(np.array([3]), np.array([0]), (label,), box, np.array([confidence]),
                  np.array([[speed, limbs, width, height]]), np.array([cut]), np.arange(10))  # fmt: skip


@pytest.fixture(scope="module")
def model():
    return AttributeModel.fit([walkers(), walkers(seed=1)])


@pytest.mark.parametrize(
    ("thing", "term"),
    [
        ({"speed": 4.0}, "speed"), ({"limbs": 2.0}, "limbs"), ({"width": 2.0}, "width"), ({"height": 110.0}, "height"),
        ({"label": "truck"}, CLASS),
    ],
)  # fmt: skip
def test_what_is_strange_stands_in_its_own_term_alone(model, thing, term):
    found = model.terms(one(**thing))
    assert tuple(found) == TERMS
    assert found[term][0] > 0.5
    assert [name for name in TERMS if found[name][0] > 0] == [term]


def test_what_is_usual_has_no_surprise(model):
    assert all(values[0] == 0 for values in model.terms(one()).values())


def test_shape_is_not_judged_where_the_edge_cuts_a_box_off(model):
    found = model.terms(one(width=2.0, height=110.0, speed=4.0, cut=True))
    assert found["width"][0] == found["height"][0] == 0 < found["speed"][0]


def test_height_is_judged_where_a_thing_stands(model):
    near = model.terms(one(height=55.0, bottom=180.0))["height"][0]
    far = model.terms(one(height=55.0, bottom=60.0))["height"][0]
    assert near == 0 and far > 1


def test_faster_is_never_less_surprising(model):
    terms = [model.terms(one(speed=speed))["speed"][0] for speed in (0.1, 0.7, 1.0, 2.0, 4.0, 8.0)]
    assert terms == sorted(terms) and terms[-1] > terms[-2] > 0


def test_a_class_that_comes_often_is_no_news():
    often = AttributeModel.fit([walkers(), walkers(label="bicycle", seed=2)])
    never = AttributeModel.fit([walkers()])
    assert often.terms(one("bicycle"))[CLASS][0] == 0 < never.terms(one("bicycle"))[CLASS][0]
    unsure = never.terms(one("bicycle", confidence=0.3))[CLASS][0]
    assert unsure < never.terms(one("bicycle"))[CLASS][0]


def test_the_surest_of_many_is_no_news(model):
    assert model.terms(one(confidence=0.999))[CLASS][0] == 0


def test_little_footage_makes_less_of_the_same_speed():
    short = AttributeModel.fit([walkers(count=20)]).terms(one(speed=3.0))["speed"][0]
    long = AttributeModel.fit([walkers(count=400, steps=10)]).terms(one(speed=3.0))["speed"][0]
    assert 0 < short < long


def test_a_tail_is_a_probability():
    values = np.random.default_rng(0).exponential(1.0, 20_000)
    tail = Tail.of(values, np.arange(20_000))
    fresh = np.random.default_rng(1).exponential(1.0, 20_000)
    told = tail.surprisal(fresh)
    for nats in (1.0, 3.0, 5.0, 7.0):
        assert (told >= nats).mean() == pytest.approx(np.exp(-nats), rel=0.35)


def test_a_label_with_few_boxes_is_compared_with_everything():
    model = AttributeModel.fit([walkers(), walkers(count=2, label="dog", speed=3.0, seed=3)])
    assert set(model.tails) == {"every label", "person"}
    assert model.terms(one("dog", speed=3.0))["speed"][0] <= model.terms(one("person", speed=3.0))["speed"][0]


def test_a_frames_score_is_its_strangest_things(model):
    things = Things.together([one(speed=4.0), one(width=2.0)])
    terms = model.terms(things)
    whole = sum(terms.values())
    found = scores(things, terms, 12)
    assert found[3] == pytest.approx(whole.max())
    assert found.shape == (12,) and found[5:].max() == 0


def test_frames_between_two_looks_are_interpolated(model):
    thing = one(speed=4.0)
    sparse = Things(np.array([4]), thing.tracks, thing.labels, thing.boxes, thing.confidence, thing.values, thing.cut,
                    np.array([0, 4, 8]))  # fmt: skip
    found = scores(sparse, model.terms(sparse), 9)
    assert found[2] == pytest.approx(found[4] / 2) and found[8] == 0


def test_too_little_footage_is_refused():
    with pytest.raises(DataError, match="shows 30 boxes of objects; attributes need 500"):
        AttributeModel.fit([walkers(count=1)])
