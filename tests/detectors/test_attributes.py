"""Surprisal of attributes: tails, terms that add up, and what little footage allows."""

from dataclasses import replace

import numpy as np
import pytest

from core import weights
from core.checksums import sha256_of
from core.errors import DataError, WeightsError
from core.scored_things import EVERY
from core.things import Things
from detectors._attribute_known import GLIDE
from detectors._attribute_tails import Tail
from detectors.attributes import CLASS, FOLDS, TERMS, AttributeModel, cross_scored


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
    tracks = np.repeat(np.arange(count), steps)[order]
    looks = rng.normal([3.0, 0.0, 0.0, 1.0], 0.5, (count, 4))[tracks] + rng.normal(0, 0.1, (len(bottom), 4))
    unit = looks / np.linalg.norm(looks, axis=1, keepdims=True)
    return Things(frames[order], tracks, (label,) * len(bottom), boxes[order],
                  np.full(len(bottom), confidence), values[order], np.zeros(len(bottom), bool), np.arange(steps),
                  unit.astype(np.float32))  # fmt: skip


def one(label="person", speed=0.7, limbs=0.2, width=0.4, height=40.0, bottom=120.0, confidence=0.9, cut=False,
        look=(3.0, 0.0, 0.0, 1.0), looks=3):  # fmt: skip
    """One thing, the same in so many looks."""
    row = np.array([100, bottom - height, 100 + width * height, bottom])
    features = np.array([look]) / np.linalg.norm(look)
    return Things(3 + np.arange(looks), np.zeros(looks, np.int64), (label,) * looks, _rows(row, looks, np.float32),
                  np.full(looks, confidence), _rows([speed, limbs, width, height], looks), np.full(looks, cut),
                  np.arange(10), _rows(features[0], looks, np.float32))  # fmt: skip


def _rows(row, count, dtype=np.float64):
    return np.tile(np.array([row], dtype), (count, 1))


def terms(model, things):
    found = model.score(things)
    return dict(zip(found.names, found.nats.T, strict=True))


@pytest.fixture(scope="module")
def model():
    return AttributeModel.fit([walkers(), walkers(seed=1)])


@pytest.mark.parametrize(
    ("thing", "term"),
    [
        ({"speed": 4.0}, "speed"), ({"limbs": 2.0}, "limbs"), ({"width": 2.0}, "width"), ({"height": 110.0}, "height"),
        ({"label": "truck"}, CLASS), ({"look": (0.0, 3.0, -1.0, 0.0)}, "appearance"),
    ],
)  # fmt: skip
def test_what_is_strange_stands_in_its_own_term_alone(model, thing, term):
    found = terms(model, one(**thing))
    assert tuple(found) == TERMS
    assert found[term][0] > 0.5
    assert {name for name in TERMS if found[name][0] > 0} == {term, *([GLIDE] if term == "speed" else [])}


def test_who_is_fast_with_still_legs_glides(model):
    assert [name for name, nats in terms(model, one(speed=0.8, limbs=0.03)).items() if nats[0] > 0] == [GLIDE]
    assert np.isnan(model.score(one(speed=0.5, limbs=0.0)).measured[:, -1]).all()  # who stands, does not
    assert terms(model, one(speed=2.0, limbs=0.6))[GLIDE][0] == 0  # who runs, does not either


def test_what_is_usual_has_no_surprise(model):
    assert all(values[0] == 0 for values in terms(model, one()).values())


def test_shape_is_not_judged_where_the_edge_cuts_a_box_off(model):
    found = terms(model, one(width=2.0, height=110.0, speed=4.0, cut=True))
    assert found["width"][0] == found["height"][0] == 0 < found["speed"][0]


def test_height_is_judged_where_a_thing_stands(model):
    near = terms(model, one(height=55.0, bottom=180.0))["height"][0]
    far = terms(model, one(height=55.0, bottom=60.0))["height"][0]
    assert near == 0 and far > 1


def test_faster_is_never_less_surprising(model):
    found = [terms(model, one(speed=speed))["speed"][0] for speed in (0.1, 0.7, 1.0, 2.0, 4.0, 8.0)]
    assert found == sorted(found) and found[-1] > found[-2] > 0


