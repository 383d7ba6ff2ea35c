"""Heat maps kept small, and what they say of places: pixel-level AUC, RBDC and TBDC."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from metrics import pixel_auc
from metrics.rbdc import Predicted, Regions, rbdc
from metrics.tbdc import tbdc

SIDE = 96
"""Most cells along the longer side of a kept map."""
LEVELS = 103
"""Thresholds of the curves (``ramachandra2020street`` uses as many)."""
LINKED = 0.1
"""IoU from which regions of consecutive frames are one track."""
Heat = npt.NDArray[np.float16]
Mask = npt.NDArray[np.bool_]
Boxes = Mapping[int, Sequence[tuple[str, tuple[float, float, float, float]]]]
"""Frame to (track, box) of what is annotated there."""


@dataclass(frozen=True)
class Mapped:
    """Heat of one clip beside its truth.

    Attributes:
        heat: (T, h, w) float16, each cell the mean of ``cell`` x ``cell`` pixels.
        cell: pixels along a cell's side.
        masks: frame to (H, W) truth.
        abnormal: (T,) bool.
        boxes: annotated boxes with tracks, in place of what the masks show; None where there are none.
    """

    heat: Heat
    cell: int
    masks: Callable[[int], Mask]
    abnormal: Mask
    boxes: Boxes | None = None


def cell_of(height: int, width: int) -> int:
    """Return how many pixels along a side one cell of a kept map is made of."""
    return -(-max(height, width) // SIDE)


def localise(clips: Sequence[Mapped]) -> dict[str, Any]:
    """Compute pixel-level AUC, RBDC and TBDC.

    Regions are predicted by cutting the heat at thresholds: the 8-connected parts above one, as boxes. What is
    annotated are the parts of the masks, or boxes where there are some; parts of consecutive frames that overlap are
    one track.

    Returns:
        ``pixel_auc``, ``rbdc``, ``tbdc``, None where undefined; ``protocol`` says how.
    """
    frames = sum(len(clip.heat) for clip in clips)
    seen = [_truth(clip) for clip in clips]
    levels = _levels(clips)
    offsets = np.cumsum([0, *[len(clip.heat) for clip in clips]])
    parts = [_cut(clip, levels, int(offset)) for clip, offset in zip(clips, offsets, strict=False)]
    predicted = Predicted(
        Regions(*(np.concatenate([part[i] for part in parts]) for i in (0, 1))),
        *(np.concatenate([part[i] for part in parts]) for i in (2, 3)),
    )
    truth, tracks = _annotated([regions for _, regions in seen], offsets)
    values = np.concatenate([v for v, _ in seen])
    figures = {
        "pixel_auc": pixel_auc.of_values(values, np.concatenate([clip.abnormal for clip in clips])),
        "rbdc": rbdc(predicted, truth, frames),
        "tbdc": tbdc(predicted, truth, tracks, frames),
    }
    boxed = all(clip.boxes is not None for clip in clips)
    return {k: None if np.isnan(v) else float(v) for k, v in figures.items()} | {"protocol": _said(clips, boxed)}


def _said(clips: Sequence[Mapped], boxed: bool) -> str:
    cells = " and ".join(sorted({f"{clip.cell}x{clip.cell}" for clip in clips}))
    true = "the annotated boxes and tracks" if boxed else "the masks' 8-connected parts, linked into tracks by overlap"
    return (
        f"Heat in cells of {cells} pixels. pixel_auc: 40 % of the abnormal pixels of a frame must be flagged. rbdc, "
        f"tbdc: boxes of the 8-connected parts above each of {LEVELS} thresholds against {true}; IoU at least 0.1."
    )


def _truth(clip: Mapped) -> tuple[npt.NDArray[np.float64], list[tuple[int, str, tuple[float, ...]]]]:
    """Return each frame's value for the pixel-level AUC, and what is annotated as (frame, track, box)."""
    values: npt.NDArray[np.float64] = clip.heat.reshape(len(clip.heat), -1).max(1).astype(np.float64)
    found: list[tuple[int, str, tuple[float, ...]]] = []
    linked = _Links()
    for frame in np.flatnonzero(clip.abnormal).tolist():
        mask = clip.masks(frame)
        rows, columns = np.nonzero(mask)
        if len(rows):
            pixels = clip.heat[frame, rows // clip.cell, columns // clip.cell].astype(np.float64)
            values[frame] = pixel_auc.reached(pixels)
        if clip.boxes is None:
            found += [(frame, str(track), box) for track, box in linked.add(frame, _parts(mask))]
    if clip.boxes is not None:
        found = [(frame, track, box) for frame, some in clip.boxes.items() for track, box in some]
    return values, found


def _parts(mask: Mask) -> npt.NDArray[np.float64]:
    """Return the boxes of a mask's 8-connected parts."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    boxes: npt.NDArray[np.float64] = stats[1:, :4].astype(np.float64)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


class _Links:
    """Gives parts of consecutive frames that overlap the same track."""

    def __init__(self) -> None:
        self.frame, self.tracks, self.boxes, self.next = -2, [0][:0], np.empty((0, 4)), 0

    def add(self, frame: int, boxes: npt.NDArray[np.float64]) -> list[tuple[int, tuple[float, ...]]]:
        before = self.boxes if frame == self.frame + 1 else np.empty((0, 4))
        low = np.maximum(boxes[:, None, :2], before[None, :, :2])
        high = np.minimum(boxes[:, None, 2:], before[None, :, 2:])
        shared = np.clip(high - low, 0, None).prod(2)
        areas = [(b[:, 2:] - b[:, :2]).prod(1) for b in (boxes, before)]
        ious = shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9)
        tracks, free = [-1] * len(boxes), set(range(len(before)))
        for i, j in sorted(np.argwhere(ious >= LINKED).tolist(), key=lambda pair: -ious[pair[0], pair[1]]):
            if tracks[i] < 0 and j in free:
                tracks[i] = self.tracks[j]
                free.remove(j)
        for i, track in enumerate(tracks):
            if track < 0:
                tracks[i], self.next = self.next, self.next + 1
        self.frame, self.tracks, self.boxes = frame, tracks, boxes
        return list(zip(tracks, map(tuple, boxes.tolist()), strict=True))


def _levels(clips: Sequence[Mapped]) -> npt.NDArray[np.float64]:
    """Choose thresholds, the highest first: at each of them about as many more frames have a region."""
    tops = np.concatenate([clip.heat.reshape(len(clip.heat), -1).max(1) for clip in clips]).astype(np.float64)
    hot = tops[tops > 0]
    return np.unique(np.quantile(hot, np.linspace(0, 1, LEVELS), method="lower") if len(hot) else tops)[::-1]


def _cut(clip: Mapped, levels: npt.NDArray[np.float64], offset: int) -> tuple[npt.NDArray[Any], ...]:
    """Return frame, box, low and high of the parts of a clip's heat above each threshold.

    The frames that reach a threshold stand in one tall picture, the hottest first, with an empty line between them, so
    that one call labels them all.
    """
    count, height, width = clip.heat.shape
    tops = clip.heat.reshape(count, -1).max(1).astype(np.float64)
    order = np.argsort(-tops, kind="stable")
    tall = np.zeros((count, height + 1, width), np.float32)
    tall[:, :height] = clip.heat[order]
    reach = np.searchsorted(-tops[order], -levels, side="right")
    frames, boxes, low, high = [], [], [], []
    for level, below, many in zip(levels, [*levels[1:], -np.inf], reach, strict=True):
        flat = tall[:many].reshape(many * (height + 1), width)
        stats = np.empty((0, 5), np.int32)
        if many:
            stats = cv2.connectedComponentsWithStats((flat >= level).view(np.uint8), connectivity=8)[2][1:]
        x, y, w, h = stats[:, :4].T.astype(np.float64)
        row = y // (height + 1)
        y = y - row * (height + 1)
        frames.append(order[row.astype(np.int64)] + offset)
        boxes.append(np.stack([x, y, x + w, y + h], 1) * clip.cell)
        low.append(np.full(len(x), below))
        high.append(np.full(len(x), level))
    return tuple(map(np.concatenate, (frames, boxes, low, high)))


def _annotated(
    found: Sequence[Sequence[tuple[int, str, tuple[float, ...]]]], offsets: npt.NDArray[np.int64]
) -> tuple[Regions, list[str]]:
    rows = [
        (frame + int(offset), f"{number}/{track}", box)
        for number, (some, offset) in enumerate(zip(found, offsets, strict=False))
        for frame, track, box in some
    ]
    boxes = np.array([box for *_, box in rows], np.float64).reshape(-1, 4)
    return Regions(np.array([frame for frame, *_ in rows], np.int64), boxes), [track for _, track, _ in rows]
