"""Cutting out and pasting, on plain pictures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop import _cutouts
from workshop._box_samples import Boxes
from workshop._cutouts import board, cut, hidden, paste

BACKGROUND = np.full((120, 160, 3), 100, np.uint8)
BOX = np.array([60, 40, 80, 90], np.float32)


def scene(shade=200):
    image = BACKGROUND.copy()
    image[40:90, 60:80] = shade
    return image


def no_boxes():
    return Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


def test_what_differs_from_the_background_is_cut_out():
    thing = cut(scene(), BACKGROUND, BOX, 3, 50.0)
    assert thing.image.shape[:2] == thing.cover.shape == (54, 24) and (thing.label, thing.person) == (3, 50.0)
    np.testing.assert_array_equal(thing.box, [2, 2, 22, 52])
    assert (thing.cover[4:-4, 4:-4] == 1).all() and thing.cover[0].max() < 0.05
    assert (thing.image[thing.cover > 0.6] > 180).all()  # the background's share is taken out of the edge


def test_a_mask_leaves_out_what_is_beside():
    image = scene()
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[40:90, 60:70] = 1
    cover = cut(image, BACKGROUND, BOX, 1, 50.0, mask).cover
    assert (cover[10:40, 4:10] > 0.9).all() and (cover[:, 18:] < 0.05).all()


@pytest.mark.parametrize(
    "box", [(0, 40, 20, 90), (60, 0, 80, 50), (140, 40, 160, 90), (60, 90, 80, 119), (60, 40, 62, 42)]
)
def test_what_the_frame_cuts_or_is_tiny_is_left(box):
    assert cut(scene(), BACKGROUND, np.array(box, np.float32), 1, 50.0) is None


def test_what_looks_like_the_background_is_left():
    assert cut(scene(103), BACKGROUND, BOX, 1, 50.0) is None


@given(st.floats(-10, 170), st.floats(30, 125), st.floats(0.4, 1.8), st.integers(0, 99))
def test_the_box_follows_the_pixels(x, y, scale, seed):
    thing = cut(scene(), BACKGROUND, BOX, 2, 50.0)
    image = BACKGROUND.copy()
    truth = paste(image, no_boxes(), thing, (x, y), scale, np.random.default_rng(seed))
    assert truth.labels.tolist() == [2] and (truth.boxes >= 0).all()
    ys, xs = np.nonzero((np.abs(image.astype(int) - 100) > 25).any(2))
    if len(xs):
        want = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
        np.testing.assert_allclose(truth.boxes[0], want, atol=2.5 + scale)
    whole = scale**2 * 20 * 50
    inside = (truth.boxes[0, 2:] - truth.boxes[0, :2]).prod()
    assert truth.visible[0] == pytest.approx(inside / whole, abs=0.02)


def test_what_is_behind_is_less_visible():
    thing = cut(scene(), BACKGROUND, BOX, 2, 50.0)
    behind = Boxes(np.array([[60, 40, 80, 90], [5, 5, 20, 30]], np.float32), np.array([1, 1]), np.ones(2, np.float32))
    truth = paste(BACKGROUND.copy(), behind, thing, (70, 90), 1.0, np.random.default_rng(0))
    assert truth.visible[0] < 0.1 and truth.visible[1:].tolist() == [1, 1]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_hidden_is_equal_to_the_naive_twin(x, y, width, height, seed):
    cover = np.random.default_rng(seed).random((64, 64), dtype=np.float32)
    box = np.array([[x, y, x + width, y + height]], np.float32)
    x2, y2 = min(x + width, 64), min(y + height, 64)
    want = sum(cover[j, i] > 0.5 for j in range(y, y2) for i in range(x, x2))
    area = (x2 - x) * (y2 - y)
    assert hidden(box, cover)[0] == pytest.approx(min(1, want / max(_cutouts.PERSON_AREA_FRACTION * area, 1)), abs=1e-5)


@given(st.integers(0, 200), st.integers(0, 140), st.integers(30, 120))
def test_a_board_is_drawn_under_the_person_and_boxed_with_him(seed, x, y):
    image = BACKGROUND.copy()
    person = np.array([x, max(0, y - 50), x + 20, y], np.float32)
    box = board(image, person, np.random.default_rng(seed))
    ys, xs = np.nonzero((image != 100).any(2))
    assert (box[:2] <= person[:2]).all() and (box[2:] >= np.minimum(person[2:], [160, 120])).all()
    assert (box >= 0).all() and box[2] <= 160 and box[3] <= 120
    if len(xs):
        assert ys.min() >= y - 12 and xs.min() >= box[0] - 3 and xs.max() <= box[2] + 3 and ys.max() <= box[3] + 6


def test_a_board_changes_the_picture():
    image = BACKGROUND.copy()
    board(image, np.array([60, 30, 80, 90], np.float32), np.random.default_rng(0))
    assert (np.abs(image.astype(int) - 100) > 20).any(2).sum() > 30