def test_a_class_that_comes_often_is_no_news():
    often = AttributeModel.fit([walkers(), walkers(label="bicycle", seed=2)])
    never = AttributeModel.fit([walkers()])
    assert terms(often, one("bicycle"))[CLASS][0] == 0 < terms(never, one("bicycle"))[CLASS][0]
    unsure = terms(never, one("bicycle", confidence=0.3))[CLASS][0]
    assert unsure < terms(never, one("bicycle"))[CLASS][0]


def test_the_surest_of_many_is_no_news(model):
    assert terms(model, one(confidence=0.999))[CLASS][0] == 0


def test_little_footage_makes_less_of_the_same_speed():
    short = terms(AttributeModel.fit([walkers(count=20)]), one(speed=3.0))["speed"][0]
    long = terms(AttributeModel.fit([walkers(count=400, steps=10)]), one(speed=3.0))["speed"][0]
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
    assert set(model.tails) == set(model.normal) == {EVERY, "person"}
    assert terms(model, one("dog", speed=3.0))["speed"][0] <= terms(model, one("person", speed=3.0))["speed"][0]


def test_what_is_usual_is_told_in_the_unit_of_what_is_measured(model):
    found = model.score(one(speed=3.0, height=80.0))
    row = dict(zip(found.names, found.measured[0], strict=True))
    assert (row["speed"], row["limbs"], row["width"]) == (3.0, 0.2, 0.4) and row[CLASS] == 80
    assert row["height"] == pytest.approx(2.0, rel=0.05)
    usual = found.range_of("person", "speed")
    assert usual.quantiles[10] == pytest.approx(0.7, rel=0.1) and usual.quantiles[-1] < 3.0
    assert (usual.boxes, usual.tracks) == (2400, 80) and list(usual.quantiles) == sorted(usual.quantiles)
    assert found.range_of("person", "height").quantiles[10] == pytest.approx(1.0, rel=0.05)
    assert found.range_of("person", CLASS) is None
    assert found.things.features is None
    assert np.isnan(model.score(one(cut=True)).measured[0, 3:5]).all()


def test_what_is_not_measured_has_no_term(model):
    bare = replace(one(look=(0.0, 3.0, -1.0, 0.0)), features=None)
    found = model.score(bare)
    assert found.total[0] == 0 and np.isnan(found.measured[0, found.names.index("appearance")])
    plain = AttributeModel.fit([replace(walkers(seed=seed), features=None) for seed in range(2)])
    assert "appearance" not in plain.normal["person"]
    assert plain.score(one(look=(0.0, 3.0, -1.0, 0.0))).total[0] == 0
    other = replace(bare, features=np.ones((3, 7), np.float32))  # another object model's
    assert model.score(other).total[0] == 0


def test_what_the_object_model_doubts_counts_less(model):
    sure, unsure = (terms(model, one(speed=4.0, confidence=c))["speed"][0] for c in (0.9, 0.3))
    assert unsure == pytest.approx(sure / 3)


def test_what_was_hardly_seen_does_not_count(model):
    assert model.score(one(speed=4.0, looks=2)).total.tolist() == [0.0, 0.0]


def test_looks_are_measured_against_other_tracks():
    """Each track looks like nothing else: measured against itself, a new one would seem strange."""
    rng = np.random.default_rng(3)
    own = rng.standard_normal((200, 16))

    def clip(first):
        base = walkers(count=40, seed=first)
        looks = own[first + base.tracks] + 0.01 * rng.standard_normal((1200, 16))
        return replace(base, features=(looks / np.linalg.norm(looks, axis=1)[:, None]).astype(np.float32))

    model = AttributeModel.fit([clip(first) for first in (0, 40, 80, 120)])
    assert (terms(model, clip(160))["appearance"] > 0).mean() < 0.3


def test_a_clip_is_scored_by_what_the_others_show():
    clips = [walkers(seed=seed) for seed in range(5)]
    fast = walkers(count=3, steps=30, speed=5.0, seed=9)
    found = cross_scored([*clips, fast])
    assert [len(one.things) for one in found] == [1200] * 5 + [90]
    within = AttributeModel.fit([*clips, fast]).score(fast)
    assert np.median(found[-1].total) > 1.5 * np.median(within.total)
    assert found[0].normal == found[-1].normal
    assert (found[0].total == 0).mean() > 0.7


