"""Transposed convolutions answer, and are differentiated, as PyTorch's own."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from detectors._cpu_conv import MAX_MATRIX_CHANNELS, ConvTranspose2d, ConvTranspose3d

CASES = [
    (4, 6, 3, 2, 1, 1, True), (4, 6, 3, 2, 1, 1, False), (5, 1, 3, (1, 2, 2), 1, (0, 1, 1), True),
    (5, 3, 3, 1, 1, 0, True), (4, 2, 3, (2, 1, 2), 1, (1, 0, 1), False),
    (5, 1, 3, (1, 2, 2), (2, 1, 1), (0, 1, 1), True), (5, 2, (1, 3, 3), (1, 2, 2), (0, 1, 1), 0, True),
]  # fmt: skip


def compare(ours, theirs, x, layout):
    theirs.load_state_dict(ours.state_dict())
    seen = [x.clone(memory_format=layout).requires_grad_() for _ in range(2)]
    answers = [layer(given) for layer, given in zip((ours, theirs), seen, strict=True)]
    torch.testing.assert_close(*answers, rtol=1e-5, atol=1e-5)
    grad = torch.randn_like(answers[0])
    for answer in answers:
        answer.backward(grad)
    torch.testing.assert_close(seen[0].grad, seen[1].grad, rtol=1e-4, atol=1e-5)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last_3d], ids=str)
def test_answers_and_gradients_of_volumes_are_pytorchs(case, layout):
    *settings, biased = case
    layers = [kind(*settings, bias=biased) for kind in (ConvTranspose3d, nn.ConvTranspose3d)]
    compare(*layers, torch.randn(2, settings[0], 4, 5, 6), layout)


@pytest.mark.parametrize(
    "settings",
    [(4, 6, 3, 2, 1, 1), (4, 6, 3, 2), (4, 3, 5, 3), (4, 1, 5, 2), (4, 3, 4), (6, 4, 2, 2, 0, 0, 1, False)],
    ids=str,
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_answers_and_gradients_of_pictures_are_pytorchs(settings, layout):
    compare(ConvTranspose2d(*settings), nn.ConvTranspose2d(*settings), torch.randn(3, settings[0], 5, 6), layout)


def test_few_channels_are_those_of_the_naive_twin():
    torch.manual_seed(0)
    layer = ConvTranspose3d(2, 1, 3, (1, 2, 2), 1, (0, 1, 1))
    x = torch.randn(1, 2, 2, 3, 3)
    expected = torch.full((1, 1, 2, 6, 6), layer.bias.item())
    for c in range(2):
        for place in torch.cartesian_prod(*map(torch.arange, x.shape[2:])).tolist():
            for tap in torch.cartesian_prod(*[torch.arange(3)] * 3).tolist():
                to = [p * s + k - 1 for p, s, k in zip(place, (1, 2, 2), tap, strict=True)]
                if all(0 <= t < n for t, n in zip(to, (2, 6, 6), strict=True)):
                    expected[(0, 0, *to)] += (x[(0, c, *place)] * layer.weight[(c, 0, *tap)]).item()
    torch.testing.assert_close(layer(x).detach(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("case", CASES[:4], ids=str)
def test_bfloat16_stays_near_float32(case):
    torch.manual_seed(0)
    layer = ConvTranspose3d(*case[:-1], bias=case[-1])
    x = torch.randn(2, case[0], 4, 5, 6)
    exact = layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        rough = layer(x)
    assert rough.dtype == torch.bfloat16
    assert (rough - exact).abs().max() < 0.02 * exact.abs().max()
    rough.float().square().sum().backward()
    assert layer.weight.grad.dtype == torch.float32


def test_the_product_takes_the_place_of_the_convolution_for_few_channels_alone():
    few, many = ConvTranspose3d(4, 1, 3, 2, 1, 1), ConvTranspose3d(4, MAX_MATRIX_CHANNELS + 1, 3, 2, 1, 1)
    for layer, name in ((few, "mm"), (many, "convolution")):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            layer(torch.zeros(1, 4, 2, 2, 2))
        (used,) = counter.get_flop_counts()["Global"]
        assert str(used).endswith(name)
