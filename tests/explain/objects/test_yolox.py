"""YOLOX: its answer decoded, frames cut into tiles, and, where its weights are, what it finds."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import plaza
from core.boxes import iou
from core.device import Runtime
from core.errors import WeightsError, WeightsUnavailable
from explain import objects
from explain.objects import yolox

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
LOCAL = os.environ.get("WHYCAM_WEIGHTS", "")
"""Read before the tests' own environment is made, which knows no weights."""
with_weights = pytest.mark.skipif(
    not (Path(LOCAL) / yolox.FILE).is_file(), reason=f"WHYCAM_WEIGHTS names no folder that holds {yolox.FILE}"
)


def raw_answer(seed):
    rng = np.random.default_rng(seed)
    raw = rng.random((3549, 85), dtype=np.float32)
    raw[:, :4] = rng.normal(0, 1, (3549, 4))
    raw[:, 4] *= rng.random(3549) < 0.01
    return raw


def naive(raw):
    found, row = [], 0
    for stride in (8, 16, 32):
        for y in range(416 // stride):
            for x in range(416 // stride):
                r = raw[row]
                row += 1
                best = max(range(80), key=lambda c: r[5 + c])
                sure = r[4] * r[5 + best]
                if sure >= 0.05:
                    cx, cy, w, h = (
                        (r[0] + x) * stride,
                        (r[1] + y) * stride,
                        np.exp(r[2]) * stride,
                        np.exp(r[3]) * stride,
                    )
                    found.append((cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, sure, best))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_decoding_is_equal_to_the_naive_twin(seed):
    raw = raw_answer(seed)
    boxes, sure, which = yolox.decode(raw)
    want = np.array(naive(raw))
    assert len(want) > 5
    np.testing.assert_allclose(boxes, want[:, :4], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(sure, want[:, 4], rtol=1e-5)
    np.testing.assert_array_equal(which, want[:, 5])


def test_the_input_is_bgr_in_the_upper_left_corner_on_grey():
    image = np.zeros((100, 200, 3), np.uint8)
    image[..., 0] = 250
    inputs, scale = yolox.letterbox(image)
    assert inputs.shape == (1, 3, 416, 416) and inputs.dtype == np.float32 and scale == pytest.approx(2.08)
    assert (inputs[0, 2, :208] == 250).all() and (inputs[0, :2, :208] == 0).all() and (inputs[0, :, 208:] == 114).all()


@given(st.integers(1, 2000), st.integers(1, 2000))
def test_tiles_cover_the_frame_and_hold_whole_what_is_small(height, width):
    places = yolox.tiles(height, width)
    if max(height, width) <= 416:
        assert places == []
        return
    seen = np.zeros((height, width), bool)
    for x1, y1, x2, y2 in places:
        assert 0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height and max(x2 - x1, y2 - y1) <= 416
        seen[y1:y2, x1:x2] = True
    assert seen.all()
    x, y = width // 3, height // 3
    small = np.array([[x, y, min(x + 100, width), min(y + 100, height)]], np.float32)
    assert any(
        yolox.whole(small, p, (width, height))[0]
        and p[0] <= x
        and p[1] <= y
        and p[2] >= small[0, 2]
        and p[3] >= small[0, 3]
        for p in places
    )


def test_what_a_tile_cuts_is_left_to_the_next():
    boxes = np.array([[0, 5, 50, 60], [400, 5, 415.5, 60], [100, 0, 200, 30]], np.float32)
    assert yolox.whole(boxes, (0, 0, 416, 416), (900, 416)).tolist() == [True, False, True]
    assert yolox.whole(boxes, (0, 0, 416, 416), (416, 416)).all()


def test_boxes_of_tiles_come_back_in_the_frames_pixels_once():
    """A network that boxes whatever is white finds the same square whole in several tiles."""

    def run(inputs):
        raw = np.zeros((1, 3549, 85), np.float32)
        ys, xs = np.nonzero(inputs[0, 0] > 200)
        if len(xs):
            x1, y1, x2, y2 = xs.min(), ys.min(), xs.max() + 1, ys.max() + 1
            raw[0, 0, :4] = (x1 + x2) / 16, (y1 + y2) / 16, np.log((x2 - x1) / 8), np.log((y2 - y1) / 8)
            raw[0, 0, 4] = raw[0, 0, 5] = 1
        return raw

    image = np.zeros((240, 360, 3), np.uint8)
    image[100:120, 115:125] = 255
    (found,) = yolox.YoloxModel("white", run, short_side=720).detect(image[None], first=7)
    assert found.frame == 7 and found.labels == ("person",)
    np.testing.assert_allclose(found.boxes[0], [115, 100, 125, 120], atol=1)


@pytest.mark.parametrize("name", ["yolox", "yolox-tiles"])
def test_absent_weights_are_named(name):
    with pytest.raises(WeightsUnavailable, match=yolox.FILE):
        objects.choose(name, RUNTIME)


def test_other_weights_are_refused(tmp_path, monkeypatch):
    (tmp_path / yolox.FILE).write_bytes(b"something else")
    monkeypatch.setenv("WHYCAM_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=yolox.FILE):
        objects.choose("yolox", RUNTIME)
    digest = hashlib.sha256(b"something else").hexdigest()
    monkeypatch.setattr(yolox, "OFFICIAL", replace(yolox.OFFICIAL, sha256=digest))
    with pytest.raises(WeightsError, match="ONNX"):
        objects.choose("yolox", RUNTIME)


@with_weights
@pytest.mark.parametrize("grey", [False, True])
def test_it_finds_people_on_a_plaza_and_more_of_them_on_tiles(grey, monkeypatch):
    monkeypatch.setenv("WHYCAM_WEIGHTS", LOCAL)
    (frame,) = plaza.render(3, 1, walkers=10)
    image = frame.image.mean(2, keepdims=True).astype(np.uint8).repeat(3, 2) if grey else frame.image
    people = np.array([o.box for o in frame.objects if o.label == "person" and o.visible > 0.8], np.float32)
    share = {}
    for name in ("yolox", "yolox-tiles"):
        (found,) = objects.choose(name, RUNTIME).detect(image[None])
        sure = found.boxes[[n == "person" and c >= 0.3 for n, c in zip(found.labels, found.confidence, strict=True)]]
        share[name] = (iou(people, sure).max(1, initial=0) >= 0.5).mean()
    assert len(people) >= 4 and share["yolox-tiles"] >= 0.6 and share["yolox-tiles"] >= share["yolox"]
