"""In dark pictures only sure names are believed."""

import numpy as np
import pytest

from core.records import Detections
from explain.causes.plausible import believed

FOUND = Detections(
    3, np.arange(12, dtype=np.float32).reshape(3, 4), ("car", "person", "car"), np.array([0.3, 0.8, 0.5], np.float32),
    "COCO",
)  # fmt: skip


def test_by_day_every_name_is_kept():
    assert believed(FOUND, np.full((8, 8, 3), 90, np.uint8)) is FOUND


@pytest.mark.parametrize("lights", [0, 20])
def test_in_the_dark_the_sure_ones_are(lights):
    image = np.full((8, 8, 3), 18, np.uint8)
    image.reshape(-1, 3)[:lights] = 250
    kept = believed(FOUND, image)
    assert kept.labels == ("person", "car") and kept.confidence.tolist() == pytest.approx([0.8, 0.5])
    assert kept.boxes.tolist() == FOUND.boxes[1:].tolist() and kept.frame == 3
