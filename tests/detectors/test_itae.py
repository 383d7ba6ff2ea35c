import math

import pytest
import torch
from normflows.flows import ActNorm
from torch.nn import functional

from core import device
from detectors._glow import Glow, pooled
from detectors._ssim import multiscale_ssim
from detectors.itae import DETECTORS, TwoPaths

SMALL = {"base": 24, "height": 16, "width": 32, "steps": 2, "levels": 1, "hidden": 4}


def small(name="itae", **settings):
    torch.manual_seed(0)
    return DETECTORS[name].make(**{**SMALL, **settings}).eval()


def stirred(glow):
    """Move a flow away from its first state, in which couplings do nothing."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in glow.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return glow


@pytest.mark.parametrize(
    ("name", "settings", "count"),
    [
        ("itae", {}, 7_744_911),
        ("itae", {"coarse": False}, 7_744_911),
        ("itae", {"channels": 1}, 7_744_911 - 2 * (96 * 9 + 12 * 45) - 2 * 96 * 27 - 2),
        ("itae-appearance", {}, 5_764_067),
    ],
)
def test_parameter_counts(name, settings, count):
    with torch.device("meta"):
        assert sum(p.numel() for p in DETECTORS[name].make(**settings).parameters()) == count


@pytest.mark.parametrize(("coarse", "cell"), [(True, 8), (False, 4)])
def test_maps_and_frames_have_table_1s_shapes(coarse, cell):
    network = TwoPaths(24, 3, True, coarse).eval()
    windows = torch.rand(1, 16, 3, 16, 24)
    appearance, motion = network.encode(windows)
    assert appearance.shape == (1, 64, 4, 16 // cell, 24 // cell) and motion.shape == (1, 16, 4, 16 // cell, 24 // cell)
    assert network.decode(appearance, motion).shape == windows.shape


def test_the_appearance_path_alone_sees_every_fourth_frame():
    detector = small("itae-appearance")
    windows = torch.rand(1, 16, 3, 16, 32)
    changed = windows.clone()
    changed[:, [1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15]] = 0
    assert torch.equal(detector(windows), detector(changed))
    assert not torch.equal(small("itae")(windows), small("itae")(changed))


def test_a_flow_can_be_turned_round():
    glow = stirred(Glow(3, 4, 8, steps=2, levels=2, hidden=4).double())
    x = torch.randn(2, 3, 4, 8, dtype=torch.float64)
    z, down = glow.flow.inverse_and_log_det(x)
    again, up = glow.flow.forward_and_log_det(z)
    torch.testing.assert_close(again, x)
    torch.testing.assert_close(down, -up)


@pytest.mark.parametrize(("channels", "levels"), [(2, 1), (3, 2)])
def test_the_log_determinant_is_that_of_autograds_jacobian(channels, levels):
    glow = stirred(Glow(channels, 4, 4, steps=2, levels=levels, hidden=4).double())
    for coupling in glow.couplings:
        coupling.forward = coupling.net
    x = torch.randn(1, channels, 4, 4, dtype=torch.float64)

    def flat(given):
        return torch.cat([z.flatten() for z in glow.flow.inverse_and_log_det(given.view_as(x))[0]])

    jacobian = torch.autograd.functional.jacobian(flat, x.flatten())
    _, log_det = glow.flow.inverse_and_log_det(x)
    torch.testing.assert_close(log_det[0], torch.linalg.slogdet(jacobian)[1])


def test_bits_per_dimension_of_a_flow_that_does_nothing_are_those_of_a_gaussian():
    glow = Glow(2, 4, 4, steps=1, levels=1, hidden=4).eval()
    block = glow.flow.flows[0][0]
    with torch.no_grad():
        block.flows[1].log_S.zero_()
    x = torch.randn(3, 2, 4, 4)
    scale = 1 / (1 + math.exp(-2))  # a coupling begins as a scaling by sigmoid(2) of half of the channels
    z = torch.cat([block.inverse(functional.pixel_unshuffle(x + glow.noise, 2))[0]])
    nats = 0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1) - 16 * math.log(scale)
    torch.testing.assert_close(glow(x), nats / (32 * math.log(2)), rtol=1e-4, atol=1e-4)


def test_the_first_batch_of_training_alone_sets_the_normalisation():
    torch.manual_seed(0)
    glow = Glow(2, 4, 4, steps=1, levels=1, hidden=4).eval()
    x = 5 + 3 * torch.randn(64, 2, 4, 4)
    glow(x)
    (norm,) = [part for part in glow.modules() if isinstance(part, ActNorm)]
    assert not norm.s.any() and not norm.t.any() and not glow.begun
    glow.train()
    assert glow(x).mean() < 5
    torch.testing.assert_close(norm.s.exp().flatten(), torch.full((8,), 3.0), rtol=0.3, atol=0.0)
    kept = norm.t.detach().clone()
    glow(x + 9)
    assert torch.equal(norm.t, kept) and glow.begun


def test_a_trained_flow_finds_what_it_saw_likelier():
    torch.manual_seed(0)
    glow = Glow(2, 4, 4, steps=2, levels=1, hidden=8).train()
    normal = 0.2 * torch.randn(64, 2, 4, 4).cumsum(-1)
    optimiser = torch.optim.Adam(glow.parameters(), 1e-2)
    losses = []
    for _ in range(60):
        loss = glow(normal).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.5
    glow.eval()
    assert (glow(normal + 2 * torch.randn_like(normal)) > glow(normal)).float().mean() > 0.95
    assert torch.equal(glow(normal), glow(normal)), "the noise of a test is fixed"


def test_bfloat16_stays_near_float32_in_a_stirred_flow():
    glow = stirred(Glow(3, 8, 8, steps=8, levels=2, hidden=16)).eval()
    x = torch.randn(4, 3, 8, 8)
    with torch.inference_mode():
        exact = glow(x)
        with device.choose("cpu", "bfloat16").autocast():
            rough = glow(x)
    assert not torch.equal(exact, rough)
    assert (exact - rough).abs().max() < 0.02 * exact.abs().max()


def test_pooling_is_the_naive_one():
    features = torch.randn(2, 5, 3, 4)
    expected = [[[max(v), sum(v) / 5] for v in zip(*f.flatten(1).tolist(), strict=True)] for f in features]
    torch.testing.assert_close(pooled(features).flatten(2).movedim(1, 2), torch.tensor(expected))


def test_the_loss_is_equation_4_and_structure_where_it_is_asked_for():
    detector = small()
    windows, expected = torch.rand(2, 1, 16, 1, 176, 180) * 2 - 1
    detector.forward = lambda given: expected
    losses = detector.loss(windows)
    down, across = ((expected.diff(dim=axis).abs() - windows.diff(dim=axis).abs()).abs().mean() for axis in (-2, -1))
    assert list(losses) == ["reconstruction", "gradient"]
    torch.testing.assert_close(losses["reconstruction"], (expected - windows).square().mean())
    torch.testing.assert_close(losses["gradient"], down + across)
    detector.structure = 0.5
    alike = [
        multiscale_ssim((e[None] + 1) / 2, (w[None] + 1) / 2) for e, w in zip(expected[0], windows[0], strict=True)
    ]
    torch.testing.assert_close(detector.loss(windows)["structure"], 0.5 * (1 - torch.cat(alike).mean()))


@pytest.mark.parametrize("patch", [0, 8])
def test_the_reconstructions_score_is_equation_7(patch):
    detector = small(patch=patch)
    windows, expected = torch.rand(2, 2, 16, 3, 16, 32) * 2 - 1
    for i in range(2):
        frames = ((expected[i] - windows[i]) / 2).abs().mean(1)
        tiles = [[f[y : y + 8, x : x + 8].mean() for y in (0, 8) for x in range(0, 32, 8)] for f in frames]
        mean = sum(max(t) for t in tiles) / 16 if patch else frames.mean()
        torch.testing.assert_close(detector.roughness(expected, windows)[i], -10 * torch.log10(1 - mean))


@pytest.mark.parametrize(("extra", "channels"), [("none", 2), ("intensity", 3), ("error", 3)])
def test_the_appearance_flow_is_given_what_was_asked(extra, channels):
    detector = small("itae-flow", extra=extra)
    given = []
    detector.flows["appearance"].register_forward_hook(lambda module, inputs, output: given.append(inputs[0]))
    windows = torch.rand(2, 16, 3, 16, 32) * 2 - 1
    expected = detector(windows)
    detector.predict_windows(windows, (16, 32))
    (maps,) = given
    assert maps.shape == (8, channels, 2, 4)
    features = detector.network.encode(windows)[0]
    torch.testing.assert_close(maps[5, 0], features[1, :, 1].amax(0))
    if extra != "none":
        frame = windows[1, 4] if extra == "intensity" else (expected - windows)[1, 4].abs()
        shrunk = functional.interpolate(frame.mean(0)[None, None], (2, 4), mode="bilinear", antialias=True)[0, 0]
        torch.testing.assert_close(maps[5, 2], shrunk)


def test_the_terms_are_weighed_by_their_ranges_on_normal_footage():
    detector = small("itae-flow", share=0.5)
    batches = [torch.rand(3, 16, 3, 16, 32) * 2 - 1 for _ in range(4)]
    with torch.no_grad():
        detector.learn_ranges(batches)
        _, rough, maps = detector._measure(torch.cat(batches))
        dense = detector._likelihoods(maps, 12)
        low, high = dense.quantile(0.01, 0), dense.quantile(0.99, 0)
        a, m = (high - low).tolist()
        fused = (a * dense[:, 0] + m * dense[:, 1]) / (a + m)
        expected = torch.zeros(12)
        for term, weight in ((rough, 1.0), (fused, 0.5)):
            expected += weight * (term - term.quantile(0.01)) / (term.quantile(0.99) - term.quantile(0.01))
        torch.testing.assert_close(
            detector.predict_windows(torch.cat(batches), (16, 32)).score, expected, rtol=1e-3, atol=1e-3
        )


def test_stages_train_the_auto_encoder_then_the_flows_and_leave_it_as_it_is():
    assert [stage.name for stage in small("itae").stages()] == ["auto-encoder"]
    detector = small("itae-flow")
    first, then, last = detector.stages()
    assert (last.epochs, last.begin) == (0, detector.learn_ranges)
    own = {id(p) for p in detector.network.parameters()}
    assert {id(p) for p in first.parameters} == own and not own & {id(p) for p in then.parameters}
    before = {name: tensor.clone() for name, tensor in detector.network.state_dict().items()}
    detector.train()
    losses = then.loss(torch.rand(2, 16, 3, 16, 32))
    assert set(losses) == {"appearance", "motion"}
    sum(losses.values()).backward()
    assert all(torch.equal(before[name], tensor) for name, tensor in detector.network.state_dict().items())
    assert all(p.grad is None for p in detector.network.parameters())


def test_many_windows_are_judged_in_parts_with_the_same_answers():
    detector = small("itae-flow")
    windows = torch.rand(5, 16, 3, 16, 32) * 2 - 1
    with torch.inference_mode():
        whole = detector.predict_windows(windows, (16, 32))
        rows = [detector.predict_windows(windows[i : i + 1], (16, 32)) for i in range(5)]
    torch.testing.assert_close(whole.score, torch.cat([row.score for row in rows]), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(whole.expected, torch.cat([row.expected for row in rows]), rtol=1e-4, atol=1e-5)
