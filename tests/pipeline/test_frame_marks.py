import numpy as np
import pytest

from core import video
from pipeline.frame_marks import BITS, BLOCK, NUMBER_BITS, check, marked, strip_height


def read(picture, height):
    """Read the number below a picture, as slowly as can be; None where it does not check."""
    columns = picture.shape[1] // BLOCK
    bits = [
        int(picture[height + bit // columns * BLOCK + BLOCK // 2, bit % columns * BLOCK + BLOCK // 2, 1] > 127)
        for bit in range(BITS)
    ]
    number = sum(bit << place for place, bit in enumerate(bits[:NUMBER_BITS]))
    return number if check(number) == sum(bit << place for place, bit in enumerate(bits[NUMBER_BITS:])) else None


@pytest.mark.parametrize("size", [(48, 40), (180, 320), (47, 61), (90, 1280)])
def test_numbers_survive_the_coding_of_the_noisiest_pictures(tmp_path, size):
    noise = np.random.default_rng(1).integers(0, 256, (12, *size, 3), dtype=np.uint8)
    numbers = [0, 1, 2, 4095, 4096, 70_000, 2**20, 2**22 + 5, 2**23, 2**24 - 1, 11184810, 5592405]
    video.encode(tmp_path / "a.mp4", [marked(one, n) for one, n in zip(noise, numbers, strict=True)], 25, seekable=True)
    (back,) = video.read(tmp_path / "a.mp4")
    height = size[0] + size[0] % 2
    assert back.images.shape[1] == height + strip_height(size[1] + size[1] % 2)
    assert [read(one, height) for one in back.images] == numbers


def test_a_picture_without_blocks_does_not_check():
    assert read(np.zeros((16, 320, 3), np.uint8), 8) is None
    assert read(np.full((16, 320, 3), 255, np.uint8), 8) is None


@pytest.mark.parametrize("number", [-1, 2**24])
def test_a_number_that_does_not_fit_is_refused(number):
    with pytest.raises(ValueError, match="number must be 0 to 16777215"):
        marked(np.zeros((8, 320, 3), np.uint8), number)
