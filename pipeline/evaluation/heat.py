"""Heat maps kept small, and what they say of places: pixel-level AUC, RBDC and TBDC."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

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
            found += [(frame, str(track), box) for track, box in linked.add(frame, _parts(mask, rows, columns))]
    if clip.boxes is not None:
        found = [(frame, track, box) for frame, some in clip.boxes.items() for track, box in some]
    return values, found


def _parts(mask: Mask, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the boxes of a mask's 8-connected parts, of which these are the pixels."""
    if not len(rows):
        return np.empty((0, 4))
    top, left = int(rows.min()), int(columns.min())
    inside = mask[top : int(rows.max()) + 1, left : int(columns.max()) + 1].astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    boxes: npt.NDArray[np.float64] = stats[1:, :4].astype(np.float64)
    boxes[:, 2:] += boxes[:, :2]
    boxes += (left, top, left, top)
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

    Heat above a threshold is rare, so cells that reach it are linked as points, and no picture is gone through.
    """
    count, height, width = clip.heat.shape
    # An empty line below and right of each frame keeps what lies on its rim apart from the next line and frame.
    padded = np.full((count, height + 1, width + 1), -np.inf, np.float32)
    padded[:, :height, :width] = clip.heat
    cells = np.flatnonzero(padded.ravel() >= levels[-1])
    values = padded.ravel()[cells]
    frames, boxes, low, high = [], [], [], []
    for level, below in zip(levels, [*levels[1:], -np.inf], strict=True):
        x, y, x2, y2 = _linked(cells[values >= level], width + 1)
        frame = y // (height + 1)
        top = frame * (height + 1)
        frames.append(frame + offset)
        boxes.append(np.stack([x, y - top, x2, y2 - top], 1) * float(clip.cell))
        low.append(np.full(len(x), below))
        high.append(np.full(len(x), level))
    return tuple(map(np.concatenate, (frames, boxes, low, high)))


def _linked(cells: npt.NDArray[np.int64], width: int) -> tuple[npt.NDArray[np.int64], ...]:
    """Return x1, y1, x2, y2 of the 8-connected parts that cells make, x2 and y2 exclusive.

    Args:
        cells: their numbers in a picture, line by line, ascending.
        width: of the picture, whose last column is empty.
    """
    if not len(cells):
        return (np.empty(0, np.int64),) * 4
    one, other = [], []
    for step in (1, width - 1, width, width + 1):
        at = np.searchsorted(cells, cells + step)
        near = np.flatnonzero(cells[np.minimum(at, len(cells) - 1)] == cells + step)
        one.append(near)
        other.append(at[near])
    rows, columns = np.concatenate(one), np.concatenate(other)
    links = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), (len(cells), len(cells)))
    _, part = connected_components(links, directed=False)
    order = np.argsort(part, kind="stable")
    starts = np.flatnonzero(np.diff(part[order], prepend=-1))
    y, x = np.divmod(cells[order], width)
    ends = [np.maximum.reduceat(side, starts) + 1 for side in (x, y)]
    return np.minimum.reduceat(x, starts), np.minimum.reduceat(y, starts), ends[0], ends[1]


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
