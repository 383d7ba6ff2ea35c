"""The thesis' rectangle scan: which rectangle, altered, changes the error most (``ravi2021class``, section 3.8.4)."""

import numpy as np
import torch
from torch import Tensor

from core.arrays import Doubles, Floats, Ints
from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.scorer import Scorer

SHARES = (0.12, 0.2, 0.33)
"""Of the picture's shorter side: the geometric mean of a rectangle's sides."""
SHAPES = (1.0, 0.5, 2.0)
"""Width by height."""
ROUNDS = 6
"""Of refining the best rectangle, each side moved in and out."""


def counterfactual_region(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """Scan rectangles of several shapes and sizes, filled from the background; then move the best one's sides.

    A pixel's value is the mean, over the rectangles on it, of how far each brings the score down by pixel.
    """
    allowed = scorer.allowance(question, scorer.budget.evaluations, least=16)
    height, width = question.heat.shape
    boxes = _scan(height, width, allowed * 3 // 4)
    fallen = _fallen(boxes, question, scorer)
    best, most = boxes[int(fallen.argmax())], float(fallen.max())
    steps = [max(1, round(min(height, width) * 0.06 / 1.5**i)) for i in range(ROUNDS)]
    for step in steps[: max(0, (allowed - len(boxes)) // 8)]:
        near = _moved(best, step, height, width)
        gained = _fallen(near, question, scorer) if len(near) else np.zeros(0)
        boxes, fallen = np.concatenate([boxes, near]), np.concatenate([fallen, gained])
        if len(near) and gained.max() > most:
            best, most = near[int(gained.argmax())], float(gained.max())
    return RawAttribution(_mean(boxes, fallen, (height, width)), None, _sentence(best, question, question.value - most))


def _sentence(best: Ints, question: AttributionInput, left: float) -> str:
    across, down = question.size[1] / question.heat.shape[1], question.size[0] / question.heat.shape[0]
    x1, y1, x2, y2 = (round(float(value)) for value in best * np.array([across, down, across, down]))
    return (
        f"With the rectangle ({x1}, {y1}) to ({x2}, {y2}) as background the score goes from {question.value:.2f} to "
        f"{left:.2f}."
    )


def _scan(height: int, width: int, allowed: int) -> Ints:
    """Lay rectangles over the picture, half overlapping; sparser until there are no more than allowed."""
    for stride in np.geomspace(0.5, 4.0, 24):
        found = [box for share in SHARES for shape in SHAPES for box in _grid(height, width, share, shape, stride)]
        if len(found) <= allowed:
            break
    return np.array(found[:allowed], np.int64)


def _grid(height: int, width: int, share: float, shape: float, stride: float) -> list[tuple[int, int, int, int]]:
    side = share * min(height, width)
    w, h = (max(2, min(most, round(side * scale))) for most, scale in ((width, shape**0.5), (height, shape**-0.5)))
    columns = np.linspace(0, width - w, max(1, round((width - w) / (w * stride)) + 1)).astype(int)
    rows = np.linspace(0, height - h, max(1, round((height - h) / (h * stride)) + 1)).astype(int)
    return [(x, y, x + w, y + h) for y in rows.tolist() for x in columns.tolist()]


def _moved(box: Ints, step: int, height: int, width: int) -> Ints:
    """Return the rectangles with one side moved in or out by ``step`` pixels."""
    moved = box + step * np.concatenate([np.eye(4, dtype=np.int64), -np.eye(4, dtype=np.int64)])
    moved = np.clip(moved, 0, [width, height, width, height])
    proper = (moved[:, 2] - moved[:, 0] >= 2) & (moved[:, 3] - moved[:, 1] >= 2)
    return np.asarray(moved[proper], np.int64)


def _fallen(boxes: Ints, question: AttributionInput, scorer: Scorer) -> Doubles:
    batches = torch.split(torch.from_numpy(boxes), scorer.batch)
    parts = [scorer.masked(question, ~_inside(part, question.heat.shape)) for part in batches]
    return question.value - np.concatenate(parts).astype(np.float64)


def _inside(boxes: Tensor, shape: tuple[int, ...]) -> Tensor:
    x1, y1, x2, y2 = boxes.T[..., None, None]
    rows, columns = torch.arange(shape[0])[None, :, None], torch.arange(shape[1])[None, None, :]
    inside: Tensor = (rows >= y1) & (rows < y2) & (columns >= x1) & (columns < x2)
    return inside


def _mean(boxes: Ints, fallen: Doubles, shape: tuple[int, int]) -> Floats:
    total, count = np.zeros(shape), np.zeros(shape)
    for (x1, y1, x2, y2), fall in zip(boxes.tolist(), fallen.tolist(), strict=True):
        total[y1:y2, x1:x2] += fall / ((x2 - x1) * (y2 - y1))
        count[y1:y2, x1:x2] += 1
    return np.asarray(total / np.maximum(count, 1), np.float32)


METHODS = {
    "counterfactual-region": MethodEntry(
        counterfactual_region, "the rectangle whose removal changes the score most", "ravi2021class", float
    )
}
