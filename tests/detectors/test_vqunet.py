import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from detectors._blocks import at_clip_size, error_score
from detectors.vqunet import DETECTORS, Codebook


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("vqunet-prediction", 13_424_323),
        ("unet-prediction", 13_424_323 - 256 * 512),
        ("vqunet-reconstruction", 14_967_043),
        ("unet-reconstruction", 14_967_043 - 256 * 512),
    ],
)
def test_parameter_counts(name, count):
    assert sum(p.numel() for p in DETECTORS[name].make().parameters()) == count


def test_reconstruction_has_no_skips_and_answers_for_its_own_frame():
    detector = DETECTORS["vqunet-reconstruction"].make(base=4, height=32, width=32)
    assert (detector.window.inputs, detector.window.target, detector.skips) == (1, 0, False)


def test_the_nearest_code_is_the_naive_one():
    torch.manual_seed(0)
    book = Codebook(16, 5)
    z = torch.randn(40, 5) * 0.1
    codes = book.codes.detach()
    naive = [min(range(16), key=lambda k: float((v - codes[k]).square().sum())) for v in z]
    assert book.nearest(z)[:, 0].tolist() == naive


def test_straight_through_copies_the_decoders_gradient_to_the_encoder():
    torch.manual_seed(0)
    book = Codebook(8, 4)
    z = torch.randn(2, 4, 3, 3, requires_grad=True)
    passed, _ = book.eval()(z)
    weight = torch.randn_like(passed)
    (passed * weight).sum().backward()
    torch.testing.assert_close(z.grad, weight)
    assert book.codes.grad is None or not book.codes.grad.any()


def test_codebook_losses_are_those_of_the_paper():
    torch.manual_seed(0)
    book = Codebook(8, 4)
    z = torch.randn(1, 4, 2, 3, requires_grad=True)
    _, losses = book.train()(z)
    flat = z.permute(0, 2, 3, 1).reshape(-1, 4)
    order = torch.cdist(flat, book.codes).argsort(1)
    first, second = book.codes[order[:, 0]], book.codes[order[:, 1]]
    torch.testing.assert_close(losses["embedding"], functional.mse_loss(first, flat))
    torch.testing.assert_close(losses["commitment"], 0.25 * functional.mse_loss(flat, first))
    hinge = [max(0.0, float((a - p).square().mean() - (a - n).square().mean()) + 1.0)
             for a, p, n in zip(flat.detach(), first.detach(), second.detach(), strict=True)]  # fmt: skip
    assert float(losses["separatedness"].detach()) == pytest.approx(0.01 * np.mean(hinge), rel=1e-5)
    losses["embedding"].backward(retain_graph=True)
    assert z.grad is None, "the embedding loss must not move the encoder"
    losses["commitment"].backward()
    assert z.grad.any()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), st.integers(8, 20), st.integers(8, 20), st.integers(0, 2**16))
def test_patch_score_is_the_naive_worst_patch(patch, height, width, seed):
    error = torch.from_numpy(np.random.default_rng(seed).random((2, height, width), np.float32))
    expected = []
    for frame in error.numpy():
        worst = frame.mean()
        if patch:
            step = max(1, patch // 4)
            worst = max(
                frame[y : y + patch, x : x + patch].mean()
                for y in range(0, height - patch + 1, step)
                for x in range(0, width - patch + 1, step)
            )
        expected.append(5 * np.log10(frame.mean()) + 5 * np.log10(worst))
    np.testing.assert_allclose(error_score(error, patch).numpy(), expected, rtol=1e-4, atol=1e-4)


def test_no_error_is_a_finite_score():
    assert error_score(torch.zeros(1, 8, 8), 0).item() == pytest.approx(-80.0)


def test_resizing_keeps_errors_non_negative_and_their_mean():
    error = torch.rand(2, 16, 24)
    large = at_clip_size(error, (32, 48))
    assert large.shape == (2, 32, 48) and (large >= 0).all()
    torch.testing.assert_close(large.mean((1, 2)), error.mean((1, 2)), rtol=0.02, atol=0.0)


def test_a_step_looks_at_every_nth_frame_and_predicts_the_nth_after():
    torch.manual_seed(0)
    near = DETECTORS["unet-prediction"].make(base=4, height=16, width=16, inputs=3).eval()
    far = DETECTORS["unet-prediction"].make(base=4, height=16, width=16, inputs=3, step=2).eval()
    far.load_state_dict(near.state_dict())
    assert (far.window.span, far.window.target) == (7, 6)
    windows = torch.rand(2, 7, 3, 16, 16) * 2 - 1
    one, other = far.predict_windows(windows, (16, 16)), near.predict_windows(windows[:, ::2], (16, 16))
    assert torch.equal(one.score, other.score) and torch.equal(one.saliency, other.saliency)
