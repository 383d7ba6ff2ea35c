"""Crops for training: boxes go where the pixels go."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workshop import _box_samples
from workshop._box_samples import CROP, Boxes, Sampler, Scenes, Source, crop, vary, with_riders
from workshop.street_samples import Pool, batch

LABELS = ("person", "bicycle")


def drawn(sources, rng, size):
    """A batch of so many samples; every label is known."""
    known = torch.ones(2, dtype=torch.bool)
    return batch([Pool(source, known, ~known) for source in sources], rng, size, CROP)


def picture(box, size=(360, 640)):
    image = np.zeros((*size, 3), np.uint8)
    x1, y1, x2, y2 = box
    image[y1:y2, x1:x2] = 255
    truth = Boxes(np.array([box], np.float32), np.array([1]), np.ones(1, np.float32))
    return image, truth


@given(st.integers(0, 600), st.integers(0, 320), st.integers(20, 200), st.integers(20, 200), st.integers(0, 9))
def test_boxes_follow_the_pixels(x, y, width, height, seed):
    box = (x, y, min(x + width, 640), min(y + height, 360))
    image, truth = picture(box)
    centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    cut, moved = crop(image, truth, centre, np.random.default_rng(seed))
    assert cut.shape == (*CROP, 3)
    ys, xs = np.nonzero((cut == 255).all(2))
    if len(moved.labels):
        want = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
        np.testing.assert_allclose(moved.boxes[0], want, atol=2.5)
        assert (moved.boxes >= 0).all() and (moved.boxes[0, 2:] <= CROP[::-1]).all()
    else:
        assert len(xs) == 0 or min(np.ptp(xs), np.ptp(ys)) < 8 or len(xs) < 0.5 * 2.2**2 * width * height


def test_the_hidden_are_background():
    image, truth = picture((300, 150, 340, 190))
    hidden = Boxes(truth.boxes, truth.labels, np.array([0.1], np.float32))
    rng = np.random.default_rng(0)
    assert len(crop(image, truth, np.array([320.0, 170.0]), rng)[1].labels) == 1
    assert len(crop(image, hidden, np.array([320.0, 170.0]), rng)[1].labels) == 0


@given(st.integers(0, 200))
def test_variations_keep_shape_and_type(seed):
    image = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    varied = vary(image, np.random.default_rng(seed))
    assert varied.shape == image.shape and varied.dtype == np.uint8


def test_rare_labels_are_drawn_as_often_as_common_ones():
    common, rare = picture((300, 150, 340, 190)), picture((300, 150, 340, 190))
    rare = (rare[0], Boxes(rare[1].boxes, np.array([2]), rare[1].visible))
    scenes = Scenes([common[0]] * 30 + [rare[0]], [common[1]] * 30 + [rare[1]])
    _, targets = drawn([Source(Sampler(scenes, focus=1.0).draw, 1)], np.random.default_rng(0), 80)
    labels = np.concatenate([target["labels"].numpy() for target in targets])
    assert 0.3 < (labels == 2).mean() < 0.7


def test_sources_are_drawn_from_by_their_shares():
    black, white = (np.full((50, 60, 3), shade, np.uint8) for shade in (0, 255))
    nothing = Boxes(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))
    seen = []

    def source(name, image, share):
        return Source(lambda rng: (seen.append(name), (image, nothing, np.array([30.0, 25.0])))[1], share)

    drawn([source("black", black, 0.2), source("white", white, 0.6)], np.random.default_rng(0), 400)
    assert len(seen) == 400 and 0.65 < seen.count("white") / 400 < 0.85


def test_what_is_ridden_holds_its_rider():
    objects = [
        ("person", [10, 10, 30, 50], 1.0, True),
        ("skateboard", [8, 48, 34, 54], 0.9, False),
        ("person", [60, 10, 80, 50], 1.0, False),
        ("bicycle", [58, 30, 90, 52], 1.0, False),
        ("handbag", [12, 30, 18, 38], 1.0, False),
    ]
    joined = {label: (box, visible) for label, box, visible in with_riders(objects)}
    assert joined["skateboard"] == ([8, 10, 34, 54], 0.9)
    assert joined["bicycle"] == ([58, 30, 90, 52], 1.0)  # who stands there does not ride
    assert joined["handbag"] == ([12, 30, 18, 38], 1.0) and len(with_riders(objects)) == 5


def test_the_same_seed_draws_the_same_batches():
    image, truth = picture((300, 150, 340, 190))
    source = Source(Sampler(Scenes([image], [truth])).draw, 1)
    first, again = (drawn([source], np.random.default_rng([3, 1]), 2) for _ in range(2))
    for a, b in zip(first[0], again[0], strict=True):
        assert (a == b).all()


def test_rendered_plazas_are_kept(tmp_path, monkeypatch):
    scenes = _box_samples.render(tmp_path, [5], 2, LABELS)
    assert len(scenes.images) == len(scenes.truth) == 2 and scenes.images[0].shape == (360, 640, 3)
    assert all(set(t.labels.tolist()) <= {1, 2} and (t.boxes[:, 2:] > t.boxes[:, :2]).all() for t in scenes.truth)
    monkeypatch.setattr(_box_samples.plaza, "render", lambda *_, **__: pytest.fail("rendered again"))
    again = _box_samples.render(tmp_path, [5], 2, LABELS)
    np.testing.assert_array_equal(again.images[1], scenes.images[1])
    np.testing.assert_array_equal(again.truth[1].boxes, scenes.truth[1].boxes)
