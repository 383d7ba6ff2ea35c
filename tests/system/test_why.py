"""Explanations on the demo's cart, which drives where people walk: do they point at it, and are their claims true?"""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core import device, video
from core.clock import Clock
from core.errors import Cancelled, InputError
from core.records import Detections, Event, Evidence
from explain.attribution import Budget, attribute
from explain.scorer import Scorer
from pipeline.camera import load
from pipeline.channels import to_pixels
from pipeline.events import smoothed
from pipeline.explaining import counterfactual, explanation_files
from pipeline.explaining.attribution_input import attribution_input, load_window
from pipeline.explaining.plan import methods
from pipeline.sampling import Analysed

DEMO = Path(__file__).resolve().parent.parent.parent / "assets" / "demo" / "plaza.mp4"
FRAME = 628
CLOCK = Clock.steady(25.0, 1475)
ANALYSED = Analysed.of(np.ones(1475, np.bool_), CLOCK)
POINTING = ("counterfactual-expected", "counterfactual-region", "lime", "lrp-composite", "lrp-epsilon", "occlusion",
            "shap-kernel", "shap-partition")  # fmt: skip
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cart():
    with np.load(DEMO.with_suffix(".npz"), allow_pickle=False) as truth:
        row = list(truth["frames"]).index(FRAME)
        return np.unpackbits(truth["masks"][row]).reshape(360, 640).astype(bool)


@pytest.fixture(scope="module")
def asked():
    runtime, camera = device.choose("cpu"), load("plaza")
    detector = camera.build(runtime)
    looked = load_window(DEMO, "plaza", detector, FRAME, ANALYSED)
    return (camera, detector, runtime, looked, *attribution_input(looked, camera, detector, runtime))


def box_of(mask):
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize("name", POINTING)
def test_no_place_of_the_carts_size_holds_more_mass_than_where_the_cart_is(asked, cart, name):
    _, detector, runtime, _, question, scale = asked
    entry = methods()[name]
    found = attribute(name, entry, question, Scorer(detector, scale, runtime, Budget(120)))
    x1, y1, x2, y2 = box_of(cart)
    table = cv2.integral(np.maximum(found.map, 0.0))
    height, width = y2 - y1, x2 - x1
    held = table[height:, width:] - table[:-height, width:] - table[height:, :-width] + table[:-height, :-width]
    y, x = np.unravel_index(int(held.argmax()), held.shape)
    shared = max(0, width - abs(int(x) - x1)) * max(0, height - abs(int(y) - y1))
    assert shared >= 0.3 * width * height, f"{name} points at {(x, y)}, the cart is at {(x1, y1)}"


def evidence(detector, camera, cart):
    """What a run would have kept of three frames, the boxes drawn from the truth: the cart, and somebody who walks."""
    kept = []
    for frame in (FRAME - 4, FRAME, FRAME + 4):
        looked = load_window(DEMO, "plaza", detector, frame, ANALYSED)
        answer = detector.predict(torch.from_numpy(looked.window[None]))
        boxes = np.array([box_of(cart), (500, 100, 530, 180)], np.float32)
        objects = Detections(frame, boxes, ("truck", "person"), np.array([0.9, 0.9], np.float32), "COCO")
        nobody = Detections(frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "AVA")
        score = float(answer.score[0]) - camera.normality.median
        kept.append(Evidence(frame, score, looked.window[-1], answer.saliency[0].numpy(), objects, nobody))
    return kept


@pytest.fixture
def ten_frames(monkeypatch):
    monkeypatch.setattr(counterfactual, "MAX_FRAMES", 8)


def event_counterfactual(asked, cart, out, threshold, **more):
    camera, detector, runtime, *_ = asked
    seen = evidence(detector, camera, cart)
    event = Event(FRAME - 4, FRAME + 4, FRAME, 6.6)
    return counterfactual.minimal_removal(DEMO, camera, event, seen, out, runtime, clock=CLOCK, analysed=ANALYSED,
                                  scores=np.array([7.2], np.float32), threshold=threshold, **more)  # fmt: skip


def test_without_the_cart_there_is_no_event_and_the_clip_proves_it(asked, cart, tmp_path, ten_frames):
    camera, detector, runtime, *_ = asked
    result = event_counterfactual(asked, cart, tmp_path, to_pixels(camera.threshold, camera.channels))
    truck = next(part for part in result.parts if part.label == "truck")
    assert truck.needed and truck.mattered
    assert result.after < result.before
    assert result.suffices == (result.after < result.threshold)
    assert (
        "the truck" in result.sentence and f"{result.before_db:.2f} dB to {result.after_db:.2f} dB" in result.sentence
    )
    before, after = (
        np.concatenate([c.images for c in video.read(tmp_path / name)])
        for name in (explanation_files.BEFORE, explanation_files.AFTER)
    )
    first, last = result.frames
    assert len(before) == len(after) == last - first + 1
    changed = np.abs(before.astype(int) - after).max(3)[len(before) // 2] > 24
    x1, y1, x2, y2 = box_of(cart)
    assert changed[y1:y2, x1:x2].mean() > 5 * changed.mean()
    # The claim is of pixels: put them in the clip's place, and score them as any clip is scored.
    parts, needed = result.parts, [i for i, part in enumerate(result.parts) if part.needed]
    assert len(needed) <= len(parts)
    original = load_window(DEMO, "plaza", detector, first, ANALYSED).window[:-1]
    clip = np.concatenate([original, after])
    windows = torch.from_numpy(np.stack([clip[i : i + detector.window.span] for i in range(len(after))]))
    with runtime.autocast():
        scores = torch.cat([detector.predict(part).score for part in torch.split(windows, 4)]).float().numpy()
    scale = counterfactual.scale_of(camera, detector, [7.2])
    peak = float(scale.of(float(np.nanmax(smoothed(scores, Clock.steady(25.0, len(scores)))))))
    assert peak == pytest.approx(result.after, abs=0.08)


def test_what_cannot_be_explained_away_is_said(asked, cart, tmp_path, ten_frames):
    result = event_counterfactual(asked, cart, tmp_path, -20.0)
    assert not result.suffices and result.sentence.startswith("No set of what was seen is enough: ")
    with pytest.raises(Cancelled):
        event_counterfactual(asked, cart, tmp_path, 1.0, cancelled=lambda: True)
    camera, _, runtime, *_ = asked
    with pytest.raises(InputError, match="so there is nothing to remove"):
        counterfactual.minimal_removal(DEMO, camera, Event(1, 2, 1, 1.0), [], tmp_path, runtime, clock=CLOCK,
                                       analysed=ANALYSED,
                               scores=np.zeros(3, np.float32), threshold=1.0)  # fmt: skip
