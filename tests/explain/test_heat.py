import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explain.heat import box_area, box_heat, box_peak, clip_boxes, covered, summed_area

HEATS = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
    elements=st.floats(0, 100, width=32),
)
CORNER = st.one_of(st.integers(-5, 15).map(float), st.floats(-5, 15), st.sampled_from([np.nan, np.inf, -np.inf, 1e30]))
BOXES = st.lists(st.tuples(CORNER, CORNER, CORNER, CORNER), max_size=6).map(lambda rows: np.array(rows).reshape(-1, 4))


def overlap(low, high, pixel):
    """Length of [low, high] on pixel [pixel, pixel + 1]."""
    return max(0.0, min(high, pixel + 1) - max(low, pixel))


def naive_heat(heat, box):
    """Slower, less complicated: each pixel's heat times the covered part of that pixel."""
    x1, y1, x2, y2 = (float(v) for v in box)
    if any(np.isnan([x1, y1, x2, y2])) or x2 <= x1 or y2 <= y1:
        return 0.0
    rows, columns = heat.shape
    return sum(float(heat[y, x]) * overlap(x1, x2, x) * overlap(y1, y2, y) for y in range(rows) for x in range(columns))


def naive_cover(shape, boxes):
    return np.array(
        [
            [any(b[0] <= x + 0.5 < b[2] and b[1] <= y + 0.5 < b[3] for b in boxes) for x in range(shape[1])]
            for y in range(shape[0])
        ]
    ).reshape(shape)


@given(HEATS, BOXES)
def test_summed_area_heat_equals_a_naive_sum_for_any_boxes(heat, boxes):
    fast = box_heat(summed_area(heat), boxes)
    assert fast.shape == (len(boxes),)
    assert fast == pytest.approx([naive_heat(heat, box) for box in boxes], rel=1e-9, abs=1e-8)


@given(HEATS, BOXES)
def test_union_equals_a_naive_union(heat, boxes):
    mask = naive_cover(heat.shape, boxes)
    assert np.array_equal(covered(heat.shape, boxes), mask)


@given(HEATS, BOXES)
def test_peak_equals_a_naive_maximum(heat, boxes):
    expected = [float(np.max(heat, where=naive_cover(heat.shape, box[None]), initial=0.0)) for box in boxes]
    assert box_peak(heat, boxes).tolist() == expected


@given(HEATS)
def test_the_whole_picture_holds_all_heat(heat):
    box = np.array([[-3.0, -3.0, heat.shape[1] + 3.0, heat.shape[0] + 3.0]])
    assert box_heat(summed_area(heat), box)[0] == pytest.approx(float(heat.sum(dtype=np.float64)))
    assert box_area(box, heat.shape[1], heat.shape[0])[0] == heat.size


def test_large_pictures_keep_small_heat_exact():
    heat = np.full((1080, 1920), 1e-4, np.float32)
    heat[700, 900] = 5.0
    inside = box_heat(summed_area(heat), np.array([[900.0, 700.0, 901.0, 701.0], [10.0, 10.0, 11.0, 11.0]]))
    assert inside == pytest.approx([5.0, 1e-4], rel=1e-5)


def test_degenerate_boxes_become_zeros():
    found = clip_boxes(np.array([[3, 0, 1, 2], [0, 0, np.nan, 1], [9, 9, 12, 12], [-1, -1, 2, 2]]), 4, 4)
    assert found.tolist() == [[0, 0, 0, 0]] * 3 + [[0, 0, 2, 2]]


def test_heat_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"heat must be \(H, W\), got \(3,\)"):
        summed_area(np.ones(3, np.float32))
