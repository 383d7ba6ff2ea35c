import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from core import device
from detectors._blocks import error_score
from detectors._ssim import ssim_map
from detectors.ravi2021 import DETECTORS
from detectors.ravi2021._frames import Sphere
from detectors.ravi2021._layers import (
    AsymmetricBlock,
    AugmentedConvolution,
    Excitation,
    SoftAttention,
    SoftmaxAttention,
)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


LOOK = (3 * 64 * 9 + 64) + (64 * 3 * 25 + 3) + 2 * 3


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("bcae1", 652_841),
        ("se-cae", 652_841 + 2 * 64 * 4 * 6 + 2 * 96 * 6 * 2),
        ("sa-cae", 652_841 + LOOK),
        ("ssa-cae", 652_841 + LOOK),
    ],
)
def test_parameter_counts(name, count):
    assert parameters(DETECTORS[name].make()) == count


def test_the_latents_are_the_thesis_sizes():
    frames = torch.rand(1, 3, 128, 128)
    shapes = {"bcae1": (1, 96, 4, 4), "bcae2": (1, 300, 1, 1), "ks-cae": (1, 300, 1, 1), "aa-cae": (1, 128, 4, 4)}
    for name, shape in shapes.items():
        with torch.no_grad():
            assert DETECTORS[name].make().eval().embed(frames)[0].shape == shape


def test_kernel_strengthening_halves_the_channels_of_the_second_baseline():
    kernels = [m.kernels[0].shape[0] for m in DETECTORS["ks-cae"].make().encoder if isinstance(m, AsymmetricBlock)]
    assert kernels == [64, 64, 128, 256]


def trained(block, channels, generator):
    """Give every norm statistics and weights as a training leaves them."""
    for norm in block.norms:
        norm.running_mean.copy_(torch.randn(channels, generator=generator))
        norm.running_var.copy_(torch.rand(channels, generator=generator) + 0.1)
        with torch.no_grad():
            norm.weight.copy_(torch.randn(channels, generator=generator))
            norm.bias.copy_(torch.randn(channels, generator=generator))
    return block.eval()


def branch_by_branch(block, x):
    """Do the three branches one after the other with PyTorch's own layers, and sum them."""
    total = 0
    for i, kernel in enumerate(block.kernels):
        rows, columns = kernel.shape[-2:]
        if block.transposed:
            layer = nn.ConvTranspose2d(*kernel.shape[:2], (rows, columns), block.stride, bias=False)
        else:
            layer = nn.Conv2d(
                *kernel.shape[1::-1], (rows, columns), block.stride, (rows // 2, columns // 2), bias=False
            )
        layer.weight = nn.Parameter(kernel.detach())
        grown = layer(x)
        if block.transposed:
            down, right = (block.side - rows) // 2, (block.side - columns) // 2
            grown = functional.pad(grown, (right, right, down, down))
        total = total + (block.norms[i](grown) if block.norms else grown)
    return total if block.bias is None else total + block.bias[:, None, None]


@pytest.mark.parametrize("transposed", [False, True], ids=["ACB", "ADB"])
@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize(("side", "stride"), [(3, 1), (3, 2), (5, 2), (5, 3)])
def test_fused_kernels_give_the_sum_of_the_branches(transposed, normalised, side, stride):
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    block = AsymmetricBlock(5, 7, side, stride, transposed=transposed, normalised=normalised)
    if block.bias is not None:
        nn.init.normal_(block.bias)
    trained(block, 7, generator)
    x = torch.randn(2, 5, 13, 16, generator=generator)
    with torch.no_grad():
        expected = branch_by_branch(block, x)
        torch.testing.assert_close(block(x), expected, rtol=1e-5, atol=1e-5)
        if not normalised:
            torch.testing.assert_close(block.train()(x), expected, rtol=1e-5, atol=1e-5)


def test_the_fused_network_gives_the_same_output():
    torch.manual_seed(0)
    detector = DETECTORS["ks-cae"].make(**DETECTORS["ks-cae"].small)
    frames = torch.rand(3, 3, 128, 128)
    detector.train()
    for _ in range(3):
        detector(frames)
    detector.eval()
    blocks = [m for m in detector.modules() if isinstance(m, AsymmetricBlock)]
    with torch.no_grad():
        fused, _ = detector(frames)
        for block in blocks:
            block.forward = lambda x, block=block: branch_by_branch(block, x)
        apart, _ = detector(frames)
    assert len(blocks) == 9 and fused.std() > 0
    torch.testing.assert_close(fused, apart, rtol=0, atol=1e-5)
    settled = device.choose("cpu", "float32").to_inference(detector)
    assert not any(isinstance(part, AsymmetricBlock) for part in settled.modules())
    with torch.inference_mode():
        torch.testing.assert_close(settled(frames)[0], fused, rtol=0, atol=1e-5)


def test_excitation_weighs_channels_by_what_all_of_them_show():
    torch.manual_seed(0)
    block, x = Excitation(32), torch.randn(2, 32, 4, 5)
    first, second = block.weigh[2].weight, block.weigh[4].weight
    weights = torch.sigmoid(torch.relu(x.mean((2, 3)) @ first.t()) @ second.t())
    torch.testing.assert_close(block(x), x * weights[:, :, None, None])
    assert first.shape == (2, 32)


def test_attention_is_softmax_over_all_places():
    torch.manual_seed(0)
    block, x = AugmentedConvolution(3, 32), torch.randn(2, 3, 8, 12)
    asked = block.queries(x).flatten(2)
    query, key, value = asked[:, :4], asked[:, 4:8], asked[:, 8:]
    weights = torch.softmax(query.transpose(1, 2) @ key / math.sqrt(4), 2)
    seen = (weights @ value.transpose(1, 2)).transpose(1, 2).reshape(2, 1, 4, 6)
    expected = torch.cat([block.local(x), block.out(seen)], 1)
    torch.testing.assert_close(block(x), expected, rtol=1e-4, atol=1e-5)
    assert expected.shape == (2, 32, 4, 6)


def test_soft_attention_is_a_gate_and_is_penalised_by_its_norm():
    torch.manual_seed(0)
    detector = DETECTORS["sa-cae"].make(**DETECTORS["sa-cae"].small).eval()
    frames = torch.rand(2, 3, 80, 80)
    gate = detector.attention
    with torch.no_grad():
        seen = torch.sigmoid(gate.norm(frames * gate.look(frames)))
        torch.testing.assert_close(detector.embed(frames)[1], seen)
        losses = detector.loss(frames[:, None])
    torch.testing.assert_close(losses["attention"], 1e-6 * seen.square().sum().sqrt())
    assert isinstance(gate, SoftAttention) and seen.min() >= 0 and seen.max() <= 1


def test_softmax_attention_multiplies_the_frame_by_rows_and_columns():
    torch.manual_seed(0)
    gate, x = SoftmaxAttention(1, 4).eval(), torch.rand(1, 1, 5, 7)
    looked = gate.look(x)[0, 0]
    rows, columns = torch.softmax(looked.sum(1), 0), torch.softmax(looked.sum(0), 0)
    torch.testing.assert_close(gate(x)[0, 0], x[0, 0] * torch.outer(rows, columns))


@pytest.mark.parametrize(("loss", "squares", "structure"), [("mse", 1, 0), ("ssim", 0, 1), ("mse+ssim", 0.5, 0.5)])
def test_losses_and_scores_weigh_error_and_structure(loss, squares, structure):
    torch.manual_seed(0)
    detector = DETECTORS["bcae1"].make(**DETECTORS["bcae1"].small, loss=loss).eval()
    windows = torch.rand(2, 1, 3, 80, 80)
    with torch.no_grad():
        expected, _ = detector(windows[:, 0])
        alike = ssim_map(expected, windows[:, 0])
        total = sum(detector.loss(windows).values())
        answer = detector.predict_windows(windows, (80, 80))
    mse = (expected - windows[:, 0]).square().mean()
    torch.testing.assert_close(total, squares * mse + structure * (1 - alike.mean()))
    unlike = 1 - alike.mean(1)
    middle = squares * (expected - windows[:, 0]).square().mean(1)[:, 5:-5, 5:-5] + structure * unlike
    torch.testing.assert_close(answer.saliency[:, 5:-5, 5:-5], middle)
    torch.testing.assert_close(answer.score, error_score(answer.saliency, 0))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(1, 6), st.floats(0.01, 1.0), st.integers(0, 2**16))
