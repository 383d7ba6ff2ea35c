"""What the compact model that comes with Whycam finds on a plaza it has never seen."""

import numpy as np
import pytest
import torch

import plaza
from core.boxes import iou
from core.contracts import DescribingModel
from core.device import Runtime
from explain.objects import compact
from workshop._box_samples import facts, with_riders

FLOAT32, BFLOAT16 = (Runtime(torch.device("cpu"), precision) for precision in (torch.float32, torch.bfloat16))
SEED = 31


@pytest.fixture(scope="module")
def frames():
    drawn = list(plaza.render(SEED, 32, fps=4.0, anomalies=("bicycle", "cart")))
    return [drawn[i] for i in (8, 24)]


@pytest.fixture(scope="module")
def model():
    return compact.load(FLOAT32)


def overlap(found, label, box):
    """Return the largest IoU of a box with those of its label that are found with confidence of at least a half."""
    sure = np.array([name == label for name in found.labels], bool) & (found.confidence >= 0.5)
    return iou(found.boxes[sure], np.array([box], np.float32)).max(initial=0)


@pytest.mark.parametrize("label", ["bicycle", "truck"])
def test_it_finds_what_is_unusual_with_who_rides_it(model, frames, label):
    joined = [(f, *row) for f in frames for row in with_riders([facts(o) for o in f.objects])]
    shown = [(f, box) for f, name, box, visible in joined if name == label and visible > 0.7]
    assert shown
    for frame, box in shown:
        assert overlap(model.detect(frame.image[None])[0], label, box) >= 0.5


def test_it_finds_most_people(model, frames):
    found = model.detect(np.stack([f.image for f in frames]))
    seen = [
        overlap(d, "person", o.box) >= 0.5
        for d, f in zip(found, frames, strict=True)
        for o in f.objects
        if o.label == "person" and o.visible > 0.7
    ]
    assert len(seen) >= 10 and np.mean(seen) >= 0.8


def test_it_finds_nothing_unusual_where_there_is_nothing(model):
    (frame,) = plaza.render(SEED, 1)
    found = model.detect(frame.image[None])[0]
    sure = {label for label, c in zip(found.labels, found.confidence, strict=True) if c >= 0.6}
    assert sure <= {"person", "backpack", "handbag"} and "person" in sure


def test_bfloat16_finds_the_same(model, frames):
    images = np.stack([f.image for f in frames])
    for exact, coarse in zip(model.detect(images), compact.load(BFLOAT16).detect(images), strict=True):
        for label, box, confidence in zip(exact.labels, exact.boxes, exact.confidence, strict=True):
            if confidence >= 0.8:
                assert overlap(coarse, label, box) >= 0.5


@pytest.mark.parametrize("factor", [2, 3])
def test_a_larger_frame_gives_the_same_boxes_in_its_own_pixels(model, frames, factor):
    image = frames[0].image
    large = image.repeat(factor, 0).repeat(factor, 1)
    small, found = model.detect(image[None])[0], model.detect(large[None])[0]
    for label, box, confidence in zip(small.labels, small.boxes, small.confidence, strict=True):
        if confidence >= 0.8:
            assert overlap(found, label, box * factor) >= 0.5


def test_boxes_are_described_by_what_is_in_them(model, frames):
    images = np.stack([f.image for f in frames] * 3)
    found, features = model.describe(images, first=7)
    same = model.detect(images, first=7)
    assert [one.frame for one in found] == list(range(7, 13))
    for one, own, other in zip(found, features, same, strict=True):
        assert one.labels == other.labels and np.array_equal(one.boxes, other.boxes)
        assert own.shape == (len(one), 112) and own.dtype == np.float32
        assert np.linalg.norm(own, axis=1) == pytest.approx(1.0)
    assert isinstance(model, DescribingModel)
    assert [len(part) for part in model.describe(images[:0])] == [0, 0]


def test_empty_grey_frames_hold_nothing(model):
    flat = np.full((1, 240, 360, 3), 127, np.uint8)
    assert not (model.detect(flat)[0].confidence >= 0.5).any()
