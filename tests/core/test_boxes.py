"""How boxes lie to one another, against twins that count unit squares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.boxes import iou, overlap_of_smaller, within

corner = st.integers(0, 9)
drawn = st.lists(st.tuples(corner, corner, st.integers(0, 6), st.integers(0, 6)), max_size=5).map(
    lambda found: np.array([(x, y, x + w, y + h) for x, y, w, h in found], np.float32).reshape(-1, 4)
)


def squares(box):
    x1, y1, x2, y2 = box.astype(int)
    return {(x, y) for x in range(x1, x2) for y in range(y1, y2)}


@given(drawn, drawn)
def test_each_equals_a_count_of_squares(a, b):
    ratios = {
        iou: lambda p, q: len(p & q) / (len(p | q) or 1),
        overlap_of_smaller: lambda p, q: len(p & q) / (min(len(p), len(q)) or 1),
        within: lambda p, q: len(p & q) / (len(p) or 1),
    }
    for found, naive in ratios.items():
        expected = [[naive(squares(p), squares(q)) for q in b] for p in a]
        assert found(a, b).shape == (len(a), len(b)) and found(a, b).dtype == np.float64
        assert found(a, b) == pytest.approx(np.array(expected).reshape(len(a), len(b)))


def test_a_single_box_will_do():
    assert iou((0, 0, 2, 2), (1, 0, 3, 2))[0, 0] == pytest.approx(1 / 3)
