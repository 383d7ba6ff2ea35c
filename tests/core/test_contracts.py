"""A tiny detector keeps the contract that every detector inherits."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.contracts import Detector, DetectorEntry, Stage
from core.errors import UnknownNameError
from core.records import Frames, Prediction, Window


class Tiny(Detector):
    """Expects the target frame to be a learned mix of the window's inputs."""

    def __init__(self, inputs=3, step=1, target=3, channels=3, low=-1.0):
        super().__init__()
        self.window = Window(inputs, step, target, 12, 20, channels, low)
        self.mix = nn.Parameter(torch.full((inputs,), 1.0 / inputs))

    def forward(self, windows):
        inputs = windows[:, : self.window.inputs * self.window.step : self.window.step]
        return torch.einsum("bn...,n->b...", inputs, self.mix)

    def predict_windows(self, windows, size):
        expected = self(windows)
        error = (expected - windows[:, self.window.target]).square().mean(1, keepdim=True)
        saliency = nn.functional.interpolate(error, size, mode="bilinear").squeeze(1)
        unit = (expected - self.window.low) / (self.window.high - self.window.low)
        return Prediction(error.mean((1, 2, 3)), saliency, unit.clamp(0, 1))

    def stages(self):
        return (
            Stage(
                "only",
                1,
                4,
                [self.mix],
                lambda windows: {"error": (self(windows) - windows[:, self.window.target]).square().mean()},
                partial(torch.optim.SGD, lr=0.1),
                lambda optimiser, steps: torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps),
            ),
        )


def images(count, height=30, width=44):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def chunks(clip, sizes):
    start = 0
    for size in sizes:
        part = clip[start : start + size]
        if len(part):
            yield Frames(part, start, np.arange(start, start + len(part)) / 25)
        start += size


@given(
    inputs=st.integers(1, 4),
    step=st.integers(1, 3),
    beyond=st.integers(-3, 2),
    sizes=st.lists(st.integers(1, 7), min_size=1, max_size=8),
    channels=st.sampled_from([1, 3]),
)
def test_stream_equals_predict_for_any_window_and_chunks(inputs, step, beyond, sizes, channels):
    target = max(0, (inputs - 1) * step + beyond)
    detector = Tiny(inputs, step, target, channels).eval()
    clip, span = images(sum(sizes)), detector.window.span
    answers = list(detector.stream(chunks(clip, sizes)))
    count = len(clip) - span + 1
    if count <= 0:
        assert answers == []
        return
    windows = torch.from_numpy(np.stack([clip[i : i + span] for i in range(count)]))
    expected = detector.predict(windows)
    for name in ("score", "saliency", "expected"):
        torch.testing.assert_close(torch.cat([getattr(a, name) for a in answers]), getattr(expected, name))
    firsts = np.cumsum([target] + [len(a.score) for a in answers])[:-1]
    assert [a.first for a in answers] == list(firsts)


def test_frames_are_brought_to_size_and_range():
    detector = Tiny()
    shrunk = detector.resize(torch.from_numpy(images(5)))
    assert shrunk.shape == (5, 3, 12, 20) and shrunk.dtype == torch.uint8
    white = detector.resize(torch.full((1, 30, 44, 3), 255, dtype=torch.uint8))
    black = detector.resize(torch.zeros(1, 30, 44, 3, dtype=torch.uint8))
    assert detector.prepare(white).unique().tolist() == [1.0] and detector.prepare(black).unique().tolist() == [-1.0]
    unit = Tiny(low=0.0)
    assert unit.prepare(white).unique().tolist() == [1.0] and unit.prepare(black).unique().tolist() == [0.0]


def test_grey_is_luma():
    detector = Tiny(channels=1)
    clip = np.broadcast_to(np.array([200, 100, 50], np.uint8), (1, 12, 20, 3))
    grey = detector.resize(torch.from_numpy(clip.copy()))
    assert grey.shape == (1, 1, 12, 20) and grey.unique().tolist() == [round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)]


def test_a_stage_trains():
    detector = Tiny()
    (stage,) = detector.stages()
    windows = detector.prepare(detector.resize(torch.from_numpy(images(16)))).reshape(4, 4, 3, 12, 20)
    optimiser = stage.optimiser(stage.parameters)
    schedule = stage.schedule(optimiser, 5)
    losses = []
    for _ in range(5):
        optimiser.zero_grad()
        loss = sum(stage.loss(windows).values())
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_an_entry_builds_with_its_settings_and_knows_no_other():
    entry = DetectorEntry(Tiny, {"inputs": 2, "step": 2}, "paper", "about", {})
    assert entry.make().window.inputs == 2 and entry.make(inputs=4).window.span == 7
    with pytest.raises(UnknownNameError, match="unknown setting 'depth'; known: inputs, step"):
        entry.make(depth=3)
