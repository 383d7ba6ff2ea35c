"""Convolutions to one channel answer as PyTorch's own, and are differentiated by it."""

import pytest
import torch
from torch import nn

from detectors._cpu_conv import Conv2d, ConvTranspose2d

CASES = [
    (3, 0, True, 9, 11), (5, 2, True, 9, 8), (3, 1, False, 7, 7), ((2, 4), (0, 3), True, 6, 5), (5, 2, True, 1, 2),
    (1, 0, True, 4, 4), (3, 3, True, 4, 5),
]  # fmt: skip


def both(ours, theirs, x):
    theirs.load_state_dict(ours.state_dict())
    with torch.no_grad():
        return ours(x), theirs(x)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("out", [1, 2])
def test_answers_are_pytorchs(case, layout, out):
    kernel, padding, biased, high, wide = case
    torch.manual_seed(0)
    layers = [kind(6, out, kernel, padding=padding, bias=biased) for kind in (Conv2d, nn.Conv2d)]
    x = torch.randn(3, 6, high, wide).contiguous(memory_format=layout)
    torch.testing.assert_close(*both(*layers, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "settings", [(4,), (4, 2), (3, 2, 1, 1), (5, 3, 1, 2), (5, 1, 2, 0, 1, False), ((2, 3), (1, 2))], ids=str
)
def test_transposed_answers_are_pytorchs(settings):
    torch.manual_seed(0)
    layers = [kind(6, 1, *settings) for kind in (ConvTranspose2d, nn.ConvTranspose2d)]
    x = torch.randn(2, 6, 7, 8).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(*both(*layers, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("layer", [Conv2d(32, 1, 5, padding=2), ConvTranspose2d(32, 1, 4)], ids=["plain", "transposed"])
def test_half_the_precision_is_nearly_the_whole(layer):
    torch.manual_seed(0)
    x = torch.randn(2, 32, 20, 20)
    with torch.no_grad():
        exact = layer(x)
        with torch.autocast("cpu", torch.bfloat16):
            rough = layer(x)
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - exact).abs().max() < 0.02 * exact.abs().max()


def test_double_precision_stays_double():
    torch.manual_seed(0)
    layer, x = Conv2d(4, 1, 3).double(), torch.randn(1, 4, 6, 6).double()
    torch.testing.assert_close(*both(layer, nn.Conv2d(4, 1, 3).double(), x), rtol=1e-12, atol=1e-12)


def test_it_can_be_trained():
    ours, theirs = Conv2d(4, 1, 3), nn.Conv2d(4, 1, 3)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, 6, 6)
    for layer in (ours, theirs):
        layer(x).square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, theirs.weight.grad)