def test_the_sphere_is_the_naive_one(count, dimensions, nu, seed):
    z = np.random.default_rng(seed).normal(0, 1, (count, dimensions)).astype(np.float32)
    sphere = Sphere(dimensions, nu)
    half = count // 2
    sphere.centre_on([torch.from_numpy(z[:half]), torch.from_numpy(z[half:])])
    np.testing.assert_allclose(sphere.centre.numpy(), z.mean(0), atol=1e-5)
    distances = [math.dist(v, z.mean(0)) for v in z]
    radius = 0.0
    for _ in range(2):
        hinge = np.mean([max(0.0, d * d - radius * radius) for d in distances])
        assert sphere.train()(torch.from_numpy(z)).item() == pytest.approx(radius**2 + hinge / nu, rel=1e-3, abs=1e-3)
        radius = float(np.quantile(distances, 1 - nu))
        assert sphere.radius.item() == pytest.approx(radius, rel=1e-4, abs=1e-5)
    sphere.eval()(torch.zeros(1, dimensions))
    assert sphere.radius.item() == pytest.approx(radius, rel=1e-4, abs=1e-5)


def test_fine_tuning_draws_normal_embeddings_together_and_leaves_the_decoder():
    torch.manual_seed(0)
    detector = DETECTORS["bcae1"].make(**DETECTORS["bcae1"].small, svdd=True, svdd_rate=1e-2)
    whole, fine = detector.stages()
    windows = torch.rand(8, 1, 3, 80, 80)
    detector.eval()
    with torch.no_grad():
        fine.begin([windows[:5], windows[5:]])
        mean = detector.embed(windows[:, 0])[0].flatten(1).mean(0)
    torch.testing.assert_close(detector.sphere.centre, mean, rtol=1e-4, atol=1e-5)
    decoder = [p.clone() for p in detector.decoder.parameters()]
    optimiser = fine.optimiser(fine.parameters)
    detector.train()
    losses = []
    for _ in range(10):
        loss = fine.loss(windows)["svdd"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[1] and detector.sphere.radius > 0
    assert all(torch.equal(a, b) for a, b in zip(decoder, detector.decoder.parameters(), strict=True))
    assert len(whole.parameters) > len(fine.parameters) == len(list(detector.encoder.parameters()))


@pytest.mark.parametrize(("name", "size"), [("bcae1", (96, 144)), ("bcae2", (128, 176)), ("bcae2", (224, 272)),
                                            ("ks-cae", (176, 224)), ("aa-cae", (80, 112))])  # fmt: skip
def test_other_sizes_come_back_at_their_size(name, size):
    detector = DETECTORS[name].make(base=4, height=size[0], width=size[1], svdd=True).eval()
    with torch.no_grad():
        latent, _ = detector.embed(torch.rand(1, 3, *size))
        assert detector(torch.rand(1, 3, *size))[0].shape == (1, 3, *size)
    assert latent[0].numel() == len(detector.sphere.centre)
