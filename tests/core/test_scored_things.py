"""Things with the terms of their scores: sums, frames, and the way to disk and back."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError
from core.scored_things import EVERY, NormalRange, ScoredThings
from core.things import ATTRIBUTES, Things

RANGE = NormalRange(tuple(np.linspace(0.0, 2.0, 21).tolist()), 900, 12)


def scored(nats=((0.0, 2.0), (1.0, 0.5), (0.0, 0.0)), frames=(0, 0, 4), labels=("person", "car", "person")):
    count = len(frames)
    things = Things(
        np.array(frames, np.int64), np.arange(count), labels, np.zeros((count, 4), np.float32), np.full(count, 0.9),
        np.ones((count, len(ATTRIBUTES))), np.zeros(count, bool), np.array([0, 4, 8]),
    )  # fmt: skip
    normal = {EVERY: {"speed": RANGE}, "person": {"speed": NormalRange((1.0,) * 21, 5, 1)}}
    measured = np.array([[np.nan, 3.0]] * count).reshape(count, 2)
    return ScoredThings(things, ("class", "speed"), np.array(nats).reshape(count, 2), measured, normal)


def test_a_frame_has_the_score_of_its_strangest_thing():
    assert scored().total.tolist() == [2.0, 1.5, 0.0]
    assert scored().frame_scores(10).tolist() == [2.0, *[0.0] * 9]


def test_a_thing_is_followed_from_look_to_look():
    one = scored(nats=((0.0, 2.0), (1.0, 0.5), (0.0, 4.0), (0.0, 0.0)), frames=(0, 2, 4, 8), labels=("person",) * 4)
    boxes = np.arange(16, dtype=np.float32).reshape(4, 4)
    one = replace(one, things=replace(one.things, tracks=np.array([7, 3, 7, 3]), boxes=boxes))
    assert one.frame_scores(10) == pytest.approx([2.0, 2.5, 3.0, 3.5, 4.0, 0.75, 0.5, 0.25, 0.0, 0.0])
    frames, boxes, nats = one.followed()
    assert frames.tolist() == [*range(2, 9), *range(5)] and len(nats) == 12
    assert boxes[frames.tolist().index(5)].tolist() == [8.0, 9.0, 10.0, 11.0]


def test_footage_without_things_has_no_score():
    assert scored((), (), ()).frame_scores(3).tolist() == [0.0, 0.0, 0.0]


def test_a_label_without_a_range_has_that_of_all_labels():
    found = scored()
    assert found.range_of("person", "speed").boxes == 5
    assert found.range_of("car", "speed") == RANGE
    assert found.range_of("car", "class") is None


@pytest.mark.parametrize("one", [scored(), scored((), (), ())])
def test_it_comes_back_from_disk_as_it_was(one, tmp_path):
    one.save(tmp_path / "things.npz")
    back = ScoredThings.load(tmp_path / "things.npz")
    assert (back.names, back.normal, back.things.labels) == (one.names, one.normal, one.things.labels)
    assert np.array_equal(back.measured, one.measured, equal_nan=True)
    assert np.array_equal(back.nats, one.nats)
    assert np.array_equal(back.things.looked, one.things.looked)


def test_what_may_be_missing_comes_back_where_it_is(tmp_path):
    one = scored()
    more = replace(one, things=replace(one.things, features=np.ones((3, 2), np.float32)))
    more.save(tmp_path / "things.npz")
    back = ScoredThings.load(tmp_path / "things.npz").things
    assert back.features.tolist() == [[1.0, 1.0]] * 3


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "things.npz"
    scored().save(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(DataError):
        ScoredThings.load(path)


def test_a_file_whose_arrays_do_not_fit_is_refused(tmp_path):
    path = tmp_path / "things.npz"
    scored().save(path)
    with np.load(path) as kept:
        arrays = dict(kept)
    np.savez(path, **{**arrays, "nats": arrays["nats"][:1]})
    with pytest.raises(DataError, match="analyse the clip again"):
        ScoredThings.load(path)


def test_terms_that_do_not_fit_are_refused(tmp_path):
    whole = scored()
    with pytest.raises(ValueError, match="nats"):
        ScoredThings(whole.things, ("class",), whole.nats, whole.measured, {})
