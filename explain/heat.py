"""Heat inside boxes, exactly and for all boxes at once, by a summed-area table (Crow 1984).

Heat is constant over a pixel, so the heat in a box whose corners lie between pixels is an integral that bilinear
interpolation of the table gives exactly: a pixel that is half covered counts half.
"""

import cv2
import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Floats
from core.errors import expect


def summed_area(heat: Floats) -> Doubles:
    """Sum (H, W) non-negative heat over all rectangles that begin at the picture's upper left corner.

    Returns:
        (H + 1, W + 1) float64; entry (y, x) is the sum of ``heat[:y, :x]``.

    Raises:
        ValueError: ``heat`` is not two-dimensional.

    >>> summed_area(np.ones((2, 3), np.float32))[-1].tolist()
    [0.0, 2.0, 4.0, 6.0]
    """
    expect(heat.ndim == 2, "heat", "(H, W)", heat.shape)
    if not heat.size:
        return np.zeros((heat.shape[0] + 1, heat.shape[1] + 1))
    table: Doubles = cv2.integral(np.ascontiguousarray(heat, np.float32), sdepth=cv2.CV_64F)
    return table


def clip_boxes(boxes: npt.ArrayLike, width: int, height: int) -> Doubles:
    """Clip (N, 4) boxes to a picture, float64; a degenerate box (no area, or a corner of NaN) becomes all zeros."""
    found = np.asarray(boxes, np.float64).reshape(-1, 4)
    clipped = np.clip(found, 0.0, np.array([width, height, width, height], np.float64))
    proper = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1]) & ~np.isnan(found).any(axis=1)
    return np.where(proper[:, None], clipped, 0.0)


def box_area(boxes: npt.ArrayLike, width: int, height: int) -> Doubles:
    """Area of the part of each box that lies in the picture, (N,) float64 in square pixels."""
    clipped = clip_boxes(boxes, width, height)
    area: Doubles = (clipped[:, 2] - clipped[:, 0]) * (clipped[:, 3] - clipped[:, 1])
    return area


def box_heat(table: Doubles, boxes: npt.ArrayLike) -> Doubles:
    """Sum heat in (N, 4) boxes by a :func:`summed_area` table, (N,) float64; none outside or in degenerate boxes."""
    height, width = table.shape[0] - 1, table.shape[1] - 1
    x1, y1, x2, y2 = clip_boxes(boxes, width, height).T
    inside = _integral(table, x2, y2) - _integral(table, x1, y2) - _integral(table, x2, y1) + _integral(table, x1, y1)
    # The four corners of an empty region cancel only up to rounding.
    positive: Doubles = np.maximum(inside, 0.0)
    return positive


def _integral(table: Doubles, x: Doubles, y: Doubles) -> Doubles:
    """Interpolate the table at (N,) points between its entries."""
    left = np.minimum(x.astype(np.intp), max(table.shape[1] - 2, 0))
    top = np.minimum(y.astype(np.intp), max(table.shape[0] - 2, 0))
    right, bottom = np.minimum(left + 1, table.shape[1] - 1), np.minimum(top + 1, table.shape[0] - 1)
    fx, fy = x - left, y - top
    upper = table[top, left] * (1 - fx) + table[top, right] * fx
    lower = table[bottom, left] * (1 - fx) + table[bottom, right] * fx
    between: Doubles = upper * (1 - fy) + lower * fy
    return between


def box_peak(heat: Floats, boxes: npt.ArrayLike) -> Doubles:
    """Highest heat (H, W) of a pixel whose centre lies in each of (N, 4) boxes: (N,) float64; 0 for no such pixel."""
    height, width = heat.shape
    x1, y1, x2, y2 = _whole(boxes, width, height).T
    if not len(x1):
        return np.zeros(0)
    # reduceat takes no index beyond the last column: one more, empty, column lets a box end at the picture's edge.
    padded = np.pad(heat, ((0, 0), (0, 1))).astype(np.float64)
    rows = np.maximum.reduceat(padded, np.stack([x1, x2], axis=1).ravel(), axis=1)[:, ::2]
    line = np.arange(height)[:, None]
    peak: Doubles = np.where((line >= y1) & (line < y2), rows, 0.0).max(axis=0)
    return np.where(x2 > x1, peak, 0.0)


def _whole(boxes: npt.ArrayLike, width: int, height: int) -> npt.NDArray[np.intp]:
    """Round clipped boxes to the pixels whose centre they hold, (N, 4)."""
    return np.maximum(np.ceil(clip_boxes(boxes, width, height) - 0.5), 0.0).astype(np.intp)


def covered(shape: tuple[int, int], boxes: npt.ArrayLike) -> Bools:
    """Mark the pixels of a picture of ``shape`` whose centre lies in at least one of (N, 4) boxes: (H, W) bool."""
    height, width = shape
    x1, y1, x2, y2 = _whole(boxes, width, height).T
    steps = np.zeros((height + 1, width + 1), np.float32)
    for y, x, step in ((y1, x1, 1), (y1, x2, -1), (y2, x1, -1), (y2, x2, 1)):
        np.add.at(steps, (y, x), step)
    union: Bools = cv2.integral(steps, sdepth=cv2.CV_64F)[1 : height + 1, 1 : width + 1] > 0.5
    return union
