"""Small questions for the tests of the explanation methods."""

import torch
from torch.nn import functional

from core import device
from explain.attribution import AttributionInput, Budget, Scale
from explain.scorer import Scorer
from explain.segments import segment
from pipeline.camera import detector_entries, make_detector

SIZE = (36, 54)
EXACT = device.choose("cpu", "float32")


def small(name, **differs):
    torch.manual_seed(0)
    return make_detector(name, {**detector_entries()[name].small, **differs}).eval()


def scene(detector, seed=0):
    """Return a smooth background (C, h, w), and a window in which a bright square crosses it."""
    w, draw = detector.window, torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, w.channels, 6, 8, generator=draw) * 0.5 + 0.2
    behind = functional.interpolate(coarse, (w.height, w.width), mode="bilinear")[0] * (w.high - w.low) + w.low
    window = behind.expand(w.span, *behind.shape).clone()
    side, top = w.height // 4, w.height // 3
    for t in range(w.span):
        left = w.width // 5 + t % 6
        window[t, :, top : top + side, left : left + side] = w.high
    return behind, window


def ask(detector, seed=0, threshold=0.5):
    behind, window = scene(detector, seed)
    return asked_of(detector, window, behind, seed, threshold)


def asked_of(detector, window, behind, seed=0, threshold=0.5):
    w = detector.window
    with torch.no_grad():
        answer = detector.predict_windows(window[None], (w.height, w.width))
    lowest = float("-inf") if detector.decibels else float(answer.score) - 10.0
    scale = Scale(float(answer.score), lowest, detector.decibels)
    expected = answer.expected[0] * (w.high - w.low) + w.low
    heat = answer.saliency[0].numpy()
    segments = segment(window[w.target], behind, heat, 20)
    value = float(scale.of(answer.score[0]))
    question = AttributionInput(window, w.target, behind, expected, heat, segments, SIZE, value, threshold, seed)
    return question, scale


def scorer(detector, scale, evaluations=48, **more):
    return Scorer(detector, scale, EXACT, Budget(evaluations), **more)
