"""Displacements between two pictures, against those that were made, and against what moves without the camera."""

import cv2
import numpy as np
import pytest

from explain.disturbances.registration import register
from explain.disturbances.thumbnails import Thumbnail, size_of
from tests.explain.disturbances.twins import SIZE, plain


def shifted(image, right, down):
    matrix = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def pixels(shift):
    tall, wide = size_of(SIZE[1], SIZE[0])
    return shift.x * SIZE[0] / wide, shift.y * SIZE[1] / tall


@pytest.mark.parametrize(("right", "down"), [(0, 0), (1, 0), (-2, 1), (5, -3), (14, 9), (-32, 20), (60, 0)])
def test_a_displacement_is_found_between_frames_seconds_apart(right, down):
    one, other = Thumbnail.of(plain()[5]), Thumbnail.of(shifted(plain()[70], right, down))
    found = register(one.structure, other.structure, far=True)
    assert np.allclose(pixels(found), (right, down), atol=0.8)
    assert found.alike > 0.75 and (found.votes > 0.5) == bool(right or down)


@pytest.mark.parametrize(("gain", "offset"), [(0.3, 0), (1.6, 0), (0.7, 50)])
def test_light_displaces_nothing(gain, offset):
    one, other = Thumbnail.of(plain()[5]), Thumbnail.of(cv2.convertScaleAbs(plain()[6], alpha=gain, beta=offset))
    found = register(one.structure, other.structure)
    assert found.still > 0.9 and found.length < 0.1


def test_what_moves_over_a_third_of_the_picture_is_not_the_camera():
    one, other = plain()[5].copy(), plain()[6].copy()
    noise = np.random.default_rng(0).integers(0, 255, (110, 110, 3), np.uint8)
    lorry = cv2.resize(cv2.blur(noise, (5, 5)), (180, 110))
    one[60:170, 20:200], other[60:170, 26:206] = lorry, lorry
    found = register(Thumbnail.of(one).structure, Thumbnail.of(other).structure, far=True)
    assert found.votes < 0.5 or found.length < 0.3


def test_another_place_is_no_displacement():
    one, other = Thumbnail.of(plain()[5]), Thumbnail.of(plain(2, 40)[5])
    assert register(one.structure, other.structure, far=True).alike < 0.25


@pytest.mark.parametrize("shape", [(1, 4096), (4096, 1), (2160, 3840), (64, 96), (7, 5)])
def test_pictures_of_every_shape_have_thumbnails(shape):
    image = np.zeros((*shape, 3), np.uint8)
    made = Thumbnail.of(image)
    assert made.grey.shape == size_of(*shape) and min(made.picked.shape[:2]) >= 16
    assert made.grey.size <= 50_000 and made.picked.shape[0] * made.picked.shape[1] <= 13_000
