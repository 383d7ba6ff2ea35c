"""What every object model promises, held for each that is registered, at a small size and without a download."""

from pathlib import Path

import numpy as np
import pytest
import torch

from core import weights
from core.device import Runtime
from core.records import Detections
from explain import objects
from explain.objects import detectron2, rcnn, torchvision, yolox

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
SMALL, LARGE = 96, 192


def small_torchvision(monkeypatch):
    monkeypatch.setattr(weights, "fetch", lambda *_: Path("weights.pth"))
    monkeypatch.setattr(weights, "load_torch", lambda *_: torchvision.network().state_dict())
    model = objects.choose("torchvision", RUNTIME)
    model.network.transform.min_size, model.network.transform.max_size = (SMALL,), LARGE
    with torch.no_grad():  # far from ties, which rounding would break in another order
        model.network.roi_heads.box_predictor.cls_score.weight.mul_(300)
    return model


def small_detectron2(monkeypatch):
    monkeypatch.setattr(weights, "fetch", lambda *_: Path("weights.pkl"))
    monkeypatch.setattr(detectron2, "fill", lambda *_: None)
    model = objects.choose("detectron2", RUNTIME)
    model.config.INPUT.MIN_SIZE_TEST, model.config.INPUT.MAX_SIZE_TEST = SMALL, LARGE
    model.network.roi_heads.box_predictor.test_score_thresh = 0.0
    return model


def small_yolox(name):
    """Stand in for the network: boxes by chance that depend on the picture; test_yolox.py looks at the true one."""

    def run(inputs):
        raw = np.random.default_rng(0).random((1, 3549, 85), dtype=np.float32)
        raw[..., 4] *= raw[..., 4] > 0.99
        raw[..., :2] += inputs.mean() / 255
        return raw

    def make(monkeypatch):
        monkeypatch.setattr(weights, "fetch", lambda *_: Path("weights.onnx"))
        monkeypatch.setattr(yolox, "_session", lambda _: run)
        return objects.choose(name, RUNTIME)

    return make


MAKERS = {"torchvision": small_torchvision, "detectron2": small_detectron2}
MAKERS |= {name: small_yolox(name) for name in yolox.OBJECT_MODELS}
MARKS = {
    "detectron2": [
        pytest.mark.skipif(
            not detectron2.installed(), reason="detectron2 is not installed: ./whycam setup --detectron2 installs it"
        ),
        pytest.mark.filterwarnings("ignore"),  # of detectron2's own code, written for older packages
    ]
}


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, [])) for name in sorted(objects.models())])
def model(request, monkeypatch):
    torch.manual_seed(0)
    make = MAKERS.get(request.param, lambda _: objects.choose(request.param, RUNTIME))
    return make(monkeypatch)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def assert_records(found, images, first, model):
    height, width = images.shape[1:3]
    assert [d.frame for d in found] == list(range(first, first + len(images)))
    for d in found:
        assert isinstance(d, Detections) and d.vocabulary == "COCO"
        assert d.boxes.dtype == d.confidence.dtype == np.float32
        assert set(d.labels) <= set(model.labels) <= set(rcnn.COCO)
        x1, y1, x2, y2 = d.boxes.T
        assert ((x1 >= 0) & (x1 < x2) & (x2 <= width) & (y1 >= 0) & (y1 < y2) & (y2 <= height)).all()
        assert ((d.confidence >= 0) & (d.confidence <= 1)).all()


def test_records(model):
    images = noise(3, 72, 96, 3)
    found = model.detect(images, first=40)
    assert_records(found, images, 40, model)
    assert isinstance(model.name, str) and model.name


def test_random_networks_do_answer(monkeypatch):
    """Otherwise the tests of this file would look at empty records."""
    assert len(small_torchvision(monkeypatch).detect(noise(1, 72, 96, 3))[0]) > 0


def test_a_frame_is_answered_the_same_alone_as_in_a_batch(model):
    images = noise(3, 72, 96, 3)
    together, alone = model.detect(images), [model.detect(image[None])[0] for image in images]
    for a, b in zip(together, alone, strict=True):
        assert a.labels == b.labels
        np.testing.assert_allclose(a.boxes, b.boxes, atol=0.05)
        np.testing.assert_allclose(a.confidence, b.confidence, atol=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (2, 90), (90, 2), (9, 7)])
def test_tiny_frames(model, size):
    images = noise(1, *size, 3)
    assert_records(model.detect(images), images, 0, model)


def test_grey_and_flat_frames(model):
    grey = np.repeat(noise(1, 72, 96, 1), 3, axis=3)
    flat = np.stack([np.zeros_like(grey[0]), np.full_like(grey[0], 255)])
    for images in (grey, flat):
        assert_records(model.detect(images), images, 0, model)


def test_no_frames(model):
    assert model.detect(noise(0, 72, 96, 3)) == []


@pytest.mark.parametrize("shape", [(72, 96, 3), (1, 72, 96), (1, 72, 96, 1), (1, 0, 96, 3)])
def test_other_shapes_are_refused(model, shape):
    with pytest.raises(ValueError, match=r"images must be \(N, H, W, 3\) uint8"):
        model.detect(noise(*shape))


def test_frames_that_are_views_backwards(model):
    images = noise(2, 72, 96, 3)
    a, b = model.detect(images[:, :, ::-1]), model.detect(np.ascontiguousarray(images[:, :, ::-1]))
    assert [d.labels for d in a] == [d.labels for d in b]