def test_one_long_clip_is_cut_into_parts_that_share_no_tracks():
    long = walkers(count=30, steps=50)
    shared = cross_scored([long, long])  # every track lies in every part of its clip
    assert np.isfinite(shared[0].nats).all() and FOLDS == 5
    moved = [walkers(seed=seed) for seed in range(5)]
    joined = Things.together(moved)
    frames = np.repeat(np.arange(5) * 30, 1200) + joined.frames
    clip = replace(joined, frames=frames, looked=np.arange(150))
    assert np.allclose(cross_scored([clip])[0].nats, np.concatenate([one.nats for one in cross_scored(moved)]))
    assert (cross_scored([long])[0].total > 0).mean() < 0.5  # what stands there all the time is in every part
    with pytest.raises(DataError, match="shows 0 boxes"):
        cross_scored([walkers(count=600, steps=1)])


def test_a_model_comes_back_from_disk_as_it_was(tmp_path):
    model = AttributeModel.fit([walkers(), walkers(label="bicycle", seed=2)])
    digest = model.save(tmp_path / "attributes.safetensors")
    back = AttributeModel.load(tmp_path / "attributes.safetensors", digest)
    things = Things.together([walkers(seed=5, speed=2.0), one("bicycle"), one("truck")])
    assert np.array_equal(back.score(things).nats, model.score(things).nats) and back.normal == model.normal
    assert (tmp_path / "attributes.safetensors").stat().st_size < 200_000
    with pytest.raises(WeightsError, match="was changed or damaged"):
        AttributeModel.load(tmp_path / "attributes.safetensors", "0" * 64)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("numbers", lambda t: t[:2], "of shape"), ("numbers", lambda t: t * np.nan, "not finite"),
        ("tails.values", lambda t: t.flip(1), "descend"), ("tails.values", lambda t: t[:, :5], "of shape"),
        ("tails.numbers", lambda t: t * 0, "without values"), ("tails.numbers", lambda t: -t, "without values"),
        ("tails.names", lambda t: t + 1, "attributes"), ("tails.names", lambda t: t * 0 + 200, "attributes"),
        ("tails.names", lambda t: t.float(), "no text"), ("seen.counts", lambda t: t * 2, "of shape"),
        ("seen.counts", lambda t: -t, "below 0"), ("seen.values", lambda t: -t, "descend"),
        ("seen.names", lambda t: t[:0], "of shape"), ("seen.counts", None, "no 'seen.counts'"),
        ("looks.core", lambda t: t[0], "no table"), ("looks.core", lambda t: t[:, :2], "of shape"),
        ("looks.axes", lambda t: t * np.inf, "not finite"),
    ],
)  # fmt: skip
def test_a_file_whose_parts_do_not_fit_is_refused(name, change, said, tmp_path):
    path = tmp_path / "attributes.safetensors"
    learnt = AttributeModel.fit([walkers(count=20), walkers(count=20, confidence=0.5, seed=2)])
    state = weights.load(path, learnt.save(path))
    if change is None:
        del state[name]
    else:
        state[name] = change(state[name]).contiguous()
    digest = weights.save(state, path, half=False)
    with pytest.raises(WeightsError, match=said) as refused:
        AttributeModel.load(path, digest)
    assert "\n" not in str(refused.value) and "train the camera again" in str(refused.value)


def test_a_damaged_file_is_refused(tmp_path, model):
    path = tmp_path / "attributes.safetensors"
    with pytest.raises(WeightsError, match="no weights file"):
        AttributeModel.load(path, "0" * 64)
    model.save(path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(WeightsError, match="damaged"):
        AttributeModel.load(path, sha256_of(path))
    path.write_bytes(bytes(17 << 20))
    with pytest.raises(WeightsError, match="larger than 16 MB"):
        AttributeModel.load(path, sha256_of(path))


def test_too_little_footage_is_refused():
    with pytest.raises(DataError, match="shows 30 boxes of objects; attributes need 500"):
        AttributeModel.fit([walkers(count=1)])


def test_the_normal_range_of_gliding_is_that_of_the_faster_half(model, tmp_path):
    digest = model.save(tmp_path / "attributes.safetensors")
    kept = AttributeModel.load(tmp_path / "attributes.safetensors", digest).normal["person"][GLIDE]
    assert kept.quantiles[10] == pytest.approx((0.78 + 0.02) / (0.2 + 0.02), rel=0.1)
    assert kept.boxes == pytest.approx(1200, rel=0.05)
