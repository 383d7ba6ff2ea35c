"""Every registered detector, at a small size, keeps the contract."""

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from core import device
from core.records import Frames
from pipeline.camera import detector_entries, make_detector

SIZE = (36, 54)
BF16_BOUND_DB = 0.5


VARIANTS = [("bcae1", {"svdd": True}), ("sa-cae", {"svdd": True}), ("ks-cae", {"loss": "mse+ssim"})]
CASES = [*((name, {}) for name in sorted(detector_entries())), *VARIANTS]


@pytest.fixture(params=CASES, ids=lambda case: "-".join([case[0], *map(str, case[1].values())]))
def detector(request):
    torch.manual_seed(0)
    name, differs = request.param
    return make_detector(name, {**detector_entries()[name].small, **differs}).eval()


def clip(frames, size=SIZE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (frames, *size, 3), dtype=np.uint8)


def windows(detector, count):
    images = clip(detector.window.span + count - 1)
    return torch.from_numpy(np.stack([images[i : i + detector.window.span] for i in range(count)]))


def prepared(detector, count, stage):
    images = torch.from_numpy(clip(max(stage.span, detector.window.span) + count - 1))
    shrunk = detector.prepare(detector.resize(images))
    return torch.stack([shrunk[i : len(shrunk) - count + 1 + i] for i in range(count)])


def begin(detector, stage, batch):
    if stage.begin is not None:
        detector.eval()
        with torch.no_grad():
            stage.begin([batch])
    detector.train()


def test_shapes_and_ranges(detector):
    answer = detector.predict(windows(detector, 3))
    assert answer.score.shape == (3,) and answer.score.isfinite().all()
    assert answer.saliency.shape == (3, *SIZE) and (answer.saliency >= 0).all() and answer.saliency.isfinite().all()
    w = detector.window
    assert answer.expected.shape == (3, w.channels, w.height, w.width)
    assert answer.expected.min() >= 0 and answer.expected.max() <= 1


def test_gradients_reach_every_parameter(detector):
    stages = detector.stages()
    for stage in stages:
        batch = prepared(detector, 2, stage)
        begin(detector, stage, batch)
        detector.zero_grad()
        sum(stage.loss(batch).values()).backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in stage.parameters)
    assert {id(p) for stage in stages for p in stage.parameters} == {id(p) for p in detector.parameters()}


def test_deterministic_in_eval(detector):
    batch = windows(detector, 2)
    assert torch.equal(detector.predict(batch).score, detector.predict(batch).score)


@pytest.mark.parametrize("chunk", [1, 4, 32])
def test_stream_equals_predict(detector, chunk):
    count = 9
    images = clip(detector.window.span + count - 1)
    chunks = (
        Frames(images[i : i + chunk], i, np.arange(i, min(i + chunk, len(images))) / 25.0)
        for i in range(0, len(images), chunk)
    )
    answers = list(detector.stream(chunks))
    expected = detector.predict(windows(detector, count))
    assert [a.first + i for a in answers for i in range(len(a.score))] == [
        detector.window.target + i for i in range(count)
    ]
    torch.testing.assert_close(torch.cat([a.score for a in answers]), expected.score, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(torch.cat([a.saliency for a in answers]), expected.saliency, rtol=1e-3, atol=1e-5)


def test_safetensors_round_trip(detector):
    twin = type(detector)  # the state must carry everything that the answer depends on
    batch, before = windows(detector, 2), None
    before = detector.predict(batch).score
    state = load(save({name: tensor.contiguous() for name, tensor in detector.state_dict().items()}))
    torch.manual_seed(1)
    for parameter in detector.parameters():
        torch.nn.init.normal_(parameter)
    detector.load_state_dict(state)
    assert isinstance(detector, twin) and torch.equal(detector.predict(batch).score, before)


def test_bfloat16_stays_near_float32(detector):
    batch = windows(detector, 3)
    exact = detector.predict(batch).score
    with device.choose("cpu", "bfloat16").autocast():
        rough = detector.predict(batch).score
    assert (exact - rough).abs().max() < BF16_BOUND_DB


def test_overfits_one_small_batch(detector):
    stage = detector.stages()[0]
    optimiser = torch.optim.Adam(stage.parameters, 1e-2)
    batch = prepared(detector, 2, stage) * 0.1
    detector.train()
    losses = []
    for _ in range(60):
        loss = sum(stage.loss(batch).values())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if losses[-1] < 0.75 * losses[0]:
            return
    pytest.fail(f"the loss went from {losses[0]:.3g} to {losses[-1]:.3g} only")


def test_an_unknown_setting_lists_the_known_ones(detector):
    with pytest.raises(Exception, match=r"unknown setting 'widht'; known: .*width"):
        make_detector("vqunet-prediction", {"widht": 3})
    assert detector.window.span >= 1
