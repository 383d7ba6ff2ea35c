"""Pictures of camera faults: of the frame that stands for each, small, once."""

import numpy as np
import pytest

from core import pictures
from core.disturbance import Disturbance
from core.errors import Cancelled, InputError
from pipeline import fault_pictures
from tests import clips
from tests.browser import numbered

SIZE = (240, 480)


def fault(first, last, lasting=False):
    return Disturbance("moved", first, last, first / 25, last / 25, "The camera moved.", lasting)


def number_of(data):
    """Read the number of a numbered picture back from a smaller one."""
    image = pictures.decode(np.frombuffer(data, np.uint8), "a picture")
    height, width = image.shape[:2]
    bits = [image[int((bit // 6 + 0.5) * height / 2), int((bit % 6 + 0.5) * width / 6)].mean() > 127
            for bit in range(numbered.BITS)]  # fmt: skip
    return sum(2**bit for bit, white in enumerate(bits) if white), max(height, width)


@pytest.fixture
def clip(tmp_path):
    return clips.make(tmp_path / "a.mp4", numbered.pictures(60, SIZE), crf=12)


def test_each_fault_gets_the_picture_that_stands_for_it(clip, tmp_path):
    faults = [fault(10, 20), fault(30, 33, lasting=True), fault(0, 1)]
    fault_pictures.keep(clip, tmp_path / "run", faults, 25.0)
    found = [number_of(fault_pictures.read(tmp_path / "run", one.first)) for one in faults]
    assert found == [(15, 320), (33, 320), (0, 320)]
    before = fault_pictures.path(tmp_path / "run", 10).stat().st_mtime_ns
    fault_pictures.keep(clip, tmp_path / "run", faults, 25.0)
    assert fault_pictures.path(tmp_path / "run", 10).stat().st_mtime_ns == before, "it is there already"


def test_without_a_fault_nothing_is_read_and_nothing_is_kept(tmp_path):
    fault_pictures.keep(tmp_path / "missing.mp4", tmp_path / "run", [], 25.0)
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="no picture of a camera fault at frame 3 is kept in this run"):
        fault_pictures.read(tmp_path / "run", 3)


def test_it_stops_where_its_user_says_so(clip, tmp_path):
    with pytest.raises(Cancelled):
        fault_pictures.keep(clip, tmp_path / "run", [fault(10, 20)], 25.0, lambda: True)
    assert not fault_pictures.path(tmp_path / "run", 10).exists()
