import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from core.records import Frames
from detectors._blocks import gradient_difference
from detectors._motion import MOTIONS, AutoregressiveMotion, Conv3dMotion, ConvLSTMMotion
from detectors._ssim import ssim_map
from detectors.decoupled import DETECTORS

SMALL = {"base": 2, "blocks": 3, "inputs": 4, "height": 16, "width": 24}


def small(name="decoupled-conv3d", **settings):
    torch.manual_seed(0)
    return DETECTORS[name].make(**{**SMALL, **settings}).eval()


def windows(detector, count=2):
    w = detector.window
    return torch.rand(count, w.span, w.channels, w.height, w.width)


@pytest.mark.parametrize(
    ("name", "count"),
    [("decoupled-conv3d", 28_940_609), ("decoupled-convlstm", 64_334_657), ("decoupled-autoregressive", 28_940_609)],
)
def test_parameter_counts(name, count):
    auto_encoder = sum(
        9 * i * o + o + 2 * o + 9 * o * o + o + 2 * o for i, o in ((1, 64), (64, 128), (128, 256), (256, 512))
    )
    auto_encoder += sum(
        4 * 2 * o * o + o + 9 * 2 * o * o + o + 2 * o + 9 * o * o + o + 2 * o for o in (256, 128, 64)
    ) + (9 * 64 + 1)
    layer = {"decoupled-convlstm": 9 * 1024 * 2048 + 2048}.get(name, 27 * 512 * 512 + 512)
    expected = auto_encoder + 3 * (layer + 2 * 512)
    with torch.device("meta"):
        counted = sum(p.numel() for p in DETECTORS[name].make().parameters())
    assert counted == expected == count


def test_the_window_is_that_of_the_authors_evaluation():
    w = DETECTORS["decoupled-conv3d"].make(base=1).window
    assert (w.target, w.span) == (20, 21)
    assert DETECTORS["decoupled-conv3d"].make(base=1, inputs=6).window.target == 16


