"""Records check themselves when they are made and say what they expected."""

import dataclasses
import inspect

import numpy as np
import pytest
import torch

from core import records
from core.records import Detections, Event, Evidence, Frames, Prediction, Tube, Window

IMAGES = np.zeros((2, 4, 6, 3), np.uint8)


def floats(*shape):
    return np.zeros(shape, np.float32)


def detections(count=0):
    return Detections(0, floats(count, 4), ("person",) * count, floats(count), "COCO")


@pytest.mark.parametrize("name", [n for n, c in vars(records).items() if dataclasses.is_dataclass(c)])
def test_every_record_is_frozen(name):
    record = vars(records)[name]
    assert record.__dataclass_params__.frozen and inspect.getdoc(record)


def test_good_records_are_made():
    assert len(Frames(IMAGES, 0, np.zeros(2))) == 2
    assert len(detections(3)) == 3
    Prediction(torch.zeros(2), torch.zeros(2, 4, 6), torch.zeros(2, 3, 4, 6))
    Evidence(0, 1.0, IMAGES[0], floats(4, 6), detections(1), detections())
    Event(3, 3, 3, 0.5)
    Tube("person", np.arange(2), floats(2, 4), floats(2))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Frames(IMAGES.astype(float), 0, np.zeros(2)), r"images must be \(T, H, W, 3\) uint8, got .*float64"),
        (lambda: Frames(IMAGES[..., :1], 0, np.zeros(2)), r"images must be \(T, H, W, 3\) uint8"),
        (lambda: Frames(IMAGES, 0, np.zeros(3)), r"times must be \(2,\), got \(3,\)"),
        (lambda: Prediction(torch.zeros(2, 1), torch.zeros(2, 4, 6), torch.zeros(2)), r"score must be \(B,\)"),
        (
            lambda: Prediction(torch.zeros(2), torch.zeros(3, 4, 6), torch.zeros(2)),
            r"saliency must be \(2, H, W\), got \(3, 4, 6\)",
        ),
        (lambda: Event(3, 2, 3, 0.5), "event must be 0 <= first <= peak <= last"),
        (lambda: Event(-1, 2, 1, 0.5), "event must be"),
        (lambda: Detections(0, floats(2, 4), ("a",), floats(1), "COCO"), r"boxes must be \(1, 4\), got \(2, 4\)"),
        (lambda: Detections(0, floats(1, 4), ("a",), floats(2), "COCO"), r"confidence must be \(1,\)"),
        (lambda: Tube("person", np.arange(0), floats(0, 4), floats(0)), "tube must be at least one frame long"),
        (
            lambda: Evidence(0, 1.0, IMAGES[0], floats(6, 4), detections(), detections()),
            r"heat must be \(4, 6\), got \(6, 4\)",
        ),
    ],
)
def test_bad_records_say_what_was_expected(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("inputs", "step", "target", "span"), [(4, 1, 4, 5), (5, 1, 2, 5), (4, 2, 6, 7), (4, 2, 8, 9), (1, 1, 0, 1)]
)
def test_a_window_spans_its_inputs_and_its_target(inputs, step, target, span):
    assert Window(inputs, step, target, 8, 8).span == span
