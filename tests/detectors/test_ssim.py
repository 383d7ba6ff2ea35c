import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from detectors._ssim import ssim_map


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