def test_latent_codes_have_the_papers_size_and_the_background_is_taken_away():
    detector = small(base=1, blocks=4, height=32, width=48)
    frames = torch.rand(1, 1, 32, 48)
    codes, maps = detector.encode(frames)
    assert codes.shape == (1, 8, 4, 6) and [m.shape[1] for m in maps] == [1, 2, 4]
    before = detector.decode(codes, maps)
    detector.background.fill_(0.25)
    torch.testing.assert_close(detector.encode(frames + 0.25)[0], codes, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(detector.decode(codes, maps), before + 0.25)


@pytest.mark.parametrize("score", ["z", "p", "r"])
def test_scores_are_the_papers_written_out_window_by_window(score):
    detector = small(score=score)
    given = windows(detector)
    answer = detector.predict_windows(given, (16, 24))
    for i, window in enumerate(given):
        codes = torch.cat([detector.encode(window[j : j + 1])[0] for j in (0, 2, 4, 6)])
        target = detector.encode(window[12:13])[0]
        guessed = target if score == "r" else detector.motion(codes.unsqueeze(0))
        maps = detector.encode(window[10:11] if score == "r" else window[6:7])[1]
        error = (detector.decode(guessed, maps) - window[12:13]).square()
        mean = (guessed - target).square().mean() if score == "z" else error.mean()
        torch.testing.assert_close(answer.score[i], 10 * mean.log10(), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(answer.saliency[i], error[0, 0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("score", ["p", "r"])
@pytest.mark.parametrize("chunk", [1, 5, 40])
def test_streaming_with_cached_codes_equals_predict(score, chunk):
    detector = small(score=score)
    images = np.random.default_rng(0).integers(0, 256, (detector.window.span + 6, 20, 30, 3), dtype=np.uint8)
    encoded = []
    encode = detector.encode
    detector.encode = lambda frames: encoded.append(len(frames)) or encode(frames)
    parts = [
        Frames(images[i : i + chunk], i, np.arange(i, min(i + chunk, len(images))) / 25.0)
        for i in range(0, len(images), chunk)
    ]
    answers = list(detector.stream(parts))
    assert sum(encoded) == len(images)
    stacked = np.stack([images[i : i + detector.window.span] for i in range(7)])
    expected = detector.predict(torch.from_numpy(stacked))
    assert [a.first + i for a in answers for i in range(len(a.score))] == list(range(12, 19))
    torch.testing.assert_close(torch.cat([a.score for a in answers]), expected.score, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(torch.cat([a.saliency for a in answers]), expected.saliency, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(torch.cat([a.expected for a in answers]), expected.expected, rtol=1e-3, atol=1e-4)


def test_losses_are_equation_1_written_out():
    detector = small(pixel="mse+gdl+ssim")
    given = windows(detector)
    losses = detector.loss(given, 2.0, 3.0)
    pixels, latents = [], []
    for window in given:
        codes, maps = zip(*(detector.encode(window[j : j + 1]) for j in (0, 2, 4, 6)), strict=True)
        for q in (1, 2, 3):
            expected, seen = detector.decode(codes[q], maps[q - 1]), window[2 * q : 2 * q + 1]
            terms = (expected - seen).square().mean() + gradient_difference(expected, seen)
            pixels.append(seen.numel() * (terms + 1 - ssim_map(expected, seen).mean()))
        target = detector.encode(window[12:13])[0]
        latents.append((detector.motion(torch.stack(codes, 1)) - target).square().sum())
    torch.testing.assert_close(losses["reconstruction"], 2 * torch.stack(pixels).mean(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(losses["prediction"], 3 * torch.stack(latents).mean(), rtol=1e-4, atol=1e-4)
    squares = sum(float(p.detach().square().sum()) for p in detector.parameters() if p.ndim > 1)
    assert float(losses["weights"].detach()) == pytest.approx(0.0005 * squares, rel=1e-4)


def test_gradient_difference_is_the_naive_one():
    one, other = torch.rand(1, 1, 4, 5), torch.rand(1, 1, 4, 5)
    a, b = one[0, 0].tolist(), other[0, 0].tolist()
    down = [abs(abs(a[y + 1][x] - a[y][x]) - abs(b[y + 1][x] - b[y][x])) for y in range(3) for x in range(5)]
    across = [abs(abs(a[y][x + 1] - a[y][x]) - abs(b[y][x + 1] - b[y][x])) for y in range(4) for x in range(4)]
    assert gradient_difference(one, other).item() == pytest.approx(np.mean(down) + np.mean(across), rel=1e-5)


@pytest.mark.parametrize(("inputs", "kernel", "layers"), [(8, 3, 3), (6, 3, 3), (8, 2, 3), (6, 2, 3), (4, 3, 2)])
def test_motion_models_bring_any_number_of_codes_to_one(inputs, kernel, layers):
    codes = torch.randn(2, inputs, 3, 4, 5)
    for name, build in MOTIONS.items():
        model = build(3, inputs, kernel, nn.Tanh())
        assert model(codes).shape == (2, 3, 4, 5)
        if name == "conv3d":
            assert sum(isinstance(part, nn.Conv3d) for part in model) == layers


def test_the_autoregressive_model_never_looks_ahead():
    model = AutoregressiveMotion(3, 8, 3, nn.LeakyReLU(0.3)).eval()
    codes = torch.randn(1, 8, 3, 4, 5)
    changed = codes.clone()
    changed[:, 5:] += 1
    one, other = model.every(codes), model.every(changed)
    torch.testing.assert_close(one[:, :5], other[:, :5])
    assert not torch.allclose(one[:, 5], other[:, 5])


def test_the_autoregressive_loss_predicts_every_code_whose_future_is_known():
    detector = small("decoupled-autoregressive")
    codes = torch.randn(2, 5, 8, 4, 6)
    every = detector.motion.every(codes[:, :4])
    expected = torch.stack([every[:, 0] - codes[:, 3], every[:, 3] - codes[:, 4]]).square().sum((2, 3, 4)).mean()
    torch.testing.assert_close(detector._surprise(codes.movedim(2, -1)), expected)


def test_a_convlstm_layer_is_the_equations_written_out():
    torch.manual_seed(0)
    model = ConvLSTMMotion(2, 2, 3, nn.Identity()).eval()
    codes = torch.randn(1, 2, 2, 3, 3)
    hidden = cell = torch.zeros(1, 2, 3, 3)
    weight, bias = model.gates[0].weight, model.gates[0].bias
    for step in codes[0].unsqueeze(1):
        gates = functional.conv2d(torch.cat([step, hidden], 1), weight, bias, padding=1)
        i, f, o = (torch.sigmoid(gates[:, k : k + 2]) for k in (0, 2, 4))
        cell = f * cell + i * torch.tanh(gates[:, 6:])
        hidden = o * torch.tanh(cell)
    torch.testing.assert_close(model(codes), model.norms[0](hidden))


def test_the_background_is_the_mean_of_the_normal_frames():
    detector = small()
    batches = [windows(detector, 3), windows(detector, 2)]
    detector.learn_background(batches)
    frames = torch.cat([batch[:, [0, -1]].flatten(0, 1) for batch in batches])
    torch.testing.assert_close(detector.background, frames.mean(0))


def test_stages_bootstrap_then_tune_and_the_rate_falls_across_both():
    detector = small(epochs=50, freeze=True)
    first, then = detector.stages()
    assert (first.epochs, then.epochs) == (25, 25) and first.begin == detector.learn_background
    assert {id(p) for p in then.parameters} == {id(p) for p in detector.motion.parameters()}
    rates = []
    for stage in (first, then):
        optimiser = stage.optimiser(stage.parameters)
        schedule = stage.schedule(optimiser, 25 * 4)
        for step in range(100):
            if step % 4 == 0:
                rates.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            schedule.step()
    np.testing.assert_allclose(rates, [1e-4] * 20 + [1e-5] * 20 + [1e-6] * 10, rtol=1e-6)
    state = {name: tensor.clone() for name, tensor in detector.encoder.state_dict().items()}
    detector.train()
    losses = then.loss(windows(detector))
    sum(losses.values()).backward()
    assert all(torch.equal(state[name], tensor) for name, tensor in detector.encoder.state_dict().items())
    assert all(p.grad is None for p in detector.encoder.parameters())


def test_the_motion_model_of_a_conv3d_entry_is_one():
    assert isinstance(small().motion, Conv3dMotion)


def test_gradients_keep_their_channels_last():
    detector = small(channels=3).train()
    layouts = []

    def watch(part, given, answer):
        answer.register_hook(lambda grad: layouts.append(grad.is_contiguous(memory_format=torch.channels_last)))

    for block in (*detector.encoder, *detector.decoder):
        block[0].register_forward_hook(watch)
    sum(detector.loss(torch.rand(2, detector.window.span, 3, 16, 24), 1.0, 1.0).values()).backward()
    assert len(layouts) == 5 and all(layouts)
