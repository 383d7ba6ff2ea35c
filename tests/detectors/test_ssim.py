import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from detectors._ssim import multiscale_ssim, ssim_map


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("peak", [1.0, 2.0])
def test_the_mean_is_that_of_scikit_image(channels, peak):
    rng = np.random.default_rng(0)
    one = rng.random((2, channels, 23, 31)) * peak
    other = (one + rng.normal(0, 0.1, one.shape) * peak).clip(0, peak)
    got = ssim_map(torch.from_numpy(one), torch.from_numpy(other), peak).mean((1, 2, 3))
    expected = [
        structural_similarity(
            a, b, channel_axis=0, data_range=peak, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        for a, b in zip(one, other, strict=True)
    ]
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-5)


def test_equal_pictures_are_alike_and_negatives_are_not():
    picture = torch.rand(1, 3, 16, 20, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ssim_map(picture, picture), torch.ones(1, 3, 6, 10))
    assert ssim_map(picture, 1 - picture).max() < 0


def test_it_is_float32_under_autocast_and_has_a_gradient():
    one = torch.rand(1, 1, 16, 16, requires_grad=True)
    other = torch.rand(1, 1, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        rough = ssim_map(one, other)
    assert torch.equal(rough, ssim_map(one, other))
    (1 - rough.mean()).backward()
    assert one.grad.isfinite().all() and one.grad.any()


def naive_multiscale(one, other):
    """Two pictures, both (h, w) in [0, 1]."""

    def blurred(x):
        return gaussian_filter(x, 1.5, radius=5)[5:-5, 5:-5]

    answer, weights = 1.0, (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
    for scale, weight in enumerate(weights):
        if scale:
            one, other = (
                x[: len(x) // 2 * 2, : x.shape[1] // 2 * 2].reshape(len(x) // 2, 2, -1, 2).mean((1, 3))
                for x in (one, other)
            )
        a, b = blurred(one), blurred(other)
        both = (2 * (blurred(one * other) - a * b) + 0.03**2) / (
            blurred(one**2) - a**2 + blurred(other**2) - b**2 + 0.03**2
        )
        if scale == 4:
            both = both * (2 * a * b + 0.01**2) / (a**2 + b**2 + 0.01**2)
        answer *= both.mean() ** weight
    return answer


def test_five_scales_are_the_naive_product():
    rng = np.random.default_rng(0)
    one = gaussian_filter(rng.random((2, 176, 190)), (0, 2, 2)).astype(np.float32)
    other = (one + rng.normal(0, 0.02, one.shape)).clip(0, 1).astype(np.float32)
    got = multiscale_ssim(*(torch.from_numpy(x[:, None]) for x in (one, other)))
    expected = [naive_multiscale(a.astype(float), b.astype(float)) for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(got.numpy(), expected, atol=1e-4)
    assert 0.1 < expected[0] < 0.99
    torch.testing.assert_close(multiscale_ssim(torch.ones(1, 1, 176, 176), torch.ones(1, 1, 176, 176)), torch.ones(1))
